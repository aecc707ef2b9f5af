"""A line to type in, in a window where letters are keys of the instrument."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLineEdit


class TypedEntry(QLineEdit):
    """No key of the window but panic acts while the performer types."""

    taken = Signal(str)
    """What was typed, as it is to be used."""

    def event(self, event: QEvent) -> bool:
        """Keeps the window's shortcuts off while typing."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)
