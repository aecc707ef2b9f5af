"""What waveform, spectrum, spectrogram and loss curve have in common: one of pyqtgraph's plots.

Plots stand still and take no mouse; only what moves is painted anew, without smoothing, on a widget before the plot.
That makes a frame cheap without a GPU.
"""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from livernn.ui.analysis import thinned
from livernn.ui.foreground import Foreground
from livernn.ui.theme import painted_font
from livernn.ui.trace import Trace

Tick = tuple[float, str]
"""Place on an axis, from 0 at the left or the bottom to 1, and its label."""

_GRID_ALPHA = 115
_LABELLED, _GRID = ("left", "bottom"), ("top", "right")
_ROOM_PX = {"left": 47, "bottom": 28, "top": 11, "right": 24}
_ROWS_APART_PX = 22


class PlotView(QWidget):
    """A plot whose horizontal axis runs from 0 to 1. A subclass calls `dress` once all of it is there."""

    COLUMNS_APART_PX = 50
    """Room that a label of the horizontal axis takes."""

    def __init__(self, name: str) -> None:
        super().__init__()
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
        self.foreground = Foreground(self.plot)
        self.foreground.setAccessibleName(name)
        self._scale = 1.0
        self.columns: list[Tick] = []
        self.rows: list[Tick] = []
        self._ticks: dict[str, list[Tick]] = {}
        self._curves: list[tuple[Trace, QPalette.ColorRole]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    def set_scale(self, scale: float) -> None:
        """Size of the labels; see `theme.scale_for`."""
        self._scale = scale
        self._set_ticks()
        for side, axis in self._axes.items():
            axis.setTickFont(painted_font(15 * scale))
            room = round(_ROOM_PX[side] * scale)
            axis.setWidth(room) if side in ("left", "right") else axis.setHeight(room)

    def set_vertical_range(self, low: float, high: float) -> None:
        """Lower and upper end of the vertical axis."""
        self.plot.setYRange(low, high, padding=0.0)
        for curve, _ in self._curves:
            curve.set_range(low, high)

    def set_columns(self, ticks: list[Tick]) -> None:
        """Label the horizontal axis, as far as there is room: the most wanted first."""
        self.columns = ticks
        self._set_ticks()

    def set_rows(self, ticks: list[Tick]) -> None:
        """Label the vertical axis, if it runs from 0 to 1 too."""
        self.set_vertical_range(0.0, 1.0)
        self.rows = ticks
        self._set_ticks()

    def add_curve(self, role: QPalette.ColorRole, *, bold: bool = False, filled: bool = False) -> Trace:
        """A curve that takes its colour from the theme."""
        curve = Trace(bold=bold, filled=filled)
        self.foreground.add(curve)
        self._curves.append((curve, role))
        return curve

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_ticks()

    def _set_ticks(self) -> None:
        size = self.plot.size()
        for labelled, ruled, ticks, apart_px, room_px in (
            ("bottom", "top", self.columns, self.COLUMNS_APART_PX, size.width()),
            ("left", "right", self.rows, _ROWS_APART_PX, size.height()),
        ):
            if ticks:
                shown = thinned(ticks, apart_px * self._scale / max(1, room_px))
                self._set_axis(labelled, shown)
                self._set_axis(ruled, [(place, "") for place, _ in shown])

    def _set_axis(self, side: str, ticks: list[Tick]) -> None:
        if ticks != self._ticks.get(side):  # an axis takes milliseconds to paint
            self._ticks[side] = ticks
            self._axes[side].setTicks([ticks])

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.dress()
        super().changeEvent(event)

    def dress(self) -> None:
        """Take the colours of the palette."""
        colour, role = self.palette().color, QPalette.ColorRole
        self.plot.setBackground(colour(role.Base))
        for axis in self._axes.values():
            axis.setPen(colour(role.Mid))
            axis.setTextPen(colour(role.PlaceholderText))
        for curve, its_role in self._curves:
            curve.set_colour(colour(its_role))


class ScopeView(PlotView):
    """A plot of what is heard."""

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """The samples last heard, as many as the view wants; `passed_s` since the last call."""
        raise NotImplementedError
