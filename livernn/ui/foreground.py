"""What moves in a plot: over the plot's background and under its grid."""

from typing import Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

Pixels = NDArray[np.uint32]
"""Colours as 0xAARRGGBB, `[height, width]`, from the top left."""


class Layer(Protocol):
    """Something that changes with every frame."""

    def paint(self, pixels: Pixels) -> None:
        """Paint it all over them, or leave out what is to be seen of what was painted before."""


class Foreground(QWidget):
    """Covers the inside of one of pyqtgraph's plots, whose own scene is painted once for as long as it stays as it is.

    Painting such a scene calls Python some thirty times.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot.viewport())
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._plot = plot
        self._layers: list[Layer] = []
        self._grid: QPixmap | None = None
        self._pixels: Pixels = np.empty((0, 0), np.uint32)
        self._image = QImage()
        plot.getViewBox().sigResized.connect(self._cover)
        plot.scene().changed.connect(self._look_at)

    def add(self, layer: Layer) -> None:
        """Paint this one, too, above those before it."""
        self._layers.append(layer)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._grid is None or self._grid.devicePixelRatioF() != self.devicePixelRatioF():
            self._grid = self._painted_grid()
            self._take_size(self._grid)
        self._pixels[:] = self.palette().color(QPalette.ColorRole.AlternateBase).rgb()
        for layer in self._layers:
            layer.paint(self._pixels)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.drawPixmap(0, 0, self._grid)
        painter.end()

    def _painted_grid(self) -> QPixmap:
        ratio, scene = self.devicePixelRatioF(), self._plot.scene()
        grid = QPixmap((self.size().toSizeF() * ratio).toSize())
        grid.setDevicePixelRatio(ratio)
        grid.fill(Qt.GlobalColor.transparent)
        scene.prepareForPaint()
        painter = QPainter(grid)
        scene.render(painter, QRectF(self.rect()), QRectF(self.geometry()), Qt.AspectRatioMode.IgnoreAspectRatio)
        painter.end()
        return grid

    def _take_size(self, grid: QPixmap) -> None:
        width, height = grid.width(), grid.height()
        self._pixels = np.empty((height, width), np.uint32)
        # Shares its memory with the array.
        self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(grid.devicePixelRatio())

    def _cover(self) -> None:
        self.setGeometry(self._plot.getViewBox().sceneBoundingRect().toRect())
        self._forget_grid()

    def _look_at(self, changed: list[QRectF]) -> None:
        inside = QRectF(self.geometry()).adjusted(1.0, 1.0, -1.0, -1.0)
        if any(inside.intersects(region) for region in changed):
            self._forget_grid()

    def _forget_grid(self) -> None:
        self._grid = None
        self.update()
