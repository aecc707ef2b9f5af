"""Recording and takes in the window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QListWidget

from livernn.control.take_card import LOG_BEGIN, TakeCard, card_line
from livernn.control.takes import takes_folder
from livernn.engine.client import Attempt, AuditionEnded, DeviceLost, Failed, TakeBegun, TakeEnded
from livernn.ui.main_window import MainWindow
from livernn.ui.record_button import as_clock
from livernn.wavfile import write_wav
from tests.ui.fake_client import HEALTHY, FakeEngineClient, say

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

RATE_HZ = 1000


def put_take(name: str, minute: int = 0) -> Path:
    folder = takes_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.wav"
    write_wav(path, np.linspace(0.0, 0.5, 4000, dtype=np.float32), RATE_HZ)
    card = TakeCard(f"2026-11-21T03:{minute:02}:00+01:00", "Piano", RATE_HZ, 1, 0, "test")
    path.with_suffix(".json").write_bytes(card_line(card) + LOG_BEGIN + b"]}\n")
    return path


@pytest.fixture
def takes(qtbot: object, window: MainWindow, client: FakeEngineClient) -> QListWidget:
    """Two takes, the newer first; the page is open and the first is chosen."""
    put_take("older", 1)
    say(client, TakeEnded(str(put_take("newer", 2)), 4.0, 0))
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert window.takes.isVisible()
    window.takes.list.setFocus()
    return window.takes.list


def names(window: MainWindow) -> list[str]:
    return [take.name for take in window.session.recordings.sounds]


def type_into(field: object, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_r_records_and_ends_the_take(window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyClick(window, Qt.Key.Key_R)
    assert client.sent[-1] == ("record", takes_folder(), "piano")
    say(client, TakeBegun("/takes/now.wav", 60.0))
    assert "60 s before" in window.banner.message.text()
    QTest.mouseClick(window.transport.record, Qt.MouseButton.LeftButton)
    assert client.sent[-1] == ("stop_recording",)
    say(client, TakeEnded("/takes/now.wav", 61.5, 0))
    assert "now, 61.5 s" in window.banner.message.text()
    QTest.keyClick(window, Qt.Key.Key_R)
    assert client.sent[-1][0] == "record"
    say(client, TakeBegun("/takes/new.wav", 0.0))
    assert window.banner.message.text() == "Recording."


def test_the_light_shines_beside_the_time_since(window: MainWindow, client: FakeEngineClient) -> None:
    record = window.transport.record
    dark = record.grab().toImage()
    client.shown = replace(HEALTHY, recorded_s=65.2)
    QTest.qWait(300)
    assert record.accessibleName() == "End the take, 1:05"
    assert record.grab().toImage() != dark
    client.shown = HEALTHY
    QTest.qWait(300)
    assert record.accessibleName() == "Record"
    assert record.grab().toImage() == dark


def test_a_lost_device_closes_the_take_and_the_remedy_stays(window: MainWindow, client: FakeEngineClient) -> None:
    say(client, TakeBegun("/takes/now.wav", 0.0))
    say(client, DeviceLost("it is gone."))
    say(client, TakeEnded("/takes/now.wav", 2.0, 0))
    assert "it is gone" in window.banner.message.text()
    assert "Take kept" in window.banner.message.text()
    assert window.banner.remedy.isVisible()
    say(client, TakeEnded("/takes/later.wav", 2.0, 0))
    assert window.banner.message.text() == "it is gone.  –  Take kept: later, 2.0 s"


def test_lost_sound_is_told(window: MainWindow, client: FakeEngineClient) -> None:
    say(client, TakeBegun("/takes/now.wav", 0.0))
    say(client, TakeEnded("/takes/now.wav", 2.0, 512))
    assert "512 samples of it are lost" in window.banner.message.text()


def test_a_take_that_cannot_be_begun_is_told(window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyClick(window, Qt.Key.Key_R)
    say(client, Failed(Attempt.RECORD, "take: the disk is full."))
    assert "disk is full" in window.banner.message.text()
    QTest.keyClick(window, Qt.Key.Key_R)
    assert len(client.asked("record")) == 2


def test_a_dead_take_writer_does_not_keep_the_next_take_from_beginning(
    window: MainWindow, client: FakeEngineClient
) -> None:
    path = put_take("cut off")
    say(client, TakeBegun(str(path), 0.0))
    say(client, Failed(Attempt.RECORD, "take writer: it ended."))
    assert names(window) == ["cut off"]
    QTest.keyClick(window, Qt.Key.Key_R)
    assert client.sent[-1][0] == "record"


def test_takes_are_listed_with_name_length_preset_and_date(window: MainWindow, takes: QListWidget) -> None:
    assert [takes.item(row).text() for row in range(takes.count())] == [
        "newer\n0:04   Piano   21 Nov 2026 03:02",
        "older\n0:04   Piano   21 Nov 2026 03:01",
    ]
    assert window.takes.name.text() == "newer"
    assert (window.takes.begin.text(), window.takes.end.text()) == ("0.000", "4.000")


def test_without_takes_the_list_says_how_to_record(window: MainWindow) -> None:
    assert "R records" in window.takes.list.item(0).text()
    assert not window.takes.listen.isEnabled()


def test_the_take_under_way_is_not_on_the_list(window: MainWindow, client: FakeEngineClient) -> None:
    under_way = put_take("under way")
    say(client, TakeBegun(str(under_way), 0.0))
    window.session.recordings.undo()
    assert names(window) == []
    say(client, TakeEnded(str(under_way), 4.0, 0))
    assert names(window) == ["under way"]


def test_enter_listens_and_stops(window: MainWindow, client: FakeEngineClient, takes: QListWidget) -> None:
    path = takes_folder() / "newer.wav"
    type_into(window.takes.begin, "1")
    QTest.keyClick(takes, Qt.Key.Key_Return)
    assert client.sent[-1] == ("audition", path, 1.0, 4.0)
    assert window.takes.listen.text() == "Stop"
    QTest.keyClick(takes, Qt.Key.Key_Return)
    assert client.sent[-1] == ("stop_audition",)
    say(client, AuditionEnded(str(path)))
    assert window.takes.listen.text() == "Listen"


def test_another_take_takes_over_the_audition(window: MainWindow, client: FakeEngineClient, takes: QListWidget) -> None:
    QTest.mouseClick(window.takes.listen, Qt.MouseButton.LeftButton)
    QTest.keyClick(takes, Qt.Key.Key_Down)
    assert window.takes.listen.text() == "Listen"
    QTest.mouseClick(window.takes.listen, Qt.MouseButton.LeftButton)
    assert client.sent[-1][1] == takes_folder() / "older.wav"
    say(client, AuditionEnded(str(takes_folder() / "newer.wav")))
    assert window.takes.listen.text() == "Stop"


def test_f2_renames(window: MainWindow, takes: QListWidget) -> None:
    QTest.keyClick(takes, Qt.Key.Key_F2)
    assert QApplication.focusWidget() is window.takes.name
    type_into(window.takes.name, "The good one")
    assert names(window) == ["The good one", "older"]
    assert window.takes.chosen.name == "The good one"
    type_into(window.takes.name, "older")
    assert names(window) == ["The good one", "older"]
    assert "another take has it" in window.banner.message.text()
    assert window.takes.name.text() == "The good one"


def test_trimming_shows_and_can_be_undone_by_typing(qtbot: object, window: MainWindow, takes: QListWidget) -> None:
    qtbot.waitUntil(lambda: window.takes.outline._peaks.size > 0)
    whole = window.takes.outline.grab().toImage()
    type_into(window.takes.begin, "1,5")
    type_into(window.takes.end, "2.25")
    assert window.takes.chosen.kept == (1500, 2250)
    assert "0:00" in takes.item(0).text()
    assert window.takes.outline.grab().toImage() != whole
    type_into(window.takes.end, "9")
    assert window.takes.end.text() == "4.000"
    for nonsense in ("nan", "inf", "x", "9"):
        type_into(window.takes.begin, nonsense)
        assert window.takes.begin.text() == "1.500"


def test_delete_and_undo(window: MainWindow, client: FakeEngineClient, takes: QListWidget) -> None:
    QTest.keyClick(takes, Qt.Key.Key_Delete)
    assert names(window) == ["older"]
    assert "Ctrl+Z" in window.banner.message.text()
    assert window.takes.chosen.name == "older"
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(window) == ["newer", "older"]
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(window) == ["newer", "older"]


def test_deleting_stops_listening(window: MainWindow, client: FakeEngineClient, takes: QListWidget) -> None:
    QTest.keyClick(takes, Qt.Key.Key_Return)
    QTest.mouseClick(window.takes.delete, Qt.MouseButton.LeftButton)
    assert client.sent[-1] == ("stop_audition",)


def test_export_writes_what_is_kept_normalised_if_asked(
    qtbot: object, window: MainWindow, takes: QListWidget, tmp_path: Path
) -> None:
    type_into(window.takes.begin, "1")
    type_into(window.takes.end, "2")
    for normalise in (False, True):
        window.takes.normalise.setChecked(normalise)
        QTest.mouseClick(window.takes.export, Qt.MouseButton.LeftButton)
        (dialog,) = (one for one in window.findChildren(QFileDialog) if one.isVisible())
        target = tmp_path / f"out {normalise}.wav"
        dialog.fileSelected.emit(str(target))
        dialog.reject()
        QApplication.processEvents()
        qtbot.waitUntil(lambda: "Written" in window.banner.message.text())
        audio, rate_hz = soundfile.read(target)
        assert (audio.size, rate_hz) == (1000, RATE_HZ)
        assert np.abs(audio).max() == pytest.approx(10 ** (-1 / 20) if normalise else 0.25, abs=0.001)
        window.banner.show_notice(window.session.notice.__class__(window.session.notice.kind, ""))
    window.session.recordings.export(window.takes.chosen, tmp_path / "none" / "out.wav", normalise=False)
    qtbot.waitUntil(lambda: "folder does not exist" in window.banner.message.text())


def test_the_outline_is_drawn(qtbot: object, window: MainWindow, takes: QListWidget) -> None:
    qtbot.waitUntil(lambda: window.takes.outline._peaks.size > 0)
    assert window.takes.outline._peaks.max() == pytest.approx(0.5, abs=0.001)


def test_no_key_acts_while_a_name_is_typed(window: MainWindow, client: FakeEngineClient, takes: QListWidget) -> None:
    before = len(client.sent)
    window.takes.name.setFocus()
    QTest.keyClicks(window.takes.name, "r f")
    QTest.keyClick(window.takes.name, Qt.Key.Key_Escape)
    assert client.sent[before:] == []
    assert names(window) == ["newer", "older"]


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0:00"), (65.9, "1:05"), (3600.0, "1:00:00")])
def test_a_clock(seconds: float, text: str) -> None:
    assert as_clock(seconds) == text
