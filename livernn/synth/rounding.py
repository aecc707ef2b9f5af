"""What a kernel's number formats do to weights and activations, in plain NumPy.

The kernels pack what these functions return and the reference computes with it, so that both round alike.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.precision import Precision

INT8_MAX, INT16_MAX = 127, 32767

LARGEST: dict[Precision, int] = {"int8": 127, "int4": 7}
"""Level of the integer formats; the least is its negative."""


class QuantisedRows(NamedTuple):
    """`weights` int8 `[rows, columns]` times `scale` `[rows]` stand for a matrix."""

    weights: NDArray[np.int8]
    scale: NDArray[np.float32]


class TapTable(NamedTuple):
    """`levels` `[taps, q_levels, dim]` times `scale` `[dim]` stand for the table of taps, oldest first.

    The levels of the first `narrow` taps fit a byte, those of the others int16, unless they are plain floats.
    """

    levels: NDArray[Any]
    scale: NDArray[np.float32]
    narrow: int


class QuantisedVector(NamedTuple):
    """`low + scale * levels` stands for a vector; levels are whole numbers from 0 on."""

    levels: NDArray[np.uint8]
    low: np.float32
    scale: np.float32


def rounded(matrix: NDArray[np.float32], form: Precision) -> NDArray[np.float32]:
    """The weights that a kernel computes with where it keeps `matrix` in the format `form`."""
    if form in LARGEST:
        rows = quantise_rows(matrix, form)
        return rows.scale[:, None] * rows.weights
    return bf16_rounded(matrix) if form == "bf16" else matrix


def quantise_rows(matrix: NDArray[np.float32], form: Precision) -> QuantisedRows:
    """A scale per row, whose largest weight becomes the largest level."""
    scale = (np.abs(matrix).max(axis=1) / LARGEST[form]).astype(np.float32)
    scale[scale == 0.0] = 1.0
    return QuantisedRows(np.rint(matrix / scale[:, None]).astype(np.int8), scale)


def quantise_table(table: NDArray[np.float32], precision: Precision) -> TapTable:
    """The table of taps `[taps, q_levels, dim]` as a kernel of `precision` keeps it.

    Beside int8 matrices the newest quarter of the taps, whose weights are several times as large, would lend the others
    too coarse a scale: they have two bytes, the others one.
    """
    if precision == "fp32":
        return TapTable(table, np.ones(table.shape[-1], np.float32), 0)
    narrow = len(table) - -(-len(table) // 4) if precision in LARGEST else 0
    scale = np.abs(table).max(axis=(0, 1)) / INT16_MAX
    if narrow:
        scale = np.maximum(scale, np.abs(table[:narrow]).max(axis=(0, 1)) / INT8_MAX)
    scale = scale.astype(np.float32)
    scale[scale == 0.0] = 1.0
    return TapTable(np.rint(table / scale).astype(np.int16), scale, narrow)


def quantise_vector(x: NDArray[np.float32], top_level: int) -> QuantisedVector:
    """From the least value, level 0, to the largest, level `top_level`; to the nearest level, ties upward."""
    low, high = np.float32(x.min()), np.float32(x.max())
    span = np.float32(high - low)
    per_unit = np.float32(top_level) / span if span > 0.0 else np.float32(0.0)
    levels = np.floor((x - low) * per_unit + np.float32(0.5)).astype(np.uint8)
    return QuantisedVector(levels, low, np.float32(span / np.float32(top_level)))


def bf16_pairs(matrix: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Columns 2k and 2k+1 in one word each, `[..., columns / 2]`; the number of columns is even.

    The odd column is used with the even one's bits still below it, which saves an instruction; its upper half is
    chosen so that the whole word is nearest to the weight.
    """
    even = np.ascontiguousarray(matrix[..., 0::2]).view(np.uint32)
    odd = np.ascontiguousarray(matrix[..., 1::2])
    low = (even + np.uint32(0x7FFF) + ((even >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    truncated = odd.view(np.uint32) & np.uint32(0xFFFF0000)
    best = truncated | low
    for step in (np.uint32(0x10000), np.uint32(0xFFFF0000)):  # one up, one down in the upper half
        other = (truncated + step) | low
        with np.errstate(invalid="ignore"):
            nearer = np.abs(other.view(np.float32) - odd) < np.abs(best.view(np.float32) - odd)
        best = np.where(nearer, other, best)
    return best


def bf16_rounded(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values that `bf16_pairs` stands for, `[rows, columns]`."""
    rows, columns = matrix.shape
    full = np.zeros((rows, columns + columns % 2), np.float32)
    full[:, :columns] = matrix
    pairs = bf16_pairs(full)
    full[:, 0::2] = (pairs << np.uint32(16)).view(np.float32)
    full[:, 1::2] = pairs.view(np.float32)
    return full[:, :columns]
