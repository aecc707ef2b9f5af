"""The page of primes and the microphone, on a fake engine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from livernn.control.actions import Action
from livernn.control.changes import Act
from livernn.control.primes import KeptPrime, PrimeShelf, primes_folder
from livernn.engine.client import (
    Attempt,
    AuditionEnded,
    Event,
    Failed,
    Listening,
    ListeningEnded,
    MicrophoneOpened,
    Primed,
)
from livernn.ui import hold
from livernn.ui.main_window import MainWindow
from livernn.ui.prime_panel import PrimePanel
from livernn.ui.session import Session
from livernn.wavfile import write_wav
from tests.ui.fake_client import FakeEngineClient, say

OPENED = MicrophoneOpened("Scarlett", "ALSA", 48000.0, 2, 4.0)


def keep(name: str, seconds: float = 2.0) -> Path:
    path = PrimeShelf(primes_folder()).free_path(name)
    write_wav(path, np.linspace(0.0, 0.5, round(8000 * seconds), dtype=np.float32), 8000)
    return path


@pytest.fixture
def bells(presets: None) -> Path:
    """On the shelf before the session begins."""
    return keep("bells")


@pytest.fixture
def page(bells: Path, window: MainWindow) -> PrimePanel:
    window.pages.toggle(window.primes)
    QApplication.processEvents()
    return window.primes


def shown(page: PrimePanel) -> list[str]:
    return [page.list.item(at).text() for at in range(page.list.count())]


def wait_for(qtbot: object, fits: object) -> None:
    qtbot.waitUntil(fits)


def test_an_empty_shelf_says_what_to_do(window: MainWindow) -> None:
    (line,) = shown(window.primes)
    assert "hold L" in line
    assert not window.primes.go_on.isEnabled()


def test_a_prime_is_continued_as_it_is_trimmed(
    qtbot: object, page: PrimePanel, client: FakeEngineClient, bells: Path
) -> None:
    assert shown(page) == ["bells   2.0 s"]
    page.begin.setText("0,5")
    page.begin.editingFinished.emit()
    assert shown(page) == ["bells   1.5 s"]
    page.go_on.click()
    assert client.sent[-1] == ("prime", bells, 0.5, 2.0)
    page.end.setText("one")
    page.end.editingFinished.emit()
    assert page.end.text() == "2.000"
    page.end.setText("0.4")
    page.end.editingFinished.emit()
    assert "nothing would be left" in page.window().session.notice.text
    wait_for(qtbot, lambda: page.outline._peaks.size > 0)
    assert page.outline._peaks.max() == pytest.approx(0.5, abs=0.01)


def test_a_prime_is_previewed(page: PrimePanel, client: FakeEngineClient, bells: Path) -> None:
    page.listen.click()
    assert client.sent[-1] == ("audition", bells, 0.0, 2.0)
    assert page.listen.text() == "Stop"
    page.listen.click()
    assert client.sent[-1] == ("stop_audition",)
    say(client, AuditionEnded(str(bells)))
    assert page.listen.text() == "Preview"


def test_names_and_deleting(page: PrimePanel, bells: Path) -> None:
    page.name.setText("chimes")
    page.name.editingFinished.emit()
    assert shown(page) == ["chimes   2.0 s"]
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    assert page.chosen is None
    assert "hold L" in shown(page)[0]
    QTest.keyClick(page.window(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown(page) == ["chimes   2.0 s"]
    page.delete.click()
    page.undo.click()
    assert shown(page) == ["chimes   2.0 s"]


def test_a_dropped_sound_is_continued_and_kept_once(
    qtbot: object, page: PrimePanel, session: Session, client: FakeEngineClient, tmp_path: Path
) -> None:
    song = tmp_path / "song.wav"
    write_wav(song, np.zeros((8000, 2), np.float32), 8000)
    for _ in range(2):
        session.open(song)
        assert client.sent[-1] == ("prime", song, 0.0, None)
        with qtbot.waitSignal(session.priming.changed):
            pass
    assert shown(page)[0] == "song   1.0 s"
    assert len(shown(page)) == 2
    session.open(tmp_path / "gone.wav")
    assert client.sent[-1] == ("prime", tmp_path / "gone.wav", 0.0, None)


def test_the_key_listens_while_it_is_held(qtbot: object, window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyPress(window, Qt.Key.Key_L)
    _, path, duck_db = client.sent[-1]
    assert (path.parent, duck_db) == (primes_folder(), 12.0)
    say(client, OPENED)
    say(client, Listening(str(path)))
    assert "Let go" in window.session.notice.text
    keep(path.stem)
    assert window.primes.chosen is None
    QTest.keyRelease(window, Qt.Key.Key_L)
    wait_for(qtbot, lambda: client.sent[-1] == ("stop_listening",))
    QTest.keyRelease(window, Qt.Key.Key_L)
    qtbot.wait(4 * hold.REPEAT_MS)
    assert len(client.asked("stop_listening")) == 1
    say(client, ListeningEnded(str(path)))
    say(client, Primed(2.0, path.name, 7))
    assert window.primes.chosen == KeptPrime(path, 2.0)
    assert path.name in window.session.notice.text


def test_a_key_that_repeats_is_held_on(qtbot: object, window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyPress(window, Qt.Key.Key_L)
    for _ in range(3):
        QTest.keyRelease(window, Qt.Key.Key_L)
        QTest.keyPress(window, Qt.Key.Key_L)
        qtbot.wait(4 * hold.REPEAT_MS)
    assert len(client.asked("listen")) == 1
    assert client.asked("stop_listening") == []


def test_a_window_that_is_left_lets_go(window: MainWindow, client: FakeEngineClient) -> None:
    QTest.keyPress(window, Qt.Key.Key_L)
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert client.sent[-1] == ("stop_listening",)


def test_the_key_is_off_while_typing(page: PrimePanel, client: FakeEngineClient) -> None:
    page.name.setFocus()
    QTest.keyClicks(page.name, "l")
    assert client.asked("listen") == []


def test_the_button_is_held_or_latched(
    page: PrimePanel, client: FakeEngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = page.microphone.hold
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [command[0] for command in client.sent[-1:]] == ["listen"]
    say(client, Listening(str(client.sent[-1][1])))
    assert button.text() == "Listening…"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert client.sent[-1] == ("stop_listening",)
    say(client, ListeningEnded("x"))
    assert button.text() == "Hold to listen"
    monkeypatch.setattr(hold, "LATCH_S", 0.0)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [command[0] for command in client.sent[-2:]] == ["listen", "stop_listening"]


def test_a_latch_outlives_the_opening_of_the_microphone(page: PrimePanel, client: FakeEngineClient) -> None:
    button = page.microphone.hold
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    say(client, OPENED)
    say(client, Listening(str(client.asked("listen")[-1][1])))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert client.sent[-1] == ("stop_listening",)


@pytest.mark.parametrize("given_up", [ListeningEnded, lambda _: Failed(Attempt.LISTEN, "there is no model")])
def test_what_was_given_up_can_be_held_again(
    page: PrimePanel, client: FakeEngineClient, given_up: Callable[[str], Event]
) -> None:
    QTest.mouseClick(page.microphone.hold, Qt.MouseButton.LeftButton)
    say(client, given_up(str(client.asked("listen")[-1][1])))
    QTest.mouseClick(page.microphone.hold, Qt.MouseButton.LeftButton)
    assert len(client.asked("listen")) == 2


def test_the_end_of_an_earlier_phrase_does_not_end_the_next_one(window: MainWindow, client: FakeEngineClient) -> None:
    priming = window.session.priming
    priming.hold()
    earlier = keep("earlier")
    priming.let_go()
    priming.hold()
    say(client, ListeningEnded(str(earlier)))
    assert priming.held


def test_a_long_prime_is_continued_from_its_end_and_a_long_file_where_it_was_heard(
    qtbot: object, page: PrimePanel, session: Session, client: FakeEngineClient, tmp_path: Path
) -> None:
    def continued(name: str) -> tuple[object, ...]:
        session.priming.continue_prime(next(prime for prime in session.priming.sounds if prime.name == name))
        return client.sent[-1]

    phrase = keep("phrase", 50.0)
    session.priming._refresh()
    assert continued("phrase") == ("prime", phrase, 20.0, 50.0)
    song = keep("song", 40.0).rename(tmp_path / "song.wav")
    session.open(song)
    with qtbot.waitSignal(session.priming.changed):
        pass
    assert continued("song") == ("prime", primes_folder() / "song.wav", 0.0, 30.0)


def test_a_pedal_listens(window: MainWindow, client: FakeEngineClient) -> None:
    window.controllers._do(Act(Action.LISTEN, True))
    assert client.sent[-1][0] == "listen"
    window.controllers._do(Act(Action.LISTEN, False))
    assert client.sent[-1] == ("stop_listening",)
