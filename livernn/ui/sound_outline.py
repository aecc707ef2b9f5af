"""A kept sound from left to right, and which part of it trimming leaves."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

_CUT_OPACITY = 0.3


class SoundOutline(QWidget):
    """Loudest samples, mirrored; what is cut off is pale."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._peaks: NDArray[np.float32] = np.empty(0, np.float32)
        self._kept = (0.0, 1.0)

    def sizeHint(self) -> QSize:
        return QSize(300, 60)

    def show_peaks(self, peaks: NDArray[np.float32]) -> None:
        """`[n]`, of equal parts of the whole sound; empty for none."""
        self._peaks = peaks
        self.update()

    def show_kept(self, begin: float, end: float) -> None:
        """Where what is kept begins and ends, as shares of the whole."""
        self._kept = (begin, end)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, role = self.palette().color, QPalette.ColorRole
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(role.Button))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        if self._peaks.size:
            outline = self._outline()
            painter.setBrush(colour(role.Highlight))
            painter.setOpacity(_CUT_OPACITY)
            painter.drawPolygon(outline)
            painter.setOpacity(1.0)
            begin, end = (share * self.width() for share in self._kept)
            painter.setClipRect(QRectF(begin, 0, end - begin, self.height()))
            painter.drawPolygon(outline)
        painter.end()

    def _outline(self) -> QPolygonF:
        middle, reach = self.height() / 2, self.height() * 0.46
        across = np.linspace(0.0, self.width(), self._peaks.size)
        rise = np.maximum(self._peaks, 0.01) * reach
        upper = [QPointF(x, middle - y) for x, y in zip(across, rise, strict=True)]
        lower = [QPointF(x, middle + y) for x, y in zip(across, rise, strict=True)]
        return QPolygonF([*upper, *reversed(lower)])
