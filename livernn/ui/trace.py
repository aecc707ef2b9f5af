"""A curve that changes with every frame, painted with as little as that takes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

Floats = NDArray[np.floating[Any]]
Shifts = tuple[tuple[int, int], ...]

_THIN: Shifts = ((0, 0),)
_BOLD: Shifts = ((0, 0), (1, 0), (0, 1))
"""How many pixels to the right and down a line is painted."""


class Trace(QGraphicsItem):
    """A line through points in a plot's own coordinates, filled down to `fill_level` if there is one.

    pyqtgraph's curve looks for the bounds of its points each time that they change, which nobody asks for in a plot
    that stands still, and Qt takes longer for a line of two pixels than for three lines of one.
    """

    def __init__(self, fill_level: float | None) -> None:
        super().__init__()
        self._fill_level = fill_level
        self._bounds = QRectF(0.0, 0.0, 1.0, 1.0)
        self.places: Floats = np.empty(0)
        self.values: Floats = np.empty(0)
        self._line, self._area = QPolygonF(), QPolygonF()
        self._pen, self._brush, self._shifts_px = QPen(), QBrush(), _THIN

    def set_range(self, low: float, high: float) -> None:
        """Lower and upper end of the plot's vertical axis; its horizontal one runs from 0 to 1."""
        self.prepareGeometryChange()
        self._bounds = QRectF(0.0, low, 1.0, high - low)

    def set_look(self, colour: QColor, *, bold: bool) -> None:
        """Of line and area; the line is two pixels wide if bold, else one."""
        self._pen, self._brush, self._shifts_px = QPen(colour, 0), QBrush(colour), _BOLD if bold else _THIN
        self.update()

    def set_points(self, places: Floats, values: Floats) -> None:
        """Go through these from now on, from left to right; they may be none."""
        self.places, self.values = places, values
        self._line = arrayToQPolygonF(places, values) if places.size else QPolygonF()
        self._area = QPolygonF(self._line)
        if self._fill_level is not None and places.size:
            self._area.append([QPointF(places[end], self._fill_level) for end in (-1, 0)])
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._fill_level is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._brush)
            painter.drawPolygon(self._area)
        painter.setPen(self._pen)
        still, pixel = painter.worldTransform(), 1.0 / painter.device().devicePixelRatioF()
        for right_px, down_px in self._shifts_px:
            painter.setWorldTransform(still * QTransform.fromTranslate(right_px * pixel, down_px * pixel))
            painter.drawPolyline(self._line)
