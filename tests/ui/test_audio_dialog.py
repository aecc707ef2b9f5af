from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from livernn.engine.client import Devices
from livernn.ui.audio_dialog import AudioDialog
from livernn.ui.main_window import MainWindow
from tests.ui.fake_client import OUTPUTS, FakeEngineClient, say

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def test_audio_dialog_lists_chooses_refreshes(window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(AudioDialog)
    assert dialog.isVisible()
    assert dialog.outputs.count() == 3
    assert dialog.outputs.currentItem().text() == "System default"
    dialog.outputs.itemClicked.emit(dialog.outputs.item(1))
    assert client.asked("set_audio")[-1] == ("set_audio", "Built-in, ALSA", None, None)
    dialog.ring_depth.activated.emit(dialog.ring_depth.findText("200 ms"))
    assert client.sent[-1] == ("set_depth_ms", 200.0)
    asked = len(client.asked("list_devices"))
    dialog.refresh_asked.emit()
    assert len(client.asked("list_devices")) == asked + 1


def test_audio_dialog_chooses_and_shows_rate_and_block(window: MainWindow, client: FakeEngineClient) -> None:
    dialog = window.dialogs.audio
    assert (dialog.rate.currentText(), dialog.block.currentText()) == ("Device default", "Device default")
    for chooser, text in ((dialog.rate, "44.1 kHz"), (dialog.block, "128 samples")):
        chooser.setCurrentIndex(chooser.findText(text))
        chooser.activated.emit(chooser.currentIndex())
    assert client.asked("set_audio")[-1] == ("set_audio", None, 44100.0, 128)
    client.tell_audio()
    QApplication.processEvents()
    assert (dialog.rate.currentText(), dialog.block.currentText()) == ("44.1 kHz", "128 samples")
    dialog.outputs.itemClicked.emit(dialog.outputs.item(2))
    assert client.asked("set_audio")[-1][2:] == (None, None)
    client.tell_audio()
    QApplication.processEvents()
    assert (dialog.rate.currentText(), dialog.block.currentText()) == ("Device default", "Device default")


def test_audio_dialog_shows_a_rate_and_a_block_that_it_does_not_offer(
    window: MainWindow, client: FakeEngineClient
) -> None:
    dialog = window.dialogs.audio
    window.session.outputs.choose_format(22050.0, 96)
    client.tell_audio()
    QApplication.processEvents()
    assert (dialog.rate.currentText(), dialog.block.currentText()) == ("22.05 kHz", "96 samples")
    chooser = dialog.rate
    assert [chooser.itemText(at) for at in range(chooser.count())] == [
        "Device default", "22.05 kHz", "44.1 kHz", "48 kHz", "88.2 kHz", "96 kHz", "176.4 kHz", "192 kHz",
    ]  # fmt: skip
    chooser.setCurrentText("192 kHz")
    chooser.activated.emit(chooser.currentIndex())
    assert client.asked("set_audio")[-1] == ("set_audio", None, 192000.0, 96)


def test_audio_dialog_lists_the_outputs_of_one_host_api(window: MainWindow, client: FakeEngineClient) -> None:
    dialog = window.dialogs.audio
    window.dialogs.show_audio()
    dialog.host_api.setCurrentText(OUTPUTS[1].host_api)
    dialog.host_api.activated.emit(dialog.host_api.currentIndex())
    built_in, stage = OUTPUTS
    usb = replace(stage, name="USB")
    for devices, names in (
        (OUTPUTS, [None, stage.full_name]),
        ((*OUTPUTS, usb), [None, stage.full_name, usb.full_name]),
        ((built_in,), [None, built_in.full_name]),
    ):
        say(client, Devices(devices))
        shown = [dialog.outputs.item(at).data(Qt.ItemDataRole.UserRole) for at in range(dialog.outputs.count())]
        assert shown == names
        assert dialog.host_api.isVisible() == (len(devices) > 1)
