"""Matrix times vector, emitted as vector instructions: where a sampler spends its time.

Rows are packed in panels of `PANEL_ROWS`, column after column, so that memory is read once, in order; a panel's
sums stay in registers. The format follows from the packed array's type: float32; uint32 that holds two bfloat16; int32
that holds four int8, for which the vector is quantised as well.
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from livernn.model.precision import Precision
from livernn.synth.compiled import network
from livernn.synth.emit import COLUMN_STEP, PANEL_ROWS, TOP_LEVEL, gemv
from livernn.synth.rounding import QuantisedRows, bf16_pairs

Packed = NDArray[np.float32] | NDArray[np.uint32] | NDArray[np.int32]

WORD_TYPES: dict[Precision, Any] = {"fp32": np.float32, "bf16": np.uint32, "int8": np.int32}


def padded(count: int, step: int) -> int:
    """`count` rounded up to a multiple of `step`."""
    return -(-count // step) * step


def _panels(matrix: NDArray[Any]) -> NDArray[Any]:
    """`[rows, columns]` padded with zeros and cut into `[panels, PANEL_ROWS, columns]`."""
    rows, columns = matrix.shape
    full = np.zeros((padded(rows, PANEL_ROWS), padded(columns, COLUMN_STEP)), matrix.dtype)
    full[:rows, :columns] = matrix
    return full.reshape(-1, PANEL_ROWS, full.shape[1])


def pack_floats(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A matrix as the flat array that `multiply` reads as fp32."""
    return np.ascontiguousarray(_panels(matrix).transpose(0, 2, 1)).ravel()


def pack_bf16(matrix: NDArray[np.float32]) -> NDArray[np.uint32]:
    """A matrix as the flat array that `multiply` reads as bf16."""
    return np.ascontiguousarray(bf16_pairs(_panels(matrix)).transpose(0, 2, 1)).ravel()


def pack_int8(rows: QuantisedRows) -> NDArray[np.int32]:
    """A quantised matrix as the flat array that `multiply` reads as int8."""
    panels = _panels(rows.weights)
    quads = panels.reshape(*panels.shape[:2], -1, 4).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(quads).view(np.int32).ravel()


@network
def quantise(x: NDArray[np.float32], count: int, levels: NDArray[np.uint8]) -> tuple[np.float32, np.float32]:
    """Levels of `x[:count]` as `rounding.quantise_vector` defines them; returns low and scale."""
    low = x[0]
    high = x[0]
    for index in range(count):
        low = min(low, x[index])
        high = max(high, x[index])
    span = high - low
    per_unit = np.float32(TOP_LEVEL) / span if span > np.float32(0.0) else np.float32(0.0)
    for index in range(count):
        levels[index] = np.uint8(np.int32((x[index] - low) * per_unit + np.float32(0.5)))
    return low, span / np.float32(TOP_LEVEL)


def multiply(
    matrices: Packed,
    at: int,
    per_row: NDArray[np.float32],
    rows: int,
    columns: int,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    levels: NDArray[np.uint8],
) -> None:
    """`y = W x + bias`; compiled code only.

    `W` is a packed matrix from word `at` on. `per_row` and `y` hold `rows` rounded up to PANEL_ROWS, `per_row` the bias
    and for int8 then each row's scale and the sum of its scaled weights. `x` and `levels`, which is scratch, hold
    `columns` rounded up to COLUMN_STEP; what lies beyond in `x` must be finite, what lies beyond in `y` is overwritten.
    """
    raise NotImplementedError("compiled code only")


# The parameters of all three must match to the letter, or numba refuses them.
@overload(multiply, inline="always")
def _multiply(
    matrices: Any, at: Any, per_row: Any, rows: Any, columns: Any, x: Any, y: Any, levels: Any  # noqa: ARG001
) -> Any:  # fmt: skip
    def by_int8(
        matrices: Any, at: Any, per_row: Any, rows: Any, columns: Any, x: Any, y: Any, levels: Any
    ) -> None:  # fmt: skip
        low, scale = quantise(x, columns, levels)
        gemv(matrices, at, per_row, rows, columns, levels, low, scale, y)

    def by_floats(
        matrices: Any, at: Any, per_row: Any, rows: Any, columns: Any, x: Any, y: Any, levels: Any  # noqa: ARG001
    ) -> None:  # fmt: skip
        gemv(matrices, at, per_row, rows, columns, x, np.float32(0.0), np.float32(0.0), y)

    return by_int8 if matrices.dtype == types.int32 else by_floats
