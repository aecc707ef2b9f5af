"""An evening on stage: `MINUTES=60 python -m pytest -s tests/ui/measure_soak.py` (5 minutes unless told otherwise).

Prints one JSON object; asserts nothing. Not collected with the tests.

`python app.py` plays to JACK's dummy driver in a window of its own while another process keeps one core busy. Knobs are
moved by OSC all the time; now and then the preset changes, the sound starts over, stops and plays, the microphone is
listened to (it hears the output), a take is recorded, pages are turned. Now and then all comes back to one voice of the
first preset on the first page, so that like is compared with like: each process's own memory, threads and open files
are told at these rests, and at most. Its own is what it has allocated or written to (anonymous memory): pages of files
come and go as Linux sees fit, and so does who shares them. `pss_mib` has each one's share of these as well. `work_ms`
is how long a fixed piece of work takes, so that a machine that others slow down is told from a program that is slow.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
import pytest
from pythonosc.udp_client import SimpleUDPClient

from livernn import paths
from livernn.control.params import PARAMS
from livernn.control.preset import find_presets
from livernn.engine.shared import DEVICE_XRUNS, LATE_RENDERS, UNDERRUNS, ControlBlock, SharedBlock
from livernn.inputs.ports import API_VARIABLE
from livernn.ui.settings import MicrophoneChoice, Settings
from tests.fixtures.attached import attached
from tests.fixtures.host import stolen_s, work_ms
from tests.fixtures.patience import wait_for
from tests.fixtures.processes import lives, survivors
from tests.ui.hands import Hands
from tests.ui.test_real_window import ROOT, command_of, shared_memory

MINUTES = float(os.environ.get("MINUTES", "5"))
SEED = int(os.environ.get("SEED", "1"))
LOOK_EVERY_S = 5.0
COUNTS = {"underruns": UNDERRUNS, "late_renders": LATE_RENDERS, "device_xruns": DEVICE_XRUNS}
DEVICE = "loopback, JACK Audio Connection Kit"
EXIT_PATIENCE_S = 20.0
NICENESS = 10
RESTS = max(2, min(12, round(MINUTES / 2.5)))
"""The first one after as long as lies between them: the minute before a take is full, every code path gone once."""
REST_S = 20.0
"""What is replaced has gone by then."""
KIB_PER_MIB = 1024.0

MOVE_EVERY_S = (0.02, 0.5)
EVENTS_EVERY_S = {"next_preset": 40.0, "new_seed": 15.0, "pause": 60.0, "phrase": 30.0, "take": 90.0, "key": 10.0}
KEYS = {"ctrl+Tab": 5, "ctrl+t": 3, "f": 2, "F11": 2, "ctrl+b": 2}
"""How often each has to be pressed until all is as before."""


@dataclass
class Seen:
    """What one process was like, look by look."""

    own_mib: list[float] = field(default_factory=list)
    pss_mib: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    rests: list[int] = field(default_factory=list)
    """Which of the looks."""


@pytest.fixture
def busy_core() -> Iterator[None]:
    command = ["nice", "-n", str(NICENESS), sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(command) as process:
        yield
        process.kill()


@contextmanager
def played(port: int, log: Path) -> Iterator[psutil.Popen]:
    command = [sys.executable, "app.py", "--audio-device", DEVICE, "--osc", str(port)]
    with log.open("wb") as said:
        app = psutil.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield app
    finally:
        for left in [*app.children(recursive=True), app] if app.is_running() else []:
            left.kill()
        app.wait()


class Performer:
    """Does at random what a performer does, by OSC and keys."""

    def __init__(self, osc: SimpleUDPClient, hands: Hands) -> None:
        self.did: Counter[str] = Counter()
        self._pressed: Counter[str] = Counter()
        self._osc = osc
        self._hands = hands
        self._random = random.Random(SEED)
        self._due_s = {what: self._next_s(every_s) for what, every_s in EVENTS_EVERY_S.items()}
        self._endings: list[tuple[float, str, int]] = []
        """When to send what."""

    def play(self) -> None:
        self._send("play", 1)

    def act(self) -> None:
        """Move a control, do what is due, and wait a little."""
        spec = self._random.choice(list(PARAMS.values()))
        self._send(spec.name, spec.from_position(self._random.random()))
        self.did["moves"] += 1
        for what, due_s in self._due_s.items():
            if time.monotonic() > due_s:
                self._due_s[what] = self._next_s(EVENTS_EVERY_S[what])
                self.did[what] += 1
                self._do(what)
        for ending in [ending for ending in self._endings if time.monotonic() > ending[0]]:
            self._endings.remove(ending)
            self._send(*ending[1:])
        time.sleep(self._random.uniform(*MOVE_EVERY_S))

    def rest(self) -> None:
        """Come back to one voice of the first preset, and to the first page, and wait."""
        for due_s, *ending in sorted(self._endings):
            time.sleep(max(0.0, due_s - time.monotonic()))
            self._send(*ending)
        self._endings.clear()
        for key, cycle in KEYS.items():
            for _ in range(-self._pressed[key] % cycle):
                self._press(key)
        self._send("preset", find_presets()[0].name)
        time.sleep(REST_S / 4.0)
        self._send("voices", 1)
        time.sleep(REST_S)

    def _do(self, what: str) -> None:
        match what:
            case "pause":
                self._send("stop", 1)
                self._later("play", 1, 1.0, 4.0)
            case "phrase":
                self._send("listen", 1)
                self._later("listen", 0, 0.3, 6.0)
            case "take":
                self._send("record", 1)
                self._later("record", 1, 10.0, 30.0)
            case "key":
                self._press(self._random.choice([*KEYS]))
            case _:
                self._send(what, 1)

    def _press(self, key: str) -> None:
        self._hands.press(key)
        self._pressed[key] += 1

    def _later(self, what: str, value: int, least_s: float, most_s: float) -> None:
        self._endings.append((time.monotonic() + self._random.uniform(least_s, most_s), what, value))

    def _next_s(self, every_s: float) -> float:
        return time.monotonic() + self._random.uniform(0.5, 1.5) * every_s

    def _send(self, what: str, value: float | str) -> None:
        self._osc.send_message(f"/livernn/{what}", value)


class Observer:
    """Looks at the program's processes, and counts what was missed."""

    def __init__(self, app: psutil.Popen) -> None:
        self.seen: defaultdict[str, Seen] = defaultdict(Seen)
        self.engines: dict[int, SharedBlock] = {}
        self.missed_at: list[dict[str, float]] = []
        """Since the look before: with how many voices, and what the machine was like meanwhile."""
        self.work_ms: list[float] = []
        """Median of what a fixed piece of work took, look by look."""
        self._work_ms: list[float] = []
        self.family: set[psutil.Process] = {app}
        self._app = app
        self._counted: Counter[str] = Counter()
        self._stolen_s = stolen_s()
        self._began_s = time.monotonic()

    def probe(self) -> None:
        """Find out how quick the machine is just now."""
        self._work_ms.append(work_ms())

    def look(self, *, resting: bool = False) -> None:
        for process in [self._app, *self._app.children(recursive=True)]:
            self.family.add(process)
            with suppress(psutil.NoSuchProcess):
                self._look_at(process, resting)
        before_s, self._stolen_s = self._stolen_s, stolen_s()
        self.probe()
        self.work_ms.append(median(self._work_ms))
        self._work_ms.clear()
        words = {what: [int(block.words[word]) for block in self.engines.values()] for what, word in COUNTS.items()}
        counted = Counter({what: sum(numbers) for what, numbers in words.items()})
        missed, self._counted = counted - self._counted, counted
        if missed:
            machine = {
                "host_took_s": round(self._stolen_s - before_s, 2),
                "work_ms": round(self.work_ms[-1], 2),
                "load": round(os.getloadavg()[0], 1),
                "voices": max(ControlBlock(block).read()[1].voices for block in self.engines.values()),
            }
            minute = round((time.monotonic() - self._began_s) / 60.0, 1)
            self.missed_at.append({"minute": minute, **missed, **machine})

    def counts(self) -> dict[str, int]:
        return {"engines": len(self.engines), **{what: self._counted[what] for what in COUNTS}}

    def _look_at(self, process: psutil.Process, resting: bool) -> None:
        role = _role(process)
        if role is None:
            return
        if role == "engine" and process.pid not in self.engines:
            self.engines[process.pid] = attached(process.pid, SharedBlock)
        memory_mib, seen = _memory_mib(process), self.seen[role]
        if resting:
            seen.rests.append(len(seen.own_mib))
        seen.own_mib.append(memory_mib["Anonymous"])
        seen.pss_mib.append(memory_mib["Pss"])
        seen.threads.append(process.num_threads())
        seen.files.append(process.num_fds())


