"""Matrices packed in the order that the kernels read them.

Rows are packed in panels, column after column, so that memory is read once, in order, and a panel's sums stay in
registers. The type of a packed array is a record with one field, whose name says the format and the instructions that
it is meant for: compiled code is specialised by it, so both are known where instructions are emitted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.precision import Precision
from livernn.synth.instructions import SETS, Instructions
from livernn.synth.rounding import bf16_pairs, quantise_rows

COLUMN_STEP = 8
"""Columns come in whole steps of every format."""

ALIGNMENT_BYTES = 64
WORD_BYTES = 4

_NIBBLE = 16


def padded(count: int, step: int) -> int:
    """`count` rounded up to a multiple of `step`."""
    return -(-count // step) * step


@dataclass(frozen=True)
class Layout:
    """How matrices are packed, and for which of `SETS`."""

    format: Precision
    instructions: str

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of packed words."""
        return np.dtype([(f"{self.format} {self.instructions}", np.float32 if self.format == "fp32" else np.uint32)])

    @staticmethod
    def of(dtype: Any) -> "Layout":
        """Inverse of `dtype`, from NumPy's record type or from numba's."""
        (name,) = dtype.fields
        form, instructions = name.split(" ")
        return Layout(form, instructions)

    @property
    def set(self) -> Instructions:
        """What the instructions can do."""
        return SETS[self.instructions]

    @property
    def integer(self) -> bool:
        """Whether the vector is quantised as well."""
        return self.format in ("int8", "int4")

    def pack(self, matrix: NDArray[np.float32]) -> NDArray[Any]:
        """Words of `[rows, columns]`, which is padded with zeros."""
        if self.format == "fp32":
            words = _by_column(self._panels(matrix))
        elif self.format == "bf16":
            words = _by_column(bf16_pairs(self._panels(matrix)))
        else:
            levels = self._panels(quantise_rows(matrix, self.format).weights)
            words = _by_column(_quads(levels) if self.format == "int8" else _nibbles(levels))
        return words.view(self.dtype)

    def per_row(self, matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> NDArray[np.float32]:
        """What `multiply` takes beside the words: the bias, and for integers each row's scale and its sum."""
        rows = padded(len(matrix), self.set.panel_rows)
        columns = [bias]
        if self.integer:
            quantised = quantise_rows(matrix, self.format)
            scale = quantised.scale / np.float32(_NIBBLE if self.format == "int4" else 1)
            columns += [scale, quantised.scale * quantised.weights.sum(axis=1, dtype=np.float32)]
        return np.concatenate([np.pad(column, (0, rows - len(column))) for column in columns])

    def _panels(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """`[rows, columns]` padded with zeros and cut into `[panels, panel_rows, columns]`."""
        rows, columns = matrix.shape
        full = np.zeros((padded(rows, self.set.panel_rows), padded(columns, COLUMN_STEP)), matrix.dtype)
        full[:rows, :columns] = matrix
        return full.reshape(-1, self.set.panel_rows, full.shape[1])


def _by_column(panels: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(panels.transpose(0, 2, 1)).ravel()


def _quads(levels: NDArray[np.int8]) -> NDArray[np.uint32]:
    """Four columns in a word."""
    return np.ascontiguousarray(levels).view(np.uint32)


def _nibbles(levels: NDArray[np.int8]) -> NDArray[np.uint32]:
    """Eight columns in a word: the first four in the low halves of its bytes, the others in the high halves."""
    bits = levels.view(np.uint8).reshape(*levels.shape[:2], -1, 2, 4)
    joined = (bits[..., 0, :] & np.uint8(0xF)) | (bits[..., 1, :] << np.uint8(4))
    return _quads(joined.reshape(*levels.shape[:2], -1).view(np.int8))


def aligned(count: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Zeros whose first element starts a cache line."""
    size = np.dtype(dtype).itemsize
    raw = np.zeros(count * size + ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    elements: NDArray[Any] = raw[start : start + count * size].view(dtype)
    return elements
