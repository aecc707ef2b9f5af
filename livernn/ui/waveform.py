"""Waveform of what was heard."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from livernn.ui.analysis import TRIGGER_OFF, trigger
from livernn.ui.scope import ScopeView


class WaveformView(ScopeView):
    """The last `span_s` seconds, standing still on a steady tone; what is quiet is shown larger."""

    RANGES = (1.0, 0.5, 0.2, 0.1)
    NARROW_AFTER_S = 2.0
    COLUMNS_APART_PX = 74

    def __init__(self) -> None:
        super().__init__("Waveform")
        self._line = pg.InfiniteLine(angle=0)
        self.plot.addItem(self._line)
        self._trace = self.add_curve(QPalette.ColorRole.Highlight, bold=True)
        self._level, self._roomy_for_s = TRIGGER_OFF, 0.0
        self._set_range(self.RANGES[0])
        self.set_span_s(0.05)
        self.dress()

    def set_span_s(self, span_s: float) -> None:
        """Stretch of time from left to right."""
        self._span_s = span_s
        unit, factor = ("s", 1.0) if span_s >= 1.0 else ("ms", 1000.0)
        self.set_columns([(share, f"{span_s * factor * share:g} {unit}") for share in (1.0, 0.5, 0.25, 0.75)])

    def set_trigger(self, level: float) -> None:
        """Begin where the sound rises through a level; not at all at TRIGGER_OFF."""
        self._level = level
        self._place_line()

    def dress(self) -> None:
        super().dress()
        self._line.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText), style=Qt.PenStyle.DashLine)

    def wanted_samples(self, rate_hz: float) -> int:
        """How many of the samples last heard `show_samples` wants: room for the trigger included."""
        return self._shown(rate_hz) * 2

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` as many as `wanted_samples`; `passed_s` since the last call."""
        self._choose_range(float(np.abs(samples).max(initial=0.0)), passed_s)
        self._trace.set_values(trigger(samples, self._shown(rate_hz), self._level))
        self.foreground.update()

    def _choose_range(self, peak: float, passed_s: float) -> None:
        """Widen at once, narrow one step after a while without need of the room."""
        at = self.RANGES.index(self._range)
        narrower = self.RANGES[min(at + 1, len(self.RANGES) - 1)]
        self._roomy_for_s = self._roomy_for_s + passed_s if 0.0 < peak < narrower else 0.0
        if peak > self._range:
            self._set_range(min((wide for wide in self.RANGES if wide >= peak), default=self.RANGES[0]))
        elif self._roomy_for_s > self.NARROW_AFTER_S:
            self._set_range(narrower)

    def _set_range(self, peak: float) -> None:
        """Only the labels change: the plot itself would take as long as three frames to paint."""
        self._range, self._roomy_for_s = peak, 0.0
        self.set_rows([(_share(height), f"{height * peak:g}") for height in (0.0, 1.0, -1.0, 0.5, -0.5)])
        self._trace.set_range(-peak, peak)
        self._place_line()

    def _place_line(self) -> None:
        self._line.setVisible(self._level > 0.0)
        if self._level > 0.0:
            self._line.setValue(_share(self._level / self._range))

    def _shown(self, rate_hz: float) -> int:
        return round(self._span_s * rate_hz)


def _share(height: float) -> float:
    """The place on the axis, from 0 to 1, of a height from -1 to 1."""
    return 0.5 + height / 2.0