def _role(process: psutil.Process) -> str | None:
    """None for helpers that come and go."""
    command = command_of(process)
    if "app.py" in command:
        return "window"
    modules = [word for word in command if word.startswith(("livernn.engine", "livernn.inputs"))]
    roles = {
        "livernn.engine": "engine", "livernn.engine.stream": "stream", "livernn.engine.microphone": "microphone",
        "livernn.engine.writer": "writer", "livernn.inputs.midi_listener": "MIDI listener",
    }  # fmt: skip
    return roles.get(modules[0]) if modules else None


def _memory_mib(process: psutil.Process) -> dict[str, float]:
    """By the names of `proc_pid_smaps(5)`."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError as error:
        raise psutil.NoSuchProcess(process.pid) from error
    return {line.split(":")[0]: int(line.split()[1]) / KIB_PER_MIB for line in lines}


def _drift(looks: list[float], rests: list[int]) -> dict[str, object]:
    course = [round(looks[rest], 1) for rest in rests]
    drift = round(course[-1] - course[0], 1) if course else None
    return {"drift": drift, "most": round(max(looks), 1), "course": course}


@pytest.mark.timeout(60.0 * MINUTES + 300.0)
def test_measure(
    xvfb_display: str, jack_server: object, busy_core: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_VARIABLE, "jack")
    Settings().microphone = MicrophoneChoice(on=True, device=DEVICE)
    memory_before = shared_memory()
    port = 9000 + os.getpid() % 1000
    with played(port, tmp_path / "said.log") as app, SimpleUDPClient("127.0.0.1", port) as osc:
        performer, observer = Performer(osc, Hands("liveRNN", app)), Observer(app)
        wait_for(lambda: observer.look() or {"engine", "stream", "writer", "microphone"} <= set(observer.seen))
        performer.play()
        observer = Observer(app)
        begin_s = time.monotonic()
        for rest in range(1, RESTS + 1):
            while time.monotonic() < begin_s + 60.0 * MINUTES * rest / RESTS and lives(app):
                look_s = time.monotonic() + LOOK_EVERY_S
                observer.look()
                while time.monotonic() < look_s:
                    performer.act()
                    observer.probe()
            if not lives(app):
                break
            performer.rest()
            observer.look(resting=True)
        died = not lives(app)
        app.terminate()
        code = app.wait(EXIT_PATIENCE_S)
        left = survivors(observer.family, 1.0)
    figures = {
        "minutes": MINUTES,
        "did": dict(performer.did),
        **observer.counts(),
        "missed": observer.missed_at,
        "work_ms": {"median": round(median(observer.work_ms), 2), "most": round(max(observer.work_ms), 2)},
        "own_mib": {role: _drift(seen.own_mib, seen.rests) for role, seen in observer.seen.items()},
        "pss_mib": {role: _drift(seen.pss_mib, seen.rests) for role, seen in observer.seen.items()},
        "threads": {role: _drift(list(map(float, seen.threads)), seen.rests) for role, seen in observer.seen.items()},
        "open_files": {role: _drift(list(map(float, seen.files)), seen.rests) for role, seen in observer.seen.items()},
        "died": died,
        "exit_code": code,
        "left_processes": [" ".join(command_of(process)) for process in left],
        "left_shared_memory": sorted(shared_memory() - memory_before),
        "said": (tmp_path / "said.log").read_text()[-2000:],
    }
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in figures.items())
    sys.stdout.write("\n{" + ",\n ".join(lines) + "}\n")
    shutil.rmtree(paths.data_dir())
