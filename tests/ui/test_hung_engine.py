"""An engine that is there and does not answer: a fake one, and a real one that is stopped."""

import sys
from collections.abc import Iterator

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from livernn.control.patch import Patch
from livernn.control.preset import load_preset
from livernn.engine.client import EngineClient, EngineDied
from livernn.ui import engine_watch
from livernn.ui.notice import WELCOME, Remedy
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from tests.engine.fakes import COMPILE_PATIENCE_S, PATIENCE_S, save_small
from tests.ui.conftest import MakePreset
from tests.ui.fake_client import FakeEngineClient, say

HUNG = "The sound engine no longer answers. Preset and knobs are kept."
PATIENCE_MS = round(1000 * PATIENCE_S)


@pytest.fixture(autouse=True)
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_watch, "WATCH_MS", 10)
    monkeypatch.setattr("livernn.engine.connection._HEARTBEAT_PATIENCE_S", 1.0)


def offers_restart(session: Session) -> bool:
    return session.notice.remedy is Remedy.RESTART_ENGINE


def test_it_is_told_with_a_remedy_and_no_longer_than_it_lasts(
    qtbot: QtBot, session: Session, client: FakeEngineClient
) -> None:
    session.toggle_play()
    client.alive = False
    qtbot.waitUntil(lambda: session.notice.text == HUNG)
    assert offers_restart(session)
    assert not session.playing
    client.alive = True
    qtbot.waitUntil(lambda: session.notice == WELCOME)
    assert session.playing


def test_play_replaces_it(qtbot: QtBot, session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    client.alive = False
    qtbot.waitUntil(lambda: offers_restart(session))
    session.toggle_play()
    assert session.playing
    assert session.outputs.opened is None
    assert [command[0] for command in client.sent if command[0] in ("restart", "play")][-2:] == ["restart", "play"]
    qtbot.wait(50)
    assert not offers_restart(session)


def test_panic_ends_it_for_it_may_sound(qtbot: QtBot, session: Session, client: FakeEngineClient) -> None:
    session.toggle_play()
    client.alive = False
    qtbot.waitUntil(lambda: offers_restart(session))
    client.sent.clear()
    session.panic()
    assert [command[0] for command in client.sent[:2]] == ["panic", "restart"]
    assert client.asked("play") == []
    assert not session.playing


def test_a_dead_one_is_not_said_to_hang(qtbot: QtBot, session: Session, client: FakeEngineClient) -> None:
    say(client, EngineDied(-9, "killed"))
    qtbot.wait(50)
    assert "killed" in session.notice.text


@pytest.fixture
def stage(qapp: QApplication, make_preset: MakePreset) -> Iterator[Session]:
    """With a real engine, a tiny network and no output."""
    folder = make_preset("tiny", temperature=0.7)
    save_small(folder / "model.safetensors")
    session = Session(EngineClient, Settings())
    session.start(load_preset("tiny"), "no such output")
    yield session
    session.close()


def engine() -> psutil.Process:
    (process,) = [child for child in psutil.Process().children() if "livernn.engine" in child.cmdline()]
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
def test_a_stopped_engine_is_replaced_with_the_same_patch(qtbot: QtBot, stage: Session) -> None:
    def wait_for_load() -> None:
        qtbot.waitUntil(lambda: stage.preset is not None and stage.pending is None, timeout=1000 * COMPILE_PATIENCE_S)

    wait_for_load()
    stage.set_value("gain_db", -9.0)
    stopped = engine()
    stopped.suspend()
    qtbot.waitUntil(lambda: stage.notice.text == HUNG, timeout=PATIENCE_MS)
    stopped.resume()
    qtbot.waitUntil(lambda: not offers_restart(stage), timeout=PATIENCE_MS)
    stopped.suspend()
    qtbot.waitUntil(lambda: offers_restart(stage), timeout=PATIENCE_MS)
    stage.restart()
    wait_for_load()
    assert not stopped.is_running()
    assert engine().pid != stopped.pid
    assert stage.patch == stage.client.patch == Patch(temperature=0.7, gain_db=-9.0)
    assert not offers_restart(stage)
