"""Everything can be reached by the keyboard, and everything says what it is."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QMenu,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from livernn.engine.client import EngineDied, EngineState, NoDevice, StateChanged, Tuning
from livernn.ui.knob import Knob
from livernn.ui.main_window import MainWindow
from tests.ui.fake_client import OUTPUTS, FakeEngineClient, say

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar, QTextEdit,
    Knob,
)  # fmt: skip
SITUATIONS = {
    "in order": (StateChanged(EngineState.PLAYING),),
    "tuning": (Tuning("compiling", 0.4),),
    "no output": (NoDevice("There is none.", OUTPUTS),),
    "dead engine": (EngineDied(-9, "killed"),),
}


def parts(window: QWidget) -> Iterator[QWidget]:
    """What is in sight, apart from the insides of Qt's own widgets."""
    for widget in window.findChildren(QWidget):
        inside = widget.parentWidget()
        while inside is not window and not isinstance(inside, CONTROLS):
            inside = inside.parentWidget()
        if widget.isVisible() and inside is window and widget.window() is window and not isinstance(widget, QScrollBar):
            yield widget


def name(widget: QWidget) -> str:
    """As a screen reader says it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def speaks(widget: QWidget) -> bool:
    """Whether it is of use by itself: a control, or something that shows something."""
    holds_others = bool(widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly))
    return isinstance(widget, CONTROLS) or not (holds_others or type(widget) is QWidget)


def chain(window: QWidget) -> set[QWidget]:
    """What Tab reaches."""
    reached: set[QWidget] = set()
    window.activateWindow()
    window.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Tab)
    while (widget := QApplication.focusWidget()) is not None and widget not in reached:
        reached.add(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    return reached


def flaws(window: QWidget) -> list[str]:
    reached = chain(window)
    wrong = []
    for widget in parts(window):
        what = f"{type(widget).__name__} {name(widget)!r} {widget.objectName()}"
        if speaks(widget) and not name(widget):
            wrong.append(f"no name: {what}")
        control = isinstance(widget, CONTROLS) and widget.isEnabled()
        if control and widget not in reached and widget.focusProxy() not in reached:
            wrong.append(f"not reached by Tab: {what}")
        explained = widget.toolTip() or isinstance(widget, QTabBar) or isinstance(window, QDialog)
        if control and not explained:
            wrong.append(f"no tooltip: {what}")
    return wrong


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_widget_of_every_page_has_a_name_and_is_reached(
    window: MainWindow, client: FakeEngineClient, situation: str
) -> None:
    for event in SITUATIONS[situation]:
        say(client, event)
    for page in range(window.pages.count()):
        window.pages.setCurrentIndex(page)
        QApplication.processEvents()
        assert flaws(window) == []


@pytest.mark.parametrize("dialog", ["show_audio", "show_help", "show_about", "ask_for_title"])
def test_every_widget_of_every_dialog_has_a_name_and_is_reached(window: MainWindow, dialog: str) -> None:
    getattr(window.dialogs, dialog)()
    QApplication.processEvents()
    shown = next(one for one in window.findChildren(QDialog) if one.isVisible())
    assert flaws(shown) == []
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def test_the_menu_opens_and_acts_by_keys(window: MainWindow) -> None:
    menu = window.header.menu
    window.header.menu_button.setFocus()
    menu.popup(window.mapToGlobal(window.rect().center()))
    assert isinstance(menu, QMenu)
    titles = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert all(titles)
    for _ in range(titles.index("Light theme") + 1):
        QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert window.session.settings.theme == "light"


def test_the_walk_finds_what_is_wrong(window: MainWindow) -> None:
    mute = QWidget(window.header)

    class Blank(QWidget):
        pass

    blank = Blank(mute)
    window.transport.reset.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    window.transport.panic.setToolTip("")
    for widget in (mute, blank):
        widget.show()
    found = flaws(window)
    assert sorted(flaw.partition(":")[0] for flaw in found) == sorted(["no tooltip", "not reached by Tab", "no name"])
