"""A session on a fake engine, presets to choose from, a window on both, and the program itself on a display."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QThreadPool
from PySide6.QtWidgets import QApplication, QWidget

from livernn import paths
from livernn.control.patch import Patch
from livernn.control.preset import save_patch
from livernn.ui.controllers import Controllers
from livernn.ui.main_window import MainWindow
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from tests.ui.fake_client import FakeEngineClient
from tests.ui.fake_midi import KNOBS, FakeMidi

MakePreset = Callable[..., Path]
Launch = Callable[..., psutil.Popen]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePreset:
    """Makes preset folders, among the presets that are found unless another `root` is given."""
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    monkeypatch.setattr(paths, "BUNDLED_PRESETS", bundled)

    def make(name: str, root: Path = bundled, **values: float) -> Path:
        folder = root / name
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"not read by the window")
        (folder / "CARD.md").write_text(f"# {name}\n\nCredit: the {name} player.\n")
        save_patch(folder, Patch(**values))
        return folder

    return make


@pytest.fixture
def presets(make_preset: MakePreset) -> None:
    """Cello, piano and violin, in this order."""
    make_preset("piano", temperature=0.9)
    make_preset("cello", temperature=0.7)
    make_preset("violin", temperature=1.1, gain_db=-6.0)


@pytest.fixture
def session(qapp: QApplication, presets: None) -> Session:
    """Started, with the piano loaded and an output open."""
    session = Session(FakeEngineClient, Settings())
    session.start(None, None)
    session.client.tell_audio()
    session.client.tell_loaded()
    qapp.processEvents()
    return session


@pytest.fixture
def client(session: Session) -> FakeEngineClient:
    """What the session talks to."""
    return session.client


@pytest.fixture
def window(qtbot: object, session: Session) -> Iterator[MainWindow]:
    """Shown at the base size."""
    window = MainWindow(session)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield window
    window.close()
    QThreadPool.globalInstance().waitForDone()  # as the program does: nothing is told to what is gone
    window.deleteLater()
    # Else it lives, draws and is dressed anew with every window of the tests that follow.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def centres(window: MainWindow) -> dict[str, QPoint]:
    """Where a window of the base size has its widgets: one without a display tells, and is gone."""
    found = {}
    pages: dict[QWidget, dict[str, QWidget]] = {
        window.scopes: {**window.transport.knobs, "favourite": window.header.favourite},
        window.primes: {"microphone": window.primes.microphone.inputs},
        window.takes: {"export": window.takes.export},
    }
    for page, widgets in pages.items():
        window.pages.setCurrentWidget(page)
        QApplication.processEvents()
        found |= {name: widget.mapTo(window, widget.rect().center()) for name, widget in widgets.items()}
    window.close()
    (paths.data_dir() / "settings.json").unlink()
    return found


@pytest.fixture
def launch(centres: object, xvfb_display: str, tmp_path: Path) -> Iterator[Launch]:
    """Starts the program; all that is left of it at the end is killed."""
    started: list[psutil.Popen] = []

    def start(*arguments: str) -> psutil.Popen:
        with (tmp_path / "window.log").open("ab") as log:
            process = psutil.Popen(
                [sys.executable, "app.py", *arguments], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            )
        started.append(process)
        return process

    yield start
    for process in started:
        for left in [*process.children(recursive=True), process] if process.is_running() else []:
            left.kill()
        process.wait()


@pytest.fixture
def midi(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeMidi]]:
    """Stands for the MIDI inputs of windows: those that were made."""
    made: list[FakeMidi] = []

    def make(*callbacks: Callable[..., None]) -> FakeMidi:
        made.append(FakeMidi(*callbacks))
        return made[-1]

    monkeypatch.setattr("livernn.ui.main_window.Controllers", partial(Controllers, new_ports=make))
    yield made
    assert all(one.closed for one in made)


@pytest.fixture
def knobs(midi: list[FakeMidi], window: MainWindow) -> FakeMidi:
    """What the window listens to, plugged in."""
    window.controllers.start()
    midi[0].plug(KNOBS)
    return midi[0]
