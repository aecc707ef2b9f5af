"""`python app.py` on a real display with a real engine."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.fixtures.patience import PATIENCE_S, wait_for
from tests.fixtures.processes import lives

ROOT = Path(__file__).resolve().parents[2]


def shared_memory() -> set[str]:
    """What is in the one folder where shared memory would be left, but for that of audio servers."""
    return {path.name for path in Path("/dev/shm").glob("*") if "jack" not in path.name and "pulse" not in path.name}


@pytest.fixture
def before() -> set[str]:
    """Shared memory before the window was started."""
    return shared_memory()


@pytest.fixture
def window(xvfb_display: str, tmp_path: Path) -> Iterator[psutil.Popen]:
    """The program, with its engine up."""
    with (tmp_path / "window.log").open("wb") as log:
        process = psutil.Popen([sys.executable, "app.py"], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: engines(process))
        yield process
    finally:
        for left in [*process.children(recursive=True), process] if process.is_running() else []:
            left.kill()
        process.wait()


def engines(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if lives(child) and "livernn.engine" in command_of(child)]


def command_of(process: psutil.Process) -> list[str]:
    """Empty for a process that has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie is one as well
        return []


def test_a_killed_window_leaves_no_process_and_no_shared_memory(before: set[str], window: psutil.Popen) -> None:
    family = window.children(recursive=True)
    window.kill()
    window.wait()
    wait_for(lambda: not any(map(lives, family)))
    assert shared_memory() <= before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to end a program in good order")
@pytest.mark.parametrize("interrupt", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_window_closes_in_good_order(window: psutil.Popen, interrupt: signal.Signals) -> None:
    family = window.children(recursive=True)
    window.send_signal(interrupt)
    assert window.wait(PATIENCE_S) == 0
    assert not any(map(lives, family))


@pytest.mark.parametrize("later_s", [0.0, 0.05, 1.0])
def test_a_window_whose_display_goes_away_closes_in_good_order(
    before: set[str], window: psutil.Popen, tmp_path: Path, later_s: float
) -> None:
    time.sleep(later_s)
    family = window.children(recursive=True)
    next(child for child in psutil.Process().children() if child.name() == "Xvfb").kill()
    assert window.wait(PATIENCE_S) == 1
    assert not any(map(lives, family))
    assert shared_memory() <= before
    assert "Traceback" not in (tmp_path / "window.log").read_text()
