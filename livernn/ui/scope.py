"""Waveform and spectrum of what was heard, on pyqtgraph's plots.

Plots stand still and take no mouse; only a curve is drawn anew, without smoothing and over cached axes. That makes a
frame cheap without a GPU.
"""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from livernn.ui.analysis import bands, spectrum_db, trigger
from livernn.ui.theme import painted_font

Tick = tuple[float, str]
"""Place on the horizontal axis, 0 at the left to 1 at the right, and its label."""

_POINTS = 480
_GRID_ALPHA = 115
_LABELLED, _GRID = ("left", "bottom"), ("top", "right")
_ROOM_PX = {"left": 47, "bottom": 28, "top": 11, "right": 24}


class ScopeView(QWidget):
    """A plot whose horizontal axis runs from 0 to 1."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMinimumSize(240, 120)
        self.plot = pg.PlotWidget(enableMenu=False)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # So that what is dropped here reaches the window.
        self.plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.plot.hideButtons()
        self.plot.setXRange(0.0, 1.0, padding=0.0)
        self._axes = {side: self.plot.getAxis(side) for side in _ROOM_PX}
        for side, axis in self._axes.items():
            self.plot.showAxis(side)
            axis.setStyle(tickLength=0, showValues=side in _LABELLED, hideOverlappingLabels=_ROOM_PX["left"])
            axis.setGrid(_GRID_ALPHA if side in _GRID else False)
            axis.setCacheMode(axis.CacheMode.DeviceCoordinateCache)
        self._curves: list[tuple[pg.PlotDataItem, QPalette.ColorRole, int]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._dress()

    def set_scale(self, scale: float) -> None:
        """Size of the labels; see `theme.scale_for`."""
        for side, axis in self._axes.items():
            axis.setTickFont(painted_font(15 * scale))
            room = round(_ROOM_PX[side] * scale)
            axis.setWidth(room) if side in ("left", "right") else axis.setHeight(room)

    def set_columns(self, ticks: list[Tick]) -> None:
        """Label the horizontal axis."""
        self.columns = ticks
        for side in ("bottom", "top"):
            self._axes[side].setTicks([ticks])

    def add_curve(self, role: QPalette.ColorRole, width: int, fill_level: float | None = None) -> pg.PlotDataItem:
        """A curve that takes its colour from the theme, filled down to a level if there is one."""
        curve = self.plot.plot(skipFiniteCheck=True, fillLevel=fill_level)
        self._curves.append((curve, role, width))
        self._dress()
        return curve

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        colour, role = self.palette().color, QPalette.ColorRole
        self.plot.setBackground(colour(role.Base))
        self.plot.getViewBox().setBackgroundColor(colour(role.AlternateBase))
        for axis in self._axes.values():
            axis.setPen(colour(role.Mid))
            axis.setTextPen(colour(role.PlaceholderText))
        for curve, its_role, width in self._curves:
            curve.setPen(colour(its_role), width=width)
            curve.setFillBrush(colour(its_role))


class WaveformView(ScopeView):
    """The last `span_s` seconds, standing still on a steady tone; what is quiet is shown larger."""

    RANGES = (1.0, 0.5, 0.2, 0.1)
    NARROW_AFTER_S = 2.0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Waveform", parent)
        self._trace = self.add_curve(QPalette.ColorRole.Highlight, width=2)
        self._roomy_for_s = 0.0
        self._set_range(self.RANGES[0])
        self.set_span_s(0.05)

    def set_span_s(self, span_s: float) -> None:
        """Stretch of time from left to right."""
        self._span_s = span_s
        unit, factor = ("s", 1.0) if span_s >= 1.0 else ("ms", 1000.0)
        self.set_columns([(share, f"{span_s * factor * share:g} {unit}") for share in (0.25, 0.5, 0.75, 1.0)])

    def wanted_samples(self, rate_hz: float) -> int:
        """How many of the samples last heard `show_samples` wants: room for the trigger included."""
        return self._shown(rate_hz) * 2

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` as many as `wanted_samples`; `passed_s` since the last call."""
        self._choose_range(float(np.abs(samples).max(initial=0.0)), passed_s)
        shown = trigger(samples, self._shown(rate_hz))
        self._trace.setDownsampling(ds=max(1, shown.size // _POINTS), method="peak")
        self._trace.setData(np.linspace(0.0, 1.0, shown.size), shown)

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
        self._range, self._roomy_for_s = peak, 0.0
        self.plot.setYRange(-peak, peak, padding=0.0)

    def _shown(self, rate_hz: float) -> int:
        return round(self._span_s * rate_hz)


class SpectrumView(ScopeView):
    """Level over pitch: logarithmic frequency, decibels, and a line that stays at the highest for a while."""

    LOW_HZ = 30.0
    FLOOR_DB = -90.0
    FALL_DB_PER_S = 90.0
    PEAK_FALL_DB_PER_S = 14.0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Spectrum", parent)
        self._level = np.full(_POINTS, self.FLOOR_DB, np.float32)
        self._peak = self._level.copy()
        self._middles = (np.arange(_POINTS) + 0.5) / _POINTS
        self._level_curve = self.add_curve(QPalette.ColorRole.Highlight, width=1, fill_level=self.FLOOR_DB)
        self._peak_curve = self.add_curve(QPalette.ColorRole.PlaceholderText, width=1)
        self.plot.setYRange(self.FLOOR_DB, 0.0, padding=0.0)
        self.set_high_hz(8000.0)

    def set_high_hz(self, high_hz: float) -> None:
        """Right end of the frequency axis."""
        self._high_hz = high_hz
        octaves = np.log(high_hz / self.LOW_HZ)
        marked_hz = [hz for hz in (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000) if hz <= high_hz]
        names = [f"{hz / 1000:g}k" if hz >= 1000 else f"{hz}" for hz in marked_hz]
        self.set_columns(list(zip(np.log(np.divide(marked_hz, self.LOW_HZ)) / octaves, names, strict=True)))

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` has SPECTRUM_SAMPLES; `passed_s` since the last call."""
        measured = spectrum_db(samples, bands(_POINTS, rate_hz, self.LOW_HZ, self._high_hz))
        self._level = np.maximum(measured, np.maximum(self._level - self.FALL_DB_PER_S * passed_s, self.FLOOR_DB))
        self._peak = np.maximum(self._level, self._peak - self.PEAK_FALL_DB_PER_S * passed_s)
        self._level_curve.setData(self._middles, self._level)
        self._peak_curve.setData(self._middles, self._peak)

    @property
    def settled(self) -> bool:
        """Whether silence would change nothing any more."""
        return bool((self._peak <= self.FLOOR_DB).all())
