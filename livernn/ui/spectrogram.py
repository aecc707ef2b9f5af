"""Spectrogram of what was heard: time from left to right, pitch from low to high, loudness as colour."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPalette

from livernn.ui.analysis import bands, frequency_ticks, spectrum_db
from livernn.ui.foreground import Pixels
from livernn.ui.scope import ScopeView

SPAN_S = 10.0
COLUMNS_PER_S = 30.0
LOWEST_DB = -128.0
"""Loudness is kept as a byte, 0 at this level and 255 at 0 dB."""

_COLUMNS, _ROWS = round(SPAN_S * COLUMNS_PER_S), 256
_WINDOW_S = 0.04
_CONTRAST = 1.7
"""Above 1, what is loud stands out from what is merely there."""


class _Picture:
    """A ring of columns; a new column costs one column, not a picture."""

    def __init__(self) -> None:
        self.levels: NDArray[np.uint8] = np.zeros((_ROWS, _COLUMNS), np.uint8)
        self._colours: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._pixels: Pixels = np.zeros((_ROWS, _COLUMNS), np.uint32)
        self._next = 0

    def append(self, column: NDArray[np.uint8], times: int) -> None:
        """A column, the highest pitch first, `times` over; the oldest go."""
        where = np.arange(self._next, self._next + min(times, _COLUMNS)) % _COLUMNS
        self.levels[:, where] = column[:, np.newaxis]
        self._pixels[:, where] = self._colours[column][:, np.newaxis]
        self._next = (self._next + times) % _COLUMNS

    def forget(self) -> None:
        """Silence all over."""
        self.levels[:] = 0
        self._pixels[:] = self._colours[0]

    def set_colours(self, colours: list[int]) -> None:
        """The colour, as 0xAARRGGBB, of each of the 256 levels."""
        self._colours = np.array(colours, np.uint32)
        self._pixels = self._colours[self.levels]

    def paint(self, pixels: Pixels) -> None:
        """See `foreground.Layer`."""
        height, width = pixels.shape
        columns = (np.arange(width) * _COLUMNS // width + self._next) % _COLUMNS
        rows = np.arange(height) * _ROWS // height
        # In any other mode than clip, NumPy looks for places that do not exist, and takes three times as long.
        self._pixels.take(columns, axis=1, mode="clip").take(rows, axis=0, mode="clip", out=pixels)


class SpectrogramView(ScopeView):
    """The last `SPAN_S` seconds, the newest at the right."""

    LOW_HZ = 30.0

    def __init__(self) -> None:
        super().__init__("Spectrogram")
        self._picture = _Picture()
        self._due_s = self._high_hz = 0.0
        self.foreground.add(self._picture)
        self.set_columns([(1.0 - ago_s / SPAN_S, f"-{ago_s:g} s" if ago_s else "now") for ago_s in (0, 4, 8, 2, 6)])
        self.set_high_hz(8000.0)
        self.set_floor_db(-90.0)

    def set_high_hz(self, high_hz: float) -> None:
        """Upper end of the frequency axis; what was drawn before is forgotten."""
        if high_hz != self._high_hz:
            self._high_hz = high_hz
            self._picture.forget()
            self.set_rows(frequency_ticks(self.LOW_HZ, high_hz))

    def set_floor_db(self, floor_db: float) -> None:
        """Level that looks like silence; also of what is drawn already."""
        self._floor_db = floor_db
        self.dress()

    def wanted_samples(self, rate_hz: float) -> int:
        """How many of the samples last heard `show_samples` wants: short enough to tell one note from the next."""
        return 1 << math.ceil(math.log2(_WINDOW_S * rate_hz))

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` as many as `wanted_samples`; `passed_s` since the last call."""
        self._due_s += passed_s
        columns = int(self._due_s * COLUMNS_PER_S)
        if columns == 0:
            return
        self._due_s -= columns / COLUMNS_PER_S
        edges = bands(_ROWS, rate_hz, self.LOW_HZ, self._high_hz, samples.size)
        share = np.clip(1.0 - spectrum_db(samples, edges) / LOWEST_DB, 0.0, 1.0)
        self._picture.append(np.round(255.0 * share[::-1]).astype(np.uint8), columns)
        self.foreground.update()

    @property
    def settled(self) -> bool:
        """Whether silence would change nothing any more."""
        return not self._picture.levels.any()

    def dress(self) -> None:
        super().dress()
        colour, role = self.palette().color, QPalette.ColorRole
        stops = [colour(role.AlternateBase), colour(role.Highlight), colour(role.WindowText)]
        levels_db = LOWEST_DB * (1.0 - np.arange(256) / 255.0)
        shares = np.clip(1.0 - levels_db / self._floor_db, 0.0, 1.0) ** _CONTRAST
        self._picture.set_colours([_between(stops, share) for share in shares.tolist()])
        self.foreground.update()


def _between(stops: list[QColor], share: float) -> int:
    """The colour at a share of the way from the first stop to the last."""
    at = share * (len(stops) - 1)
    first = min(int(at), len(stops) - 2)
    one, other = stops[first], stops[first + 1]
    mixed = [
        round(low + (high - low) * (at - first))
        for low, high in (
            (one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue())
        )
    ]  # fmt: skip
    return QColor(*mixed).rgba()
