"""A curve that changes with every frame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from livernn.ui.analysis import outline
from livernn.ui.foreground import Pixels


class Trace:
    """A line through values that lie equally far apart, from the left end to the right; there is none through NaN."""

    def __init__(self, *, bold: bool, filled: bool) -> None:
        """The line is two pixels wide if bold, else one; what lies below it has its colour if filled."""
        self._bold, self._filled = bold, filled
        self._low, self._high = 0.0, 1.0
        self._colour = np.uint32(0)
        self.values: NDArray[np.floating[Any]] = np.empty(0)

    def set_range(self, low: float, high: float) -> None:
        """Values at the lower and the upper end."""
        self._low, self._high = low, high

    def set_colour(self, colour: QColor) -> None:
        """Of line and area."""
        self._colour = np.uint32(colour.rgb())

    def set_values(self, values: NDArray[np.floating[Any]]) -> None:
        """Go through these from now on; they may be none."""
        self.values = values

    def paint(self, pixels: Pixels) -> None:
        """See `foreground.Layer`."""
        if self.values.size < 2:
            return
        height, width = pixels.shape
        lowest, highest = outline(self.values, width)
        top, bottom = self._row(highest, height), self._row(lowest, height)
        if self._bold:
            top[1:], bottom[1:] = np.minimum(top[1:], top[:-1]), np.maximum(bottom[1:], bottom[:-1])
            bottom += 1.0
        if self._filled:
            bottom[:] = height
        first, last = np.fmin.reduce(top), np.fmax.reduce(bottom)
        if first < height and last >= 0.0:  # neither is NaN
            between = slice(int(max(0.0, first)), int(min(height, last + 1.0)))
            rows = np.arange(between.start, between.stop, dtype=np.float32)[:, np.newaxis]
            np.copyto(pixels[between], self._colour, where=(rows >= top) & (rows <= bottom))

    def _row(self, values: NDArray[np.floating[Any]], height: int) -> NDArray[np.float32]:
        share = (self._high - values.astype(np.float32)) / (self._high - self._low)
        rows: NDArray[np.float32] = np.floor(share * height)
        return rows
