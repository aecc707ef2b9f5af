from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from livernn.ui.main_window import MainWindow


class Panel(QWidget):
    scale = 0.0

    def set_scale(self, scale: float) -> None:
        self.scale = scale


def test_a_docked_panel_is_turned_to_and_back(window: MainWindow) -> None:
    panel = Panel()
    window.pages.dock(panel, "Takes", "What was recorded")
    assert window.scopes.isVisible()
    window.pages.toggle(panel)
    assert panel.isVisible()
    assert not window.scopes.isVisible()
    window.pages.toggle(panel)
    assert window.scopes.isVisible()


def test_a_docked_panel_grows_with_the_window(window: MainWindow) -> None:
    panel = Panel()
    window.pages.dock(panel, "Takes", "What was recorded")
    window.resize(2560, 1600)
    QApplication.processEvents()
    assert panel.scale == 2.0


def test_pages_are_turned_by_arrow_keys(window: MainWindow) -> None:
    panel = Panel()
    window.pages.dock(panel, "Takes", "What was recorded")
    bar = window.pages.tabBar()
    bar.setFocus()
    for _ in range(window.pages.count() - 1):
        assert not panel.isVisible()
        QTest.keyClick(bar, Qt.Key.Key_Down)
    assert panel.isVisible()
    QTest.keyClick(bar, Qt.Key.Key_Down)
    assert panel.isVisible()
    QTest.keyClick(bar, Qt.Key.Key_Up)
    assert not panel.isVisible()
