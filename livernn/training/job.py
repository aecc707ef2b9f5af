"""The trainer's processes: of the least urgency, so that the sound goes on, and not bound to the life of a window."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from livernn.engine.child import child_command, child_environment
from livernn.training.shelf import Training

VALIDATE_EVERY_MINUTES = 3.0
"""Often enough to hear what becomes of it, seldom enough to cost little."""

_LEAST_URGENT = 19
_END_PATIENCE_S = 5.0
_TAIL_BYTES = 1 << 14
_ADDRESS = "trainer: "


def spare_cores() -> int:
    """What training may use: all cores but one, which is the sound's."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, usable - 1)


def prepare_command(training: Training) -> list[str]:
    """Has the recordings looked at and encoded."""
    return child_command(
        "trainer", "prepare", str(training.plan.recordings), f"--out={training.data}", "--json"
    )  # fmt: skip


def fit_command(training: Training) -> list[str]:
    """Begins, or goes on where the run stands."""
    plan = training.plan
    return child_command(
        "trainer", "fit", str(training.data), f"--out={training.run}", "--resume", f"--config={plan.config}",
        f"--minutes={plan.minutes:g}", f"--validate-every-minutes={VALIDATE_EVERY_MINUTES:g}",
        f"--threads={spare_cores()}", f"--credit={plan.credit}", f"--licence={plan.licence}",
    )  # fmt: skip


class Job:
    """One process, started at once; what it says goes to a file. It lives on when the window that started it ends."""

    def __init__(self, command: Sequence[str], output: Path) -> None:
        with output.open("wb") as sink:
            self._process = subprocess.Popen(
                command,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the window's terminal is not for it
                creationflags=_creation_flags(),
            )
        if sys.platform != "win32":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _LEAST_URGENT)
            with suppress(OSError):
                _autogroup(self._process.pid).write_text(str(_LEAST_URGENT))

    def poll(self) -> int | None:
        """The exit code, once there is one."""
        return self._process.poll()

    def interrupt(self) -> None:
        """Have it clean up and end."""
        self._process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)

    def wait(self) -> None:
        """For its end, which comes by force after some seconds."""
        try:
            self._process.wait(_END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def last_lines(output: Path) -> list[str]:
    """The end of what a process said."""
    with suppress(OSError), output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()
    return []


def last_error(output: Path) -> str:
    """What a process that failed said of it; empty where it said nothing."""
    told = [line for line in last_lines(output) if line.strip()]
    errors = [line.removeprefix(_ADDRESS) for line in told if line.startswith(_ADDRESS)]
    return errors[-1] if errors else ""


def files_done(output: Path) -> tuple[int, int]:
    """How many files `prepare --json` is through with, and of how many."""
    for line in reversed(last_lines(output)):
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            entry = json.loads(line)
            return int(entry["done"]), int(entry["total"])
    return 0, 0


def _autogroup(pid: int) -> Path:
    """Where Linux keeps the urgency of a whole session: among sessions of equal urgency, that of processes is void."""
    return Path(f"/proc/{pid}/autogroup")


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
