"""Spectrum of what was heard."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPalette

from livernn.ui.analysis import bands, frequency_ticks, spectrum_db
from livernn.ui.scope import ScopeView
from livernn.units import SILENCE_DB

_POINTS = 320
_PEAK_SLOWER = 6.0
"""How many times as long as the level the peak takes to fall."""


class SpectrumView(ScopeView):
    """Level over pitch: logarithmic frequency, decibels, and a line that stays at the highest for a while."""

    LOW_HZ = 30.0
    COLUMNS_APART_PX = 34

    def __init__(self) -> None:
        super().__init__("Spectrum")
        self._level = self._peak = np.full(_POINTS, SILENCE_DB, np.float32)
        self._level_curve = self.add_curve(QPalette.ColorRole.Highlight, filled=True)
        self._peak_curve = self.add_curve(QPalette.ColorRole.PlaceholderText)
        self.set_floor_db(-90.0)
        self.set_decay_db_per_s(90.0)
        self.set_high_hz(8000.0)
        self.dress()

    def set_high_hz(self, high_hz: float) -> None:
        """Right end of the frequency axis."""
        self._high_hz = high_hz
        self.set_columns(frequency_ticks(self.LOW_HZ, high_hz))

    def set_floor_db(self, floor_db: float) -> None:
        """Lower end of the level's axis."""
        self._floor_db = floor_db
        self.set_vertical_range(floor_db, 0.0)

    def set_decay_db_per_s(self, decay_db_per_s: float) -> None:
        """How fast the level falls where the sound has ended."""
        self._decay_db_per_s = decay_db_per_s

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` has SPECTRUM_SAMPLES; `passed_s` since the last call."""
        measured = spectrum_db(samples, bands(_POINTS, rate_hz, self.LOW_HZ, self._high_hz))
        fall_db = self._decay_db_per_s * passed_s
        self._level = np.maximum(measured, np.maximum(self._level - fall_db, self._floor_db))
        self._peak = np.maximum(self._level, self._peak - fall_db / _PEAK_SLOWER)
        self._level_curve.set_values(self._level)
        self._peak_curve.set_values(self._peak)
        self.foreground.update()

    @property
    def settled(self) -> bool:
        """Whether silence would change nothing any more."""
        return bool((self._peak <= self._floor_db).all())
