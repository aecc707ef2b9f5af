"""Labels that take the room they are given and never cut a word in half."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption

_SMALLEST_SHARE = 0.78
_WRAPPED = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap


class ElidedLabel(QLabel):
    """One line that ends in dots where it does not fit; all of it is in the tooltip."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = _styled(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class FittedLabel(QLabel):
    """Text that wraps, and shrinks a little where it still does not fit, and then ends in dots."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = _styled(self)
        font = self.font()
        smallest = round(font.pixelSize() * _SMALLEST_SHARE)
        while font.pixelSize() > smallest and not _fits(QFontMetrics(font), self.rect(), self.text()):
            font.setPixelSize(font.pixelSize() - 1)
        painter.setFont(font)
        text = self.text()
        while text and not _fits(painter.fontMetrics(), self.rect(), text):
            text = text.rstrip("… ").rpartition(" ")[0] + " …" if " " in text.rstrip("… ") else ""
        painter.drawText(self.rect(), _WRAPPED, text)
        painter.end()


def _fits(metrics: QFontMetrics, rect: QRect, text: str) -> bool:
    needed = metrics.boundingRect(QRect(0, 0, rect.width(), 1 << 20), _WRAPPED, text)
    return needed.height() <= rect.height() and needed.width() <= rect.width()


def _styled(label: QLabel) -> QPainter:
    """A painter with the font and colour that the style sheet gives the label."""
    option = QStyleOption()
    option.initFrom(label)
    painter = QPainter(label)
    label.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, label)
    painter.setPen(option.palette.windowText().color())
    return painter
