"""The keys of the window, and where they act. Keys come as from the window system, by way of the active window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from livernn.ui.main_window import MainWindow
from livernn.ui.save_dialog import SaveDialog
from tests.ui.fake_client import FakeEngineClient
from tests.ui.test_takes import put_take

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def strike(key: Qt.Key) -> None:
    """On whatever has the focus."""
    active = QApplication.focusWindow()
    assert active is not None
    QTest.keyClick(active, key)


Ask = Callable[[str], QDialog]


def activate(qtbot: QtBot, window: QWidget) -> None:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWindow() == window.windowHandle())


@pytest.fixture
def ask(qtbot: QtBot, window: MainWindow) -> Ask:
    """Opens a dialog and makes it the active window."""

    def ask(name: str) -> QDialog:
        getattr(window.dialogs, name)()
        (dialog,) = [one for one in window.findChildren(QDialog) if one.isVisible()]
        activate(qtbot, dialog)
        return dialog

    return ask


def test_panic_silences_once_at_each_press(window: MainWindow, client: FakeEngineClient) -> None:
    client.sent.clear()
    for presses in (1, 2):
        strike(Qt.Key.Key_Escape)
        assert client.sent == [("panic",)] * presses


def test_panic_silences_while_typing_and_ends_that(window: MainWindow, client: FakeEngineClient) -> None:
    window.transport.knobs["gain_db"].setFocus()
    strike(Qt.Key.Key_Return)
    edit = QApplication.focusWidget()
    assert isinstance(edit, QLineEdit)
    strike(Qt.Key.Key_Escape)
    assert client.sent[-1:] == [("panic",)]
    assert not edit.isVisible()


def open_list(window: MainWindow) -> QWidget:
    window.header.presets.showPopup()
    return window.header.presets.view()


def open_menu(window: MainWindow) -> QWidget:
    window.header.menu.popup(window.mapToGlobal(window.rect().center()))
    return window.header.menu


@pytest.mark.parametrize("popup", [open_list, open_menu])
def test_panic_silences_beside_an_open_list(
    window: MainWindow, client: FakeEngineClient, popup: Callable[[MainWindow], QWidget]
) -> None:
    shown = popup(window)
    QApplication.processEvents()
    client.sent.clear()
    strike(Qt.Key.Key_Escape)
    assert client.sent == [("panic",)]
    assert not shown.isVisible()


@pytest.mark.parametrize("popup", [open_list, open_menu])
def test_other_keys_are_left_to_an_open_list(
    window: MainWindow, client: FakeEngineClient, popup: Callable[[MainWindow], QWidget]
) -> None:
    shown = popup(window)
    QApplication.processEvents()
    client.sent.clear()
    for key in (Qt.Key.Key_R, Qt.Key.Key_L):
        strike(key)
    assert client.sent == []
    shown.window().close()


@pytest.mark.parametrize("dialog", ["show_audio", "show_help", "show_about", "ask_for_title", "ask_for_file"])
def test_panic_silences_from_every_dialog_and_closes_it(
    ask: Ask, window: MainWindow, client: FakeEngineClient, dialog: str
) -> None:
    shown = ask(dialog)
    assert isinstance(shown, QFileDialog) == (dialog == "ask_for_file")
    client.sent.clear()
    strike(Qt.Key.Key_Escape)
    assert client.sent == [("panic",)]
    assert not any(one.isVisible() for one in window.findChildren(QDialog))


def test_panic_silences_from_the_dialog_that_asks_where_to_export(
    qtbot: QtBot, window: MainWindow, client: FakeEngineClient
) -> None:
    put_take("first")
    window.session.recordings._refresh()
    window.pages.toggle(window.takes)
    window.takes.list.setCurrentRow(0)
    window.takes.export.click()
    (dialog,) = (one for one in window.findChildren(QFileDialog) if one.isVisible())
    assert [path.endswith("first.wav") for path in dialog.selectedFiles()] == [True]
    assert Path.home() in [Path(url.toLocalFile()) for url in dialog.sidebarUrls()]
    assert dialog.findChild(QSplitter).sizes()[0] > 150
    activate(qtbot, dialog)
    client.sent.clear()
    strike(Qt.Key.Key_Escape)
    assert client.sent == [("panic",)]


def test_no_dialog_is_the_systems_which_would_keep_panic_to_itself(window: MainWindow) -> None:
    assert QApplication.testAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)


@pytest.mark.parametrize("dialog", ["show_audio", "show_help", "show_about"])
def test_other_keys_act_in_dialogs_beside_the_window(ask: Ask, client: FakeEngineClient, dialog: str) -> None:
    shown = ask(dialog)
    for widget in (shown, *shown.findChildren(QWidget)):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            widget.setFocus()
            client.sent.clear()
            strike(Qt.Key.Key_Space)
            strike(Qt.Key.Key_R)
            assert [command[0] for command in client.sent] in (["play", "record"], ["stop", "record"]), widget
    shown.close()


def test_in_a_dialog_that_asks_for_a_name_only_panic_acts(ask: Ask, client: FakeEngineClient) -> None:
    shown = ask("ask_for_title")
    assert isinstance(shown, SaveDialog)
    shown.title.setFocus()
    shown.title.clear()
    client.sent.clear()
    for key in (Qt.Key.Key_R, Qt.Key.Key_Space, Qt.Key.Key_L):
        strike(key)
    assert client.sent == []
    assert shown.title.text() == "r l"


def test_the_microphone_is_held_and_let_go_in_a_dialog(
    qtbot: QtBot, ask: Ask, window: MainWindow, client: FakeEngineClient
) -> None:
    shown = ask("show_help")
    active = QApplication.focusWindow()
    QTest.keyPress(active, Qt.Key.Key_L)
    assert client.sent[-1][0] == "listen"
    shown.close()
    activate(qtbot, window)
    assert client.sent[-1] == ("stop_listening",)
