"""What the window costs while it plays: `python -m pytest -s tests/ui/measure_window.py` (a minute and a half).

Prints one JSON object; asserts nothing about time. Not collected with the tests.

The window is real, on a display and an audio server of its own, with the bundled preset and a knob that moves all the
time. `cores` is the processor time of the window's process, but for what measures, per time passed. Every 10 ms another
process tells the window what time it is: `delay` is how much later the event loop takes it, `own_delay` the same
without the time in which the window, or the display server that it waits for, stood in the system's queue for a
processor, as /proc/PID/schedstat counts it: that is not the window's fault. With each that is above 16 ms even so
stands for how long a processor stood still meanwhile: that is the host's. Whoever tells time and stalls runs before all
others, which takes root.
"""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.fixtures.stalls import Stalls
from tests.fixtures.ticks import TICK, ticks, waited_s

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("SECONDS_MEASURED", "60"))
SIZE = (1280, 800)
SETTLE_S = 8.0
PIPE_BYTES = 1024 * TICK.size
LIMIT_MS = 16.0


@pytest.mark.timeout(SECONDS + 240)
def test_measure(xvfb_display: str, jack_server: object) -> None:
    display = next(child for child in psutil.Process().children() if child.name() == "Xvfb")
    command = [sys.executable, "-m", "tests.ui.measure_window", str(display.pid)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    sys.stdout.write(result.stdout)
    assert result.returncode == 0, result.stderr


class Delay(NamedTuple):
    told_s: float
    handled_s: float
    own_ms: float

    @property
    def ms(self) -> float:
        return 1000 * (self.handled_s - self.told_s)


def main() -> None:
    from PySide6.QtCore import QSocketNotifier, QTimer
    from PySide6.QtWidgets import QApplication

    from livernn.engine.client import EngineClient, EngineState
    from livernn.ui.main_window import MainWindow
    from livernn.ui.session import Session
    from livernn.ui.settings import Settings

    def take() -> None:
        began_s = time.thread_time()
        read, now_waited_s = os.read(pipe, PIPE_BYTES), waited_s(schedules)
        now_s = time.perf_counter()
        if measuring.is_set():
            for at_s, then_waited_s in TICK.iter_unpack(read):
                delays.append(Delay(at_s, now_s, 1000 * (now_s - at_s - now_waited_s + then_waited_s)))
            figures["cpu_s"] -= time.thread_time() - began_s

    def turn_a_knob() -> None:
        share = 0.5 + 0.4 * ((time.monotonic() * 0.3) % 1.0 - 0.5)
        session.set_value("gain_db", -20.0 * share)

    def begin() -> None:
        assert session.state is EngineState.PLAYING, session.notice
        figures["cpu_s"], figures["wall_s"] = -time.process_time(), -time.perf_counter()
        measuring.set()
        QTimer.singleShot(round(SECONDS * 1000), end)

    def end() -> None:
        figures["cpu_s"] += time.process_time()
        figures["wall_s"] += time.perf_counter()
        measuring.clear()
        window.close()

    application = QApplication([])
    schedules = [Path(f"/proc/{os.getpid()}/schedstat"), Path(f"/proc/{sys.argv[1]}/schedstat")]
    figures: dict[str, float] = {}
    delays: list[Delay] = []
    stalls = Stalls()
    clock = ticks(schedules)
    assert clock.stdout is not None
    pipe = clock.stdout.fileno()
    measuring = threading.Event()
    session = Session(EngineClient, Settings())
    window = MainWindow(session)
    window.resize(*SIZE)
    drawn = []
    draw = window.scopes.refresh
    window.scopes.refresh = lambda *arguments: (drawn.append(measuring.is_set()), draw(*arguments))
    window.show()
    session.start(None, "loopback")
    session.toggle_play()
    notifier = QSocketNotifier(pipe, QSocketNotifier.Type.Read)
    notifier.activated.connect(take)
    knob = QTimer(interval=50)
    knob.timeout.connect(turn_a_knob)
    knob.start()
    waiting = QTimer(interval=200)

    def wait() -> None:
        if session.state is EngineState.PLAYING:
            waiting.stop()
            QTimer.singleShot(round(SETTLE_S * 1000), begin)

    waiting.timeout.connect(wait)
    waiting.start()
    gc.freeze()  # as app.py does
    application.exec()
    stalls.end()
    clock.terminate()
    clock.wait()
    told = {
        "size": SIZE,
        "seconds": round(figures["wall_s"], 1),
        "cores": round(figures["cpu_s"] / figures["wall_s"], 3),
        "frames_per_s": round(sum(drawn) / figures["wall_s"], 1),
    }
    sys.stdout.write(json.dumps(told | _summary(delays, stalls)))


def _summary(delays: list[Delay], stalls: Stalls) -> dict[str, object]:
    total, own = sorted(delay.ms for delay in delays), sorted(delay.own_ms for delay in delays)
    at_99_percent = int(0.99 * len(delays))
    return {
        "events": len(delays),
        "delay_ms_p99": round(total[at_99_percent], 1),
        "delay_ms_max": round(total[-1], 1),
        "own_delay_ms_p99": round(own[at_99_percent], 1),
        "own_delay_ms_max": round(own[-1], 1),
        f"delays_above_{LIMIT_MS:g}_ms": sum(ms > LIMIT_MS for ms in total),
        f"own_delays_above_{LIMIT_MS:g}_ms": [
            {
                "ms": round(delay.own_ms, 1),
                "stalled_ms": round(stalls.stalled_ms(delay.told_s, delay.handled_s), 1),
            }
            for delay in delays
            if delay.own_ms > LIMIT_MS
        ],
    }


if __name__ == "__main__":
    main()
