"""Which microphone it is, whether there is one, and how loud it is, on a fake engine."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from livernn.engine.client import (
    Attempt,
    Device,
    EngineDied,
    Failed,
    Listening,
    ListeningEnded,
    MicrophoneClosed,
    MicrophoneOpened,
    Microphones,
)
from livernn.ui import hold
from livernn.ui.input_meter import InputMeter
from livernn.ui.main_window import MainWindow
from livernn.ui.microphone_panel import DEFAULT, MIX, OFF, MicrophonePanel
from livernn.ui.notice import WELCOME, Kind
from livernn.ui.session import Session
from livernn.ui.settings import MicrophoneChoice, Settings
from tests.ui.fake_client import HEALTHY, FakeEngineClient, say

MICROPHONE = Device("Scarlett", "ALSA", 2, 48000.0, True)
OPENED = MicrophoneOpened("Scarlett", "ALSA", 48000.0, 2, 4.0)
NAME = MICROPHONE.full_name
NOBODY = "There is no input device."


def choices(panel: MicrophonePanel) -> list[str]:
    return [panel.inputs.itemText(at) for at in range(panel.inputs.count())]


def lists(client: FakeEngineClient) -> int:
    return len(client.asked("list_microphones"))


@pytest.fixture
def panel(window: MainWindow, client: FakeEngineClient) -> MicrophonePanel:
    """On the page that is shown; there is no input."""
    say(client, Microphones(()))
    window.pages.toggle(window.primes)
    QApplication.processEvents()
    say(client, Microphones(()))
    return window.primes.microphone


def test_the_microphone_is_chosen_and_remembered_by_name(panel: MicrophonePanel, client: FakeEngineClient) -> None:
    assert panel.state.text() == NOBODY
    say(client, Microphones((MICROPHONE,)))
    assert choices(panel) == [OFF, DEFAULT, NAME]
    panel.inputs.activated.emit(2)
    assert client.sent[-1] == ("set_microphone", NAME, True, None)
    say(client, OPENED)
    assert panel.state.text() == "Scarlett, ALSA, 48000 Hz, 4 ms"
    assert Settings().microphone == MicrophoneChoice(True, NAME)
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert ("set_microphone", NAME, True, None) in again.client.sent
    panel.inputs.activated.emit(0)
    say(client, MicrophoneClosed())
    assert Settings().microphone == MicrophoneChoice(False, NAME)
    panel.duck.activated.emit(0)
    QTest.keyPress(panel.window(), Qt.Key.Key_L)
    assert client.sent[-1][2] == 0.0
    assert Settings().duck_db == 0.0


def test_a_channel_is_chosen_and_remembered_with_its_microphone(
    panel: MicrophonePanel, client: FakeEngineClient
) -> None:
    other = Device("Built-in", "ALSA", 1, 44100.0, False)
    say(client, Microphones((MICROPHONE, other)))
    assert not panel.channels.isEnabled()
    panel.inputs.activated.emit(2)
    say(client, OPENED)
    assert [panel.channels.itemText(at) for at in range(panel.channels.count())] == [MIX, "Channel 1", "Channel 2"]
    panel.channels.activated.emit(2)
    assert client.sent[-1] == ("set_microphone", NAME, True, 2)
    say(client, OPENED)
    assert panel.channels.currentText() == "Channel 2"
    panel.inputs.activated.emit(3)
    assert client.sent[-1] == ("set_microphone", other.full_name, True, None)
    say(client, MicrophoneOpened(other.name, other.host_api, 44100.0, 1, 4.0))
    assert panel.channels.currentText() == MIX
    panel.inputs.activated.emit(2)
    assert client.sent[-1] == ("set_microphone", NAME, True, 2)
    say(client, OPENED)
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.client.asked("set_microphone") == [("set_microphone", NAME, True, 2)]
    panel.channels.activated.emit(0)
    say(client, OPENED)
    assert Settings().microphone == MicrophoneChoice(True, NAME)


def test_the_first_hold_opens_the_microphone_that_was_closed(qapp: QApplication, presets: None) -> None:
    Settings().microphone = MicrophoneChoice(on=False, device=NAME, channel=2)
    again = Session(FakeEngineClient, Settings())
    again.start(None, None)
    assert again.client.asked("set_microphone") == [("set_microphone", NAME, False, 2)]


@pytest.mark.parametrize("spoilt", [0, -1, "two", None, True])
def test_a_channel_spoilt_by_hand_is_the_mix(qapp: QApplication, spoilt: object) -> None:
    settings = Settings()
    settings.microphone = MicrophoneChoice(True, NAME, 2)
    settings._write("microphone_channels", {NAME: spoilt})
    assert Settings().microphone == MicrophoneChoice(True, NAME)


def test_no_microphone_is_one_line(qtbot: QtBot, window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyPress(window, Qt.Key.Key_L)
    say(client, MicrophoneClosed("audio: there is no input device. Connect one."))
    assert window.session.notice.kind is Kind.ERROR
    assert window.session.notice.text == "audio: there is no input device. Connect one."
    QTest.keyRelease(window, Qt.Key.Key_L)
    qtbot.wait(4 * hold.REPEAT_MS)
    assert client.asked("stop_listening") == []


def test_with_a_dead_engine_nothing_listens(window: MainWindow, client: FakeEngineClient) -> None:
    say(client, OPENED)
    say(client, Listening("x"))
    say(client, EngineDied(-9, "killed"))
    assert window.session.priming.listening is None
    assert window.session.priming.microphone is None


def test_what_is_listened_to_is_metered_on_any_page(qtbot: QtBot, window: MainWindow, client: FakeEngineClient) -> None:
    client.shown = replace(HEALTHY, microphone_db=-6.0)
    qtbot.waitUntil(lambda: "in order" in window.banner.microphone.accessibleDescription())
    for page in range(window.pages.count()):
        window.pages.setCurrentIndex(page)
        assert not window.banner.microphone.isVisible()
        say(client, Listening("phrase.wav"))
        assert window.banner.microphone.isVisible()
        say(client, ListeningEnded("phrase.wav"))
    say(client, Listening("phrase.wav"))
    client.shown = replace(HEALTHY, microphone_clipped=3)
    qtbot.waitUntil(lambda: window.banner.microphone.clipping)
    say(client, EngineDied(-9, "killed"))
    assert not window.banner.microphone.isVisible()


def test_clipping_while_nobody_looked_is_no_news(qtbot: QtBot, window: MainWindow, client: FakeEngineClient) -> None:
    client.shown = replace(HEALTHY, microphone_clipped=3)
    meter = window.primes.microphone.meter
    qtbot.waitUntil(lambda: meter.clipping)
    meter.feed(client.shown, 3.0)
    window.pages.toggle(window.primes)
    qtbot.wait(50)
    assert not meter.clipping


def test_clipping_is_shown_for_a_while(qapp: QApplication) -> None:
    meter = InputMeter()
    meter.feed(replace(HEALTHY, microphone_db=-6.0), 0.1)
    assert not meter.clipping
    too_loud = replace(HEALTHY, microphone_clipped=3)
    meter.feed(too_loud, 0.1)
    assert meter.clipping
    assert meter.accessibleDescription() == "too loud"
    meter.feed(too_loud, 2.1)
    assert not meter.clipping


def test_what_was_missed_is_shown_for_a_while(qtbot: QtBot, window: MainWindow, client: FakeEngineClient) -> None:
    meter = window.primes.microphone.meter
    client.shown = replace(HEALTHY, microphone_xruns=1)
    qtbot.waitUntil(lambda: meter.dropping)
    assert not meter.clipping
    assert meter.accessibleDescription() == "dropping sound"
    meter.feed(client.shown, 2.1)
    assert not meter.dropping
    assert meter.accessibleDescription() == "in order"


def test_the_page_lists_microphones_when_it_is_opened(window: MainWindow, client: FakeEngineClient) -> None:
    say(client, Microphones(()))
    assert lists(client) == 1
    window.pages.toggle(window.primes)
    assert lists(client) == 2
    assert window.primes.microphone.state.text() == NOBODY
    say(client, Microphones((MICROPHONE,)))
    assert window.primes.microphone.state.text() != NOBODY
    assert choices(window.primes.microphone) == [OFF, DEFAULT, NAME]


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_an_open_list_takes_up_what_is_plugged_in(panel: MicrophonePanel, client: FakeEngineClient) -> None:
    say(client, Microphones((MICROPHONE,)))
    before = lists(client)
    panel.inputs.showPopup()
    assert lists(client) == before + 1
    other = Device("Built-in", "ALSA", 2, 44100.0, False)
    say(client, Microphones((MICROPHONE, other)))
    assert panel.inputs.view().isVisible()
    assert choices(panel) == [OFF, DEFAULT, NAME, other.full_name]
    assert lists(client) == before + 1
    QTest.keyClicks(panel.inputs.view(), "Built")
    QTest.keyClick(panel.inputs.view(), Qt.Key.Key_Return)
    assert client.sent[-1] == ("set_microphone", other.full_name, True, None)
    assert not panel.inputs.view().isVisible()


def test_they_are_looked_for_while_there_is_none_and_the_page_is_in_sight(
    qtbot: QtBot, window: MainWindow, panel: MicrophonePanel, client: FakeEngineClient
) -> None:
    panel.findChild(QTimer).setInterval(1)
    before = lists(client)
    qtbot.waitUntil(lambda: lists(client) == before + 1)
    qtbot.wait(20)
    assert lists(client) == before + 1
    say(client, Failed(Attempt.MICROPHONES, "audio: it does not answer. Restart it."))
    assert panel.state.text() == "audio: it does not answer. Restart it."
    assert window.session.notice == WELCOME
    qtbot.waitUntil(lambda: lists(client) == before + 2)
    say(client, Microphones((MICROPHONE,)))
    assert panel.state.text() == "No microphone is open. L opens one."
    qtbot.wait(20)
    assert lists(client) == before + 2
    window.pages.turn()
    say(client, Microphones(()))
    qtbot.wait(20)
    assert lists(client) == before + 2


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_list_that_is_renewed_keeps_the_place_that_was_typed(
    panel: MicrophonePanel, client: FakeEngineClient
) -> None:
    say(client, Microphones((MICROPHONE,)))
    panel.inputs.showPopup()
    QTest.keyClicks(panel.inputs.view(), MICROPHONE.name)
    say(client, Microphones((Device("Built-in", "ALSA", 2, 44100.0, False), MICROPHONE)))
    QTest.keyClick(panel.inputs.view(), Qt.Key.Key_Return)
    assert client.sent[-1] == ("set_microphone", NAME, True, None)


def test_a_lost_microphone_is_looked_for_and_opened_when_it_is_back(
    panel: MicrophonePanel, client: FakeEngineClient
) -> None:
    say(client, Microphones((MICROPHONE,)))
    panel.inputs.activated.emit(2)
    say(client, OPENED)
    before = lists(client)
    say(client, MicrophoneClosed("Scarlett: it hears no more."))
    assert lists(client) == before + 1
    say(client, Microphones(()))
    assert choices(panel) == [OFF, DEFAULT, NAME]
    assert panel.state.text() == NOBODY
    client.sent.clear()
    say(client, Microphones((MICROPHONE,)))
    assert client.sent == [("set_microphone", NAME, True, None)]
    say(client, MicrophoneClosed("Scarlett: it is in use."))
    say(client, Microphones((MICROPHONE,)))
    assert client.asked("set_microphone") == [("set_microphone", NAME, True, None)]


def test_a_new_engine_is_asked_for_microphones(
    session: Session, panel: MicrophonePanel, client: FakeEngineClient
) -> None:
    say(client, EngineDied(-9, "killed"))
    client.sent.clear()
    session.restart()
    assert [command[0] for command in client.sent] == ["restart", "list_devices", "list_microphones"]
    say(client, Microphones((MICROPHONE,)))
    assert choices(panel) == [OFF, DEFAULT, NAME]
