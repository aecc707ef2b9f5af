"""The knobs and buttons that a controller can move: their menus, and how they look and behave while learning."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from livernn.control.midimap import Target
from livernn.ui.controllers import Controllers
from livernn.ui.target_menu import TargetMenu
from livernn.ui.theme import painted_font

_TOUCHES = (QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress)
_CLICKS = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick)


class LearnMark(QWidget):
    """A frame over something that can be learned, with what moves it; full colour while its controller is awaited."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Learn mark")
        self.text_shown = ""
        self._awaited = False
        self.hide()

    def show_state(self, text: str, *, awaited: bool) -> None:
        """`text` is what moves it."""
        self.text_shown, self._awaited = "Move…" if awaited else text or "–", awaited
        self.setAccessibleName(f"Learn: {text or 'nothing yet'}")
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole
        accent, base = self.palette().color(role.Highlight), QColor(self.palette().color(role.Base))
        height = min(self.height() * 0.3, 26.0)
        frame = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(accent, 3.0 if self._awaited else 1.5))
        painter.drawRoundedRect(frame, 8, 8)
        label = QRectF(frame.left(), frame.bottom() - height, frame.width(), height)
        painter.setBrush(accent if self._awaited else base)
        painter.drawRoundedRect(label, 8, 8)
        painter.setPen(self.palette().color(role.HighlightedText if self._awaited else role.WindowText))
        painter.setFont(painted_font(height * 0.62, bold=True))
        room = round(label.width() - 8)
        shown = painter.fontMetrics().elidedText(self.text_shown, Qt.TextElideMode.ElideRight, room)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()


class Learnables(QObject):
    """Wires widgets to the targets they stand for."""

    def __init__(self, controllers: Controllers, widgets: Mapping[Target, QWidget]) -> None:
        super().__init__(controllers)
        self._controllers = controllers
        self._targets = {widget: target for target, widget in widgets.items()}
        self.marks = {target: LearnMark(widget) for target, widget in widgets.items()}
        for widget, target in self._targets.items():
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(lambda at, *_, one=widget: self.open_menu(one, at))
            widget.setWhatsThis(f"Right click, or the menu key: which controller moves {target.label}.")
            widget.installEventFilter(self)
        controllers.changed.connect(self._show)
        self._show()

    def open_menu(self, widget: QWidget, at: QPoint) -> None:
        """The menu of what a widget stands for."""
        menu = TargetMenu(self._controllers, self._targets[widget], widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(widget.mapToGlobal(at))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        target = self._targets.get(watched) if isinstance(watched, QWidget) else None
        if target is None:
            return False
        if event.type() is QEvent.Type.Resize:
            self._show()
        if not self._controllers.learn_mode:
            return False
        if event.type() in _TOUCHES and self._controllers.target != target:
            self._controllers.learn(target)
        # A knob may be turned while it is learned; a button must not go off.
        return isinstance(watched, QAbstractButton) and event.type() in _CLICKS

    def _show(self) -> None:
        for target, mark in self.marks.items():
            awaited = self._controllers.target == target
            if awaited or self._controllers.learn_mode:
                labels = [binding.control.label.partition(",")[0] for binding in self._controllers.map.of(target)]
                mark.show_state(", ".join(labels), awaited=awaited)
            else:
                mark.hide()
