"""What is wanted less often, behind one button."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from livernn.ui.theme import THEMES


class MainMenu(QMenu):
    """Emits what was asked for. The keys stand beside the items and are the window's."""

    undo_asked = Signal()
    save_as_asked = Signal()
    theme_chosen = Signal(str)
    full_screen_asked = Signal()
    about_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Menu")
        self.addAction("Undo\tCtrl+Z", self.undo_asked.emit)
        self.addSeparator()
        self.save_as = self.addAction("Save preset as…\tCtrl+Shift+S", self.save_as_asked.emit)
        self.addSeparator()
        themes = QActionGroup(self)
        self._themes = {}
        for theme in THEMES.values():
            action = self.addAction(f"{theme.title} theme", partial(self.theme_chosen.emit, theme.name))
            action.setCheckable(True)
            themes.addAction(action)
            self._themes[theme.name] = action
        self.addSeparator()
        self.addAction("Full screen\tF11", self.full_screen_asked.emit)
        self.addAction("About liveRNN and its presets", self.about_asked.emit)

    def show_theme(self, name: str) -> None:
        """Tick the theme that is on."""
        self._themes[name].setChecked(True)
