"""Typed entry over something painted."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from livernn.ui.typed_entry import TypedEntry


class ValueEdit(TypedEntry):
    """Enter takes, and Esc leaves."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit(self.text())
            self.hide()
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QEvent) -> None:
        self.hide()
