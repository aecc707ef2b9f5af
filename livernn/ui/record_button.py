"""The button with the red light."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy

from livernn.ui.theme import painted_font

_DARK = 160


class RecordButton(QPushButton):
    """The light is dark red until a take is under way; then it shines, beside the time since."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip("Record, the last minute included, or end the take (R)")
        self._time: str | None = ""
        self.show_time(None)

    def show_time(self, recorded_s: float | None) -> None:
        """Time since recording was asked for; None while there is no take."""
        time = as_clock(recorded_s) if recorded_s is not None else None
        if time != self._time:
            self._time = time
            self.setAccessibleName("Record" if time is None else f"End the take, {time}")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(138, 40)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole
        red = QColor(self.palette().color(role.BrightText))
        height = min(self.height(), self.width() * 0.42)
        side = height * 0.4
        font = painted_font(height * 0.36, bold=True)
        painter.setFont(font)
        text = self._time or "Record"
        gap = side * 0.5
        left = (self.width() - side - gap - painter.fontMetrics().horizontalAdvance(text)) / 2
        light = QRectF(left, (self.height() - side) / 2, side, side)
        if self._time is not None:
            painter.setPen(QPen(red.lighter(140), side * 0.16))
            painter.setBrush(red)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(red.darker(_DARK))
        painter.drawEllipse(light)
        painter.setPen(self.palette().color(role.ButtonText))
        rest = QRectF(light.right() + gap, 0, self.width(), self.height())
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


def as_clock(seconds: float) -> str:
    """`1:05`, `1:01:05`."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
