"""Typed entry that stays in sight."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from livernn.ui.typed_entry import TypedEntry


class Field(TypedEntry):
    """Enter, or going elsewhere, takes what is not as it was; Esc takes back."""

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
