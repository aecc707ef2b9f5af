"""Whether controllers are heard."""

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QPushButton

from livernn.ui.controllers import Controllers

_LIT_MS = 150
_DOT_SHARE = 0.13


class ControlLamp(QPushButton):
    """A button with a dot: empty while no input is open, a ring while one is, full for a moment at each message."""

    def __init__(self, controllers: Controllers) -> None:
        super().__init__("MIDI")
        self.setObjectName("lamp")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.lit = False
        self._controllers = controllers
        self._dark = QTimer(self)
        self._dark.setSingleShot(True)
        self._dark.setInterval(_LIT_MS)
        self._dark.timeout.connect(self._darken)
        controllers.heard.connect(self._light)
        controllers.changed.connect(self._show)
        self._show()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole
        colour = self.palette().color(role.Highlight if self._opened() else role.PlaceholderText)
        if self._controllers.ports.trouble:
            colour = self.palette().color(role.BrightText)
        painter.setPen(QPen(colour, 2.0))
        if self.lit:
            painter.setBrush(colour)
        radius = self.height() * _DOT_SHARE
        painter.drawEllipse(QPointF(self.height() * 0.42, self.height() / 2), radius, radius)
        painter.end()

    def _opened(self) -> bool:
        return bool(self._controllers.ports.opened) or self._controllers.osc is not None

    def _light(self) -> None:
        self._dark.start()
        if not self.lit:
            self.lit = True
            self.update()

    def _darken(self) -> None:
        self.lit = False
        self.update()

    def _show(self) -> None:
        ports = self._controllers.ports
        heard = ", ".join(ports.opened) or ports.trouble or "no input"
        self.setAccessibleName(f"Controllers: {heard}")
        self.setToolTip(f"Controllers and what they move (Ctrl+M). MIDI: {heard}")
        self.update()
