"""A combo box whose arrow takes the theme's colour."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter


class Chooser(QComboBox):
    """A combo box whose arrow takes the theme's colour."""

    opened = Signal()
    """The list, by the performer."""

    def showPopup(self) -> None:
        super().showPopup()
        self.opened.emit()

    def offer(self, texts: Sequence[str]) -> None:
        """Have exactly these items; an open list stays open, and where the performer is in it."""
        if [self.itemText(at) for at in range(self.count())] != list(texts):
            was_open, marked = self.view().isVisible(), self.view().currentIndex().data()
            self.clear()
            self.addItems(texts)
            if was_open:
                super().showPopup()  # as high as it has to be now
                if marked in texts:
                    self.view().setCurrentIndex(self.model().index(texts.index(marked), 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0:
            option.currentText = self.placeholderText()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.PlaceholderText))
        unit = self.height() * 0.11
        tip = QPointF(self.width() - self.height() * 0.42, self.height() / 2 + unit * 0.7)
        painter.drawPolygon(
            QPolygonF([tip, tip + QPointF(-1.4 * unit, -1.4 * unit), tip + QPointF(1.4 * unit, -1.4 * unit)])
        )
        painter.end()
