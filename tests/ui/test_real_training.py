"""From recordings to a preset, with a real engine, a real audio server and the real trainer."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6.QtWidgets import QApplication

from livernn.control.preset import About, load_preset
from livernn.engine.client import EngineClient, EngineState, Loaded
from livernn.model.checkpoint import load_checkpoint
from livernn.training import job
from livernn.training.workshop import Stage
from livernn.ui.main_window import MainWindow
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from tests.fixtures.corpus import write_folder
from tests.fixtures.servers import Server

PATIENCE_MS = 120_000

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def window(
    qapp: QApplication, qtbot: object, jack_server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    monkeypatch.setattr(job, "VALIDATE_EVERY_MINUTES", 0.02)
    session = Session(EngineClient, Settings())
    window = MainWindow(session)
    window.show()
    session.start(None, "loopback")
    yield window
    if window.trainings.unattended is not None:
        window.trainings.stop()
        qtbot.waitUntil(lambda: window.trainings.unattended is None, timeout=PATIENCE_MS)
    window.end()
    window.deleteLater()


def test_recordings_become_a_preset_while_they_are_heard(qtbot: object, window: MainWindow, tmp_path: Path) -> None:
    trainings, page, session = window.trainings, window.training, window.session
    window.pages.toggle(page)
    loads: list[Loaded] = []
    session._arrived.connect(lambda event: loads.append(event) if isinstance(event, Loaded) else None)

    def wait_until(fits: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(fits()), timeout=PATIENCE_MS)

    def heard() -> int:
        return sum(event.checkpoint == str(training.best) for event in loads)

    def stage() -> Stage:
        return trainings.workshop.stage(training)

    write_folder(tmp_path / "Chimes", {"chimes.wav": 60.0})
    trainings.add(tmp_path / "Chimes")
    training = trainings.chosen
    wait_until(lambda: stage() is Stage.PREPARED)
    assert "1 min of sound in 1 recording" in page.findings.toPlainText()
    trainings.change(config="tiny", minutes=30.0, credit="the bells")

    session.toggle_play()
    page.act.click()
    page.hear.click()
    wait_until(lambda: heard() >= 1)
    wait_until(lambda: session.state is EngineState.PLAYING and np.any(session.client.scope(4800)))
    assert session.preset.checkpoint == training.best
    (fit,) = [one for one in psutil.Process().children() if "fit" in one.cmdline()]
    assert fit.nice() == 19

    page.act.click()
    wait_until(lambda: stage() is Stage.STOPPED)
    assert not fit.is_running()
    log = trainings.workshop.log(training)
    steps, times_heard = len(log.bits), heard()
    assert np.isfinite(page.curve._steps.values).any()

    page.act.click()
    wait_until(lambda: len(log.bits) > steps and heard() > times_heard)
    assert page.hear.isChecked()
    page.act.click()
    wait_until(lambda: stage() is Stage.STOPPED)
    assert list(log.seconds) == sorted(log.seconds)

    trainings.save("My chimes", About())
    wait_until(lambda: session.notice.text == "Saved My chimes")
    preset = load_preset("My chimes")
    assert load_checkpoint(preset.checkpoint).provenance["credit"] == "the bells"
    assert "the bells" in (preset.folder / "CARD.md").read_text()
