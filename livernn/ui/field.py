"""Typed entry that stays in sight."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class Field(QLineEdit):
    """Enter, or going elsewhere, takes; Esc takes back; no key of the window but panic acts meanwhile."""

    taken = Signal(str)
    """Something else than what was shown has been typed."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self._shown = ""
        self.editingFinished.connect(self._take)

    def show_text(self, text: str) -> None:
        """What there is now; not while the performer types."""
        self._shown = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)

    def event(self, event: QEvent) -> bool:
        """Keeps the window's shortcuts off while typing."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._shown)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        self.setModified(False)
        if self.text() != self._shown:
            typed = self.text()
            self.setText(self._shown)
            self.taken.emit(typed)
