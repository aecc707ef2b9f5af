"""The middle of the window: scopes, and whatever else docks there, one page at a time."""

from typing import ClassVar, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QWidget


class Page(Protocol):
    """A widget that knows how large everything is drawn; see `theme.scale_for`."""

    def set_scale(self, scale: float) -> None:
        """Called at each change of size or theme, after the style sheet has been set."""


class UprightTabBar(QTabBar):
    """Qt's knows only Left and Right, however it stands."""

    _STEPS: ClassVar = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self._STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.setCurrentIndex(min(max(self.currentIndex() + step, 0), self.count() - 1))


class Pages(QTabWidget):
    """Tabs down the left edge, where width is cheap and height is not."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabBar(UprightTabBar())
        self.setTabPosition(QTabWidget.TabPosition.West)
        self.setDocumentMode(True)
        self.setAccessibleName("Pages")
        self.tabBar().setAccessibleName("Pages")
        self.tabBar().setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabBar().setExpanding(False)
        self.tabBar().setDrawBase(False)
        self._panels: list[Page] = []

    def dock(self, panel: Page, title: str, tip: str) -> None:
        """Put a panel, which is a QWidget, on a page of its own, last."""
        assert isinstance(panel, QWidget)
        self._panels.append(panel)
        self.setTabToolTip(self.addTab(panel, title), tip)

    def toggle(self, panel: Page) -> None:
        """Turn to a panel's page, or from it back to the first."""
        at = self._panels.index(panel)
        self.setCurrentIndex(0 if self.currentIndex() == at else at)

    def turn(self) -> None:
        """To the next page, round and round."""
        self.setCurrentIndex((self.currentIndex() + 1) % self.count())

    def set_scale(self, scale: float) -> None:
        """Hand it on to every panel."""
        for panel in self._panels:
            panel.set_scale(scale)
