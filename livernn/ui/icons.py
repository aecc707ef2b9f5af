"""Buttons with a painted picture."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QPushButton


class IconButton(QPushButton):
    """A square button that paints its picture in the theme's colours."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setObjectName("icon")
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height() * 2
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        role = QPalette.ColorRole.ButtonText if self.isEnabled() else QPalette.ColorRole.PlaceholderText
        self.paint_picture(painter, self.palette().color(role))
        painter.end()

    def paint_picture(self, painter: QPainter, colour: QColor) -> None:
        """Paint it in that colour, or in another that says something."""
        raise NotImplementedError


class ArrowButton(IconButton):
    """A triangle that points left (-1) or right (1)."""

    def __init__(self, direction: int, name: str, tip: str) -> None:
        super().__init__(name, tip)
        self._direction = direction

    def paint_picture(self, painter: QPainter, colour: QColor) -> None:
        painter.setBrush(colour)
        paint_triangle(painter, QRectF(self.rect()), self.height() * 0.19, self._direction)


class StarButton(IconButton):
    """A star, hollow until it is checked."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__(name, tip)
        self.setCheckable(True)

    def paint_picture(self, painter: QPainter, colour: QColor) -> None:
        middle, radius = QRectF(self.rect()).center(), self.height() * 0.27
        points = []
        for at in range(10):
            reach = radius if at % 2 == 0 else radius * 0.42
            angle = math.radians(36 * at - 90)
            points.append(middle + QPointF(reach * math.cos(angle), reach * math.sin(angle)))
        if self.isChecked():
            painter.setBrush(self.palette().color(QPalette.ColorRole.HighlightedText))
        else:
            painter.setPen(QPen(colour, self.height() * 0.04))
        painter.drawPolygon(QPolygonF(points))


def paint_triangle(painter: QPainter, within: QRectF, radius: float, direction: int) -> None:
    """A triangle about the middle of `within` that points right (1) or left (-1)."""
    middle, reach = within.center(), radius * direction
    corners = [QPointF(reach, 0.0), QPointF(-0.75 * reach, -radius), QPointF(-0.75 * reach, radius)]
    painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))
