"""Waveform and spectrum of what was heard, painted by hand.

A trace is rasterised in NumPy and drawn as one image over a cached grid: about a tenth of what the same trace costs
as a path of a plotting library without a GPU.
"""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from livernn.ui.analysis import COVERAGE_STEPS, bands, envelope, rasterise, spectrum_db, trigger
from livernn.ui.theme import painted_font

Tick = tuple[float, str]
"""Share of the axis, from the top or left, and its label."""

_TRACE_PX = 1.25
"""Half the least thickness of the waveform."""

_PEAK_POINTS = 300
_GRID_ALPHA = 0.45


class ScopeView(QWidget):
    """A grid with labelled axes and one filled trace."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 120)
        self._scale = 1.0
        self._grid: QPixmap | None = None
        self._picture: NDArray[np.uint8] | None = None
        self._colours: list[int] = []

    @abstractmethod
    def rows(self) -> list[Tick]:
        """Horizontal grid lines."""

    @abstractmethod
    def columns(self) -> list[Tick]:
        """Vertical grid lines."""

    def set_scale(self, scale: float) -> None:
        """Size of the labels; see `theme.scale_for`."""
        self._scale = scale
        self.forget_grid()

    def forget_grid(self) -> None:
        """Paint the grid anew: its ticks, colours or size have changed."""
        self._grid = None
        self._picture = None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(520, 320)

    def plot_rect(self) -> QRect:
        """Where the trace goes, in logical pixels."""
        unit = round(24 * self._scale)
        return self.rect().adjusted(round(unit * 1.95), round(unit * 0.45), -round(unit * 0.5), -round(unit * 1.15))

    def plot_size(self) -> tuple[int, int]:
        """Columns and rows of the trace, in pixels of the screen."""
        size = self.plot_rect().size() * self.devicePixelRatioF()
        return max(8, size.width()), max(8, size.height())

    @property
    def blank(self) -> bool:
        """Whether the trace must be given again, as after a change of size."""
        return self._picture is None

    def show_shape(self, top: NDArray[np.float32], bottom: NDArray[np.float32]) -> None:
        """Draw what lies between, in rows of `plot_size`."""
        self._picture = rasterise(top, bottom, self.plot_size()[1], self._picture)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.forget_grid()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.forget_grid()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._grid is None:
            self._grid = self._paint_grid()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._grid)
        if self._picture is not None:
            rows, stride = self._picture.shape
            image = QImage(self._picture.data, self.plot_size()[0], rows, stride, QImage.Format.Format_Indexed8)
            image.setColorTable(self._colours)
            image.setDevicePixelRatio(self.devicePixelRatioF())
            painter.drawImage(self.plot_rect().topLeft(), image)
        self.paint_over(painter)
        painter.end()

    def paint_over(self, painter: QPainter) -> None:
        """What is drawn over the trace: nothing, unless a view has something to add."""

    def _paint_grid(self) -> QPixmap:
        colours = self.palette()
        accent = QColor(colours.color(QPalette.ColorRole.Highlight))
        self._colours = []
        for step in range(COVERAGE_STEPS + 1):
            accent.setAlphaF(step / COVERAGE_STEPS)
            self._colours.append(accent.rgba())
        grid = QPixmap(self.size() * self.devicePixelRatioF())
        grid.setDevicePixelRatio(self.devicePixelRatioF())
        grid.fill(colours.color(QPalette.ColorRole.Base))
        painter = QPainter(grid)
        painter.setFont(painted_font(15 * self._scale))
        line = QColor(colours.color(QPalette.ColorRole.Mid))
        line.setAlphaF(_GRID_ALPHA)
        plot = self.plot_rect()
        painter.fillRect(plot, colours.color(QPalette.ColorRole.AlternateBase))
        high = painter.fontMetrics().height()
        free_from = 0.0
        for share, label in self.rows():
            y = plot.top() + round(share * (plot.height() - 1))
            painter.setPen(line)
            painter.drawLine(plot.left(), y, plot.right(), y)
            if y < free_from:
                continue
            free_from = y + high
            painter.setPen(colours.color(QPalette.ColorRole.PlaceholderText))
            box = QRect(0, y - high // 2, plot.left() - round(7 * self._scale), high)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
        for share, label in self.columns():
            x = plot.left() + round(share * (plot.width() - 1))
            painter.setPen(line)
            painter.drawLine(x, plot.top(), x, plot.bottom())
            painter.setPen(colours.color(QPalette.ColorRole.PlaceholderText))
            wide = painter.fontMetrics().horizontalAdvance(label)
            left = min(max(x - wide // 2, plot.left()), plot.right() - wide)
            painter.drawText(QPointF(left, plot.bottom() + high), label)
        painter.end()
        return grid


class WaveformView(ScopeView):
    """The last `span_s` seconds, standing still on a steady tone; what is quiet is shown larger."""

    RANGES = (1.0, 0.5, 0.2, 0.1)
    NARROW_AFTER_S = 2.0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Waveform", parent)
        self._span_s = 0.05
        self._range = self.RANGES[0]
        self._roomy_for_s = 0.0

    def set_span_s(self, span_s: float) -> None:
        """Stretch of time from left to right."""
        self._span_s = span_s
        self.forget_grid()

    def wanted_samples(self, rate_hz: float) -> int:
        """How many of the samples last heard `show_samples` wants: room for the trigger included."""
        return self._shown(rate_hz) * 2

    def rows(self) -> list[Tick]:
        return [((1.0 - level) / 2.0, f"{self._range * level:g}") for level in (1.0, 0.5, 0.0, -0.5, -1.0)]

    def columns(self) -> list[Tick]:
        unit, factor = ("s", 1.0) if self._span_s >= 1.0 else ("ms", 1000.0)
        return [(share, f"{self._span_s * factor * share:g} {unit}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` as many as `wanted_samples`; `passed_s` since the last call."""
        self._choose_range(float(np.abs(samples).max(initial=0.0)), passed_s)
        columns, rows = self.plot_size()
        low, high = envelope(trigger(samples, self._shown(rate_hz)), columns)
        half = _TRACE_PX * self.devicePixelRatioF() * self._scale
        zoom = rows / (2.0 * self._range)
        self.show_shape((self._range - high) * zoom - half, (self._range - low) * zoom + half)

    def _choose_range(self, peak: float, passed_s: float) -> None:
        """Widen at once, narrow one step after a while without need of the room."""
        at = self.RANGES.index(self._range)
        narrower = self.RANGES[min(at + 1, len(self.RANGES) - 1)]
        self._roomy_for_s = self._roomy_for_s + passed_s if 0.0 < peak < narrower else 0.0
        if peak > self._range:
            fitting = min((wide for wide in self.RANGES if wide >= peak), default=self.RANGES[0])
        else:
            fitting = narrower if self._roomy_for_s > self.NARROW_AFTER_S else self._range
        if fitting != self._range:
            self._range, self._roomy_for_s = fitting, 0.0
            self.forget_grid()

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
        self._high_hz = 8000.0
        self._rate_hz = 0.0
        self._edges: NDArray[np.float64] = np.zeros(0)
        self._level: NDArray[np.float32] = np.zeros(0, np.float32)
        self._peak: NDArray[np.float32] = np.zeros(0, np.float32)

    def set_high_hz(self, high_hz: float) -> None:
        """Right end of the frequency axis."""
        if high_hz != self._high_hz:
            self._high_hz = high_hz
            self.forget_grid()

    def forget_grid(self) -> None:
        self._edges = np.zeros(0)
        super().forget_grid()

    def rows(self) -> list[Tick]:
        return [(level / self.FLOOR_DB, f"{level:g}") for level in (0, -15, -30, -45, -60, -75, -90)]

    def columns(self) -> list[Tick]:
        ticks = []
        for frequency_hz in (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000):
            share = np.log(frequency_hz / self.LOW_HZ) / np.log(self._high_hz / self.LOW_HZ)
            if share < 0.99:
                label = f"{frequency_hz / 1000:g}k" if frequency_hz >= 1000 else f"{frequency_hz}"
                ticks.append((float(share), label if share < 0.94 else ""))
        return ticks

    def show_samples(self, samples: NDArray[np.float32], rate_hz: float, passed_s: float) -> None:
        """`samples` has SPECTRUM_SAMPLES; `passed_s` since the last call."""
        columns, rows = self.plot_size()
        if self._edges.size != columns + 1 or rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self._edges = bands(columns, rate_hz, self.LOW_HZ, min(self._high_hz, rate_hz / 2))
            self._level = np.full(columns, self.FLOOR_DB, np.float32)
            self._peak = self._level.copy()
        measured = np.maximum(spectrum_db(samples, self._edges), self.FLOOR_DB)
        self._level = np.maximum(measured, self._level - self.FALL_DB_PER_S * passed_s)
        self._peak = np.maximum(self._level, self._peak - self.PEAK_FALL_DB_PER_S * passed_s)
        self.show_shape(self._level * (rows / self.FLOOR_DB), np.full(columns, rows, np.float32))

    @property
    def settled(self) -> bool:
        """Whether silence would change nothing any more."""
        return bool((self._peak <= self.FLOOR_DB).all())

    def paint_over(self, painter: QPainter) -> None:
        if self._peak.size < 2 or self.settled:
            return
        plot = QRectF(self.plot_rect())
        peak = np.maximum.reduceat(self._peak, np.arange(0, self._peak.size, max(1, self._peak.size // _PEAK_POINTS)))
        x = plot.left() + (np.arange(peak.size) + 0.5) * (plot.width() / peak.size)
        y = plot.top() + peak * (plot.height() / self.FLOOR_DB)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.PlaceholderText), 1.0))
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
