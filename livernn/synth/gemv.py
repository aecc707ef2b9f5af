"""Matrix times vectors, emitted as vector instructions: where a sampler spends its time."""

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from livernn.synth.compiled import network
from livernn.synth.emit import STEP_BYTES, gemv
from livernn.synth.packing import Layout, aligned
from livernn.synth.vector import Floats, extremes


class Operand(NamedTuple):
    """Vectors to multiply matrices with, `[vectors, width]`; what `quantise` makes of them, and `list_busy` finds."""

    floats: Floats
    levels: NDArray[np.uint8]
    spans: Floats
    busy: NDArray[np.int64]


def make_operand(vectors: int, width: int) -> Operand:
    """Zeros; `width` holds the columns of the widest matrix, rounded up to COLUMN_STEP."""
    levels: NDArray[np.uint8] = np.zeros((vectors, width), np.uint8)
    floats = aligned(vectors * width).reshape(vectors, width)
    return Operand(floats, levels, np.zeros((vectors, 2), np.float32), np.zeros(width, np.int64))


def quantise(words: Any, operand: Operand, count: int, columns: int) -> None:
    """Levels of `count` vectors, where the format of `words` asks for them; compiled code only.

    As `rounding.quantise_vector` defines them; `spans` takes each vector's low and scale.
    """
    raise NotImplementedError("compiled code only")


def list_busy(words: Any, operand: Operand, count: int, columns: int) -> int:
    """Which steps of columns are not zero in all of `count` vectors, quantised before; compiled code only.

    Returns how many, one at least. What a ReLU has zeroed need not be multiplied: of a trained network's 512 units nine
    in ten, and three in five of all groups of eight.
    """
    raise NotImplementedError("compiled code only")


def multiply(
    words: Any, at: int, per_row: Floats, rows: int, columns: int, operand: Operand, y: Floats, count: int,
    ahead: int | None = None, busy: int | None = None,
) -> None:  # fmt: skip
    """`y[v] = W operand[v] + bias` for `count` vectors, quantised before; compiled code only.

    `W` is a packed matrix from word `at` on and `per_row` what its `Layout.per_row` says. `y`, `[vectors, width]`,
    holds `rows` rounded up to whole panels, of which what lies beyond `rows` is overwritten. What lies beyond
    `columns` in the operand must be finite. With `busy`, what `list_busy` returned, no other columns are read. At the
    address `ahead` lies what is read next: for every READ_PER_FETCHED
    bytes of the matrix one of it is fetched from afar.
    """
    raise NotImplementedError("compiled code only")


@network
def _quantise_row(x: Floats, levels: NDArray[np.uint8], span: Floats, count: int, top_level: np.float32) -> None:
    low, high = extremes(x, count)
    width = high - low
    per_unit = top_level / width if width > np.float32(0.0) else np.float32(0.0)
    for index in range(count):
        levels[index] = np.uint8(np.int32((x[index] - low) * per_unit + np.float32(0.5)))
    span[0] = low
    span[1] = width / top_level


# The parameters of an overload and of what it returns must match to the letter, or numba refuses them.
@overload(quantise, inline="always")
def _quantise(words: Any, operand: Any, count: Any, columns: Any) -> Any:  # noqa: ARG001
    layout = Layout.of(words.dtype)
    top_level = np.float32(layout.set.top_level)

    def to_levels(words: Any, operand: Any, count: Any, columns: Any) -> None:  # noqa: ARG001
        for index in range(count):
            _quantise_row(operand.floats[index], operand.levels[index], operand.spans[index], columns, top_level)

    def as_it_is(words: Any, operand: Any, count: Any, columns: Any) -> None:
        pass

    return to_levels if layout.integer else as_it_is


@network
def _list_busy(x: NDArray[np.int64], listed: NDArray[np.int64], count: int, columns_bytes: int) -> int:
    found = 0
    for step in range(-(-columns_bytes // STEP_BYTES)):
        bits = np.int64(0)
        for vector in range(count):
            bits |= x[vector, step]
        listed[found] = step
        found += bits != 0
    return max(found, 1)


@overload(list_busy, inline="always")
def _listing(words: Any, operand: Any, count: Any, columns: Any) -> Any:  # noqa: ARG001
    def of_levels(words: Any, operand: Any, count: Any, columns: Any) -> int:  # noqa: ARG001
        return _list_busy(operand.levels.view(np.int64), operand.busy, count, columns)

    def of_floats(words: Any, operand: Any, count: Any, columns: Any) -> int:  # noqa: ARG001
        return _list_busy(operand.floats.view(np.int64), operand.busy, count, 4 * columns)

    return of_levels if Layout.of(words.dtype).integer else of_floats


@overload(multiply, inline="always")
def _multiply(
    words: Any, at: Any, per_row: Any, rows: Any, columns: Any, operand: Any, y: Any, count: Any,  # noqa: ARG001
    ahead: Any = None, busy: Any = None,  # noqa: ARG001
) -> Any:  # fmt: skip
    def by_levels(
        words: Any, at: Any, per_row: Any, rows: Any, columns: Any, operand: Any, y: Any, count: Any,
        ahead: Any = None, busy: Any = None,
    ) -> None:  # fmt: skip
        gemv(words, at, per_row, rows, columns, operand.levels, operand.spans, y, count, ahead, operand.busy, busy)

    def by_floats(
        words: Any, at: Any, per_row: Any, rows: Any, columns: Any, operand: Any, y: Any, count: Any,
        ahead: Any = None, busy: Any = None,
    ) -> None:  # fmt: skip
        gemv(words, at, per_row, rows, columns, operand.floats, operand.spans, y, count, ahead, operand.busy, busy)

    return by_levels if Layout.of(words.dtype).integer else by_floats
