"""What every test is held to: no warning, no log record, no Qt message, no thread or process left behind."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Qt, JACK or numba.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("JACK_NO_START_SERVER", "1")
# Outside the isolated homes, so that tests and the processes they start share compiles; it is keyed by the sources.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "kernels"))

import hypothesis
import psutil
import pytest

pytest_plugins = ["pytester", "tests.fixtures.servers", "tests.fixtures.gpu"]

LEFTOVER_PATIENCE_S = 3.0

TOLERATED_THREADS = (
    "pytest_timeout",
    "Dummy-",  # a foreign (Qt, PortAudio) thread that once ran Python: never ends in threading's books
)

TOLERATED_PROCESSES = ("multiprocessing.resource_tracker",)

FIXTURE_MARKERS = {"jack_server": "audio", "pulse_server": "audio", "xvfb_display": "window"}

hypothesis.settings.register_profile(
    "default",
    deadline=None,
    max_examples=50,
    derandomize=bool(os.environ.get("CI")),
)
hypothesis.settings.load_profile("default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in FIXTURE_MARKERS:
                item.add_marker(FIXTURE_MARKERS[fixture])
    gpu_items = [item for item in items if item.get_closest_marker("gpu")]
    if gpu_items and not _has_cuda():
        for item in gpu_items:
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(autouse=True)
def _isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVERNN_HOME", str(tmp_path / "livernn-home"))


@pytest.fixture(autouse=True)
def _no_unexpected_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test that logs a warning or worse; one that means to asserts on `caplog` and then calls its clear()."""
    yield
    records = [record for phase in ("setup", "call", "teardown") for record in caplog.get_records(phase)]
    unexpected = [
        f"{record.levelname} {record.name}: {record.getMessage()}"
        for record in records
        if record.levelno >= logging.WARNING
    ]
    if unexpected:
        pytest.fail("unexpected log records:\n" + "\n".join(unexpected), pytrace=False)


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.name.startswith(TOLERATED_THREADS)}


def _children() -> set[psutil.Process]:
    alive = set()
    for process in psutil.Process().children(recursive=True):
        try:
            command = " ".join(process.cmdline())
            ended = process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            continue
        if not ended and not any(name in command for name in TOLERATED_PROCESSES):
            alive.add(process)
    return alive


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Fails a test after which a thread or a child process lives on that was not there before."""
    threads_before, children_before = _threads(), _children()
    yield
    deadline = time.monotonic() + LEFTOVER_PATIENCE_S
    while (left := (_threads() - threads_before) | (_children() - children_before)) and time.monotonic() < deadline:
        time.sleep(0.02)
    if left:
        pytest.fail("left running: " + ", ".join(sorted(map(str, left))), pytrace=False)
