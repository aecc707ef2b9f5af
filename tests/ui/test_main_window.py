from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from livernn.control.params import PARAMS
from livernn.control.trouble import Trouble
from livernn.engine.client import Attempt, EngineDied, EngineState, Failed, NoDevice, Tuning
from livernn.model.checkpoint import random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig
from livernn.ui.main_window import MainWindow
from livernn.ui.scope_panel import ScopePanel
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from livernn.ui.text_dialog import KNOB_KEYS, TextDialog
from livernn.ui.theme import THEMES
from livernn.units import SIDES
from tests.fixtures.stereo import both
from tests.ui.conftest import MakePreset
from tests.ui.fake_client import HEALTHY, LONG_ERROR, OUTPUTS, FakeEngineClient, say

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def drop(window: MainWindow, *paths: Path) -> bool:
    """Whether the window took the drag."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(100, 100), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(100, 100), copy, data, left, none))
    return enter.isAccepted()


def click(button: QWidget) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_space_plays_and_stops(window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert client.sent[-1] == ("play",)
    assert window.transport.play.accessibleName() == "Stop"
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert client.sent[-1] == ("stop",)
    assert window.transport.play.accessibleName() == "Play"


def test_space_plays_whatever_has_the_focus(window: MainWindow, client: FakeEngineClient) -> None:
    for widget in (window.header.presets, window.header.audio, window.transport.knobs["gain_db"]):
        widget.setFocus()
        before = len(client.sent)
        QTest.keyClick(widget, Qt.Key.Key_Space)
        assert client.sent[before:] in ([("play",)], [("stop",)])


def test_no_key_acts_while_typing(window: MainWindow, client: FakeEngineClient) -> None:
    knob = window.transport.knobs["gain_db"]
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Return)
    edit = QApplication.focusWidget()
    before = len(client.sent)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_F):
        QTest.keyClick(edit, key)
    assert client.sent[before:] == []
    assert not window.scopes.freeze.isChecked()


def test_a_new_seed(window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert client.sent[-1] == ("reset", None)


def test_preset_keys_and_list(window: MainWindow, client: FakeEngineClient, session: Session) -> None:
    QTest.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert session.pending.name == "violin"
    assert window.header.presets.currentText() == "violin"
    click(window.header.previous)
    assert session.pending.name == "piano"
    window.header.presets.activated.emit(0)
    assert session.pending.name == "cello"


def test_a_preset_that_fails_to_load_is_no_longer_shown(window: MainWindow, client: FakeEngineClient) -> None:
    click(window.header.next)
    say(client, Failed(Attempt.LOAD, LONG_ERROR))
    assert window.header.presets.currentText() == "piano"
    assert window.banner.message.text() == LONG_ERROR


@pytest.mark.parametrize("key", [Qt.Key.Key_O, Qt.Key.Key_L, Qt.Key.Key_P])
def test_file_keys_open_what_is_chosen(
    window: MainWindow, client: FakeEngineClient, tmp_path: Path, key: Qt.Key
) -> None:
    QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(QFileDialog)
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "song.flac"))
    assert client.sent[-1] == ("prime", tmp_path / "song.flac", 0.0, None)
    dialog.close()


def test_help_names_every_key_and_knob(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    text = window.findChild(TextDialog).page.toPlainText()
    assert window.keys.table
    for key in window.keys.table:
        assert all(sequence in text for sequence in key.keys)
        assert key.effect in text
    for key, _ in KNOB_KEYS:
        assert key in text
    for spec in PARAMS.values():
        assert spec.help in text


def about(window: MainWindow) -> str:
    window.dialogs.show_about()
    dialog = next(one for one in window.findChildren(TextDialog) if one.isVisible())
    text = dialog.page.toPlainText()
    dialog.close()
    return text


def test_about_credits_every_preset(window: MainWindow) -> None:
    text = about(window)
    for name in ("cello", "piano", "violin"):
        assert f"the {name} player" in text
    assert "MIT" in text


def test_about_tells_the_credit_in_the_checkpoint(window: MainWindow, session: Session) -> None:
    config = ModelConfig(sample_rate_hz=8000, frame_sizes=(4, 8), dims=(8, 8, 8))
    checkpoint = random_checkpoint(config)
    credit = {"credit": "Played by\nA. Harpist", "licence": "CC BY 4.0"}
    save_checkpoint(session.preset.checkpoint, config, checkpoint.weights, credit)
    text = about(window)
    assert "Credit: Played by A. Harpist" in text
    assert "CC BY 4.0" in text
    assert "the piano player" in text  # of the card, as it plays


def test_a_preset_without_a_card_says_so(window: MainWindow, session: Session) -> None:
    (session.preset.folder / "CARD.md").unlink()
    assert "piano has no card" in about(window)


def test_full_screen_and_back(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()


def test_enter_presses_the_button_with_the_focus(window: MainWindow, client: FakeEngineClient) -> None:
    window.transport.reset.setFocus()
    QTest.keyClick(window.transport.reset, Qt.Key.Key_Return)
    assert client.sent[-1] == ("reset", None)


def test_every_control_is_reached_by_tab(window: MainWindow) -> None:
    wanted = {*window.transport.knobs.values(), window.transport.play, window.header.presets, window.header.open}
    window.header.presets.setFocus()
    reached = set()
    for _ in range(60):
        reached.add(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert wanted <= reached


def test_a_knob_plays_the_engine_and_a_preset_turns_the_knobs(
    window: MainWindow, client: FakeEngineClient, session: Session
) -> None:
    knob = window.transport.knobs["temperature"]
    assert knob.value == 0.9
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Up)
    assert client.sent[-1] == ("set_param", "temperature", knob.value)
    assert window.header.presets.currentText() == "piano *"
    session.step_preset(1)
    client.tell_loaded()
    QApplication.processEvents()
    assert knob.value == 1.1
    assert window.transport.knobs["gain_db"].value == -6.0
    assert window.header.presets.currentText() == "violin"


def test_drops_load_or_prime(
    window: MainWindow, client: FakeEngineClient, make_preset: MakePreset, tmp_path: Path
) -> None:
    folder = make_preset("harp", tmp_path / "elsewhere")
    assert drop(window, folder)
    assert client.asked("load")[-1][1] == (folder / "model.safetensors").resolve()
    sound = tmp_path / "prime.wav"
    sound.touch()
    assert drop(window, sound)
    assert client.sent[-1] == ("prime", sound, 0.0, None)


def test_a_wrong_drop_is_explained(window: MainWindow, client: FakeEngineClient, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.touch()
    before = len(client.sent)
    assert drop(window, wrong)
    assert "notes.txt" in window.banner.message.text()
    assert window.banner.message.property("kind") == "error"
    assert client.sent[before:] == []
    assert not drop(window)


def test_no_device_is_said_in_one_line_with_list_and_retry(window: MainWindow, client: FakeEngineClient) -> None:
    say(client, NoDevice("There is no output.", OUTPUTS))
    banner = window.banner
    assert banner.message.text() == "There is no output."
    assert banner.remedy.isVisible()
    assert banner.devices.isVisible()
    assert [banner.devices.itemText(at) for at in range(3)] == [
        "System default", "Built-in, ALSA", "Stage interface, JACK Audio Connection Kit",
    ]  # fmt: skip
    banner.devices.activated.emit(2)
    assert client.asked("set_audio")[-1] == ("set_audio", "Stage interface, JACK Audio Connection Kit", None, None)
    client.sent.clear()
    click(banner.remedy)
    assert client.sent == [
        ("list_devices",), ("set_audio", "Stage interface, JACK Audio Connection Kit", None, None),
    ]  # fmt: skip
    client.tell_audio()
    QApplication.processEvents()
    assert not banner.remedy.isVisible()
    assert not banner.devices.isVisible()


def test_a_dead_engine_is_restarted_with_one_click(window: MainWindow, client: FakeEngineClient) -> None:
    client.shown = replace(HEALTHY, state=EngineState.STOPPED)
    say(client, EngineDied(-11, "segmentation fault"))
    assert "segmentation fault" in window.banner.message.text()
    QTest.qWait(300)
    click(window.banner.remedy)
    assert client.asked("restart") == [("restart",)]


def test_tuning_shows_its_progress(window: MainWindow, client: FakeEngineClient) -> None:
    click(window.header.next)
    assert window.banner.progress.maximum() == 0
    say(client, Tuning("compiling", 0.4))
    assert window.banner.progress.isVisible()
    assert window.banner.progress.value() == 400
    client.tell_loaded()
    QApplication.processEvents()
    assert not window.banner.progress.isVisible()


def test_status_and_meter_show_the_engine(window: MainWindow, client: FakeEngineClient) -> None:
    client.shown = replace(
        HEALTHY,
        state=EngineState.PLAYING,
        real_time_factor=0.8,
        underruns=3,
        guard_returns=2,
        guard_trouble=Trouble.LOOPING,
        peaks_db=(-9.0, -0.1),
        limiter_gain_db=-4.0,
    )
    QTest.qWait(300)
    status = window.status
    shown = [cell.value.text() for cell in (status.speed, status.ring, status.underruns, status.xruns, status.model)]
    assert shown == ["0.8 ×", "58 / 60 ms", "3", "0", "16 kHz"]
    assert status.guard.value.text() == "2 loop"
    assert status.speed.value.property("alarm")
    assert status.underruns.value.property("alarm")
    assert not status.xruns.value.property("alarm")
    assert "Built-in" in status.output.value.text()
    assert "48 kHz" in status.output.value.text()
    assert window.meter.over
    assert window.meter.limiting


def test_what_the_gpu_takes_is_shown_where_one_plays(window: MainWindow, client: FakeEngineClient) -> None:
    window.show()
    QTest.qWait(300)
    assert not window.status.gpu.isVisible()
    client.shown = replace(HEALTHY, state=EngineState.PLAYING, gpu_ms=0.83)
    QTest.qWait(300)
    assert window.status.gpu.isVisible()
    assert window.status.gpu.value.text() == "0.8 ms"


def test_scopes_show_what_was_heard_and_freeze(window: MainWindow, client: FakeEngineClient) -> None:
    client.heard = both(np.sin(np.arange(1 << 16) * 0.05))
    QTest.qWait(100)
    loud = window.scopes.waveform.grab().toImage()
    QTest.keyClick(window, Qt.Key.Key_F)
    client.heard = np.zeros((1 << 16, SIDES), np.float32)
    QTest.qWait(100)
    assert window.scopes.waveform.grab().toImage() == loud
    QTest.keyClick(window, Qt.Key.Key_F)
    QTest.qWait(100)
    assert window.scopes.waveform.grab().toImage() != loud


def test_scopes_are_never_blank_in_silence(window: MainWindow) -> None:
    view = window.scopes.waveform
    for change in (window.showMaximized, window.showNormal, window.next_theme, lambda: window.resize(1100, 700)):
        QTest.qWait(100)
        change()
        QTest.qWait(100)
        image, accent = view.grab().toImage(), view.palette().color(QPalette.ColorRole.Highlight)
        middle = [image.pixelColor(image.width() // 2, y) for y in range(image.height())]
        assert accent in middle


def test_scopes_let_drops_through(window: MainWindow) -> None:
    at = window.scopes.mapTo(window, window.scopes.waveform.geometry().center())
    hit = window.childAt(at)
    while hit is not None and not hit.acceptDrops():
        hit = hit.parentWidget()
    assert hit is window


@pytest.mark.parametrize("rate_hz", [8000.0, 44100.0, 192000.0])
def test_scopes_take_any_rate(window: MainWindow, client: FakeEngineClient, rate_hz: float) -> None:
    client.heard = both(np.random.default_rng(0).normal(size=1 << 19))
    client.shown = replace(HEALTHY, device_rate_hz=rate_hz)
    for at in range(window.scopes.span.count()):
        window.scopes.span.activated.emit(at)
        QTest.qWait(40)
    assert window.scopes.spectrum.grab().toImage().isNull() is False


def test_theme_span_and_place_are_remembered(window: MainWindow) -> None:
    names = list(THEMES)
    for expected in (*names[1:], names[0], names[1]):
        QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        assert Settings().theme == expected
    choosers = window.scopes.span, window.scopes.trigger, window.scopes.range, window.scopes.decay
    for chooser in choosers:
        chooser.setCurrentIndex(chooser.count() - 1)
        chooser.activated.emit(chooser.count() - 1)
    again = ScopePanel(Settings())
    shown = [one.currentText() for one in (again.span, again.trigger, again.range, again.decay)]
    assert shown == ["1 s", "↑ 0.3", "120 dB", "360 dB/s"]
    window.close()
    assert Settings().geometry == window.saveGeometry()


def test_closing_the_window_ends_the_engine(window: MainWindow, client: FakeEngineClient) -> None:
    window.close()
    assert client.sent[-1] == ("close",)
