"""From the move of a control to the ear: `python -m pytest -s tests/engine/measure_touch.py` (about half a minute).

Prints one JSON object; asserts nothing about time. Not collected with the tests.

A real engine process plays the bundled preset to JACK's dummy driver at 48 kHz, 128 frames a period, while controls are
moved. The guard is off: while it leads a sound back it moves some of them itself. A touch is measured in samples: the
first sample of the ring that differs from what the untouched twin would have played, minus the ring's read index when
the control was written; later ones move meanwhile if it takes long. Both sounds are made again from the log of a take,
whose WAV proves that they are what was heard.
"""

import json
import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.control.preset import load_preset
from livernn.engine.client import EngineState, StateChanged, TakeBegun, TakeEnded
from livernn.engine.history import Entry
from livernn.engine.replay import _Source, replay
from livernn.engine.score import Score, read_score
from livernn.engine.shared import RING_AT, RING_READ
from livernn.wavfile import HEADER_BYTES, from_pcm24, read_header, to_pcm24
from tests.engine.fakes import Player
from tests.fixtures.servers import Server

TOUCHES = int(os.environ.get("TOUCHES", "200"))
DEPTH_MS = float(os.environ.get("DEPTH_MS", "200"))
SETTLE_S = 3.0
APART_S = float(os.environ.get("APART_S", "0.06"))
"""Time between two touches, in the middle: a third less or more at random."""
TWIN_SAMPLES = 4096
MOVES = {"temperature": (0.6, 1.4), "gain_db": (-12.0, 0.0)}


@pytest.fixture
def jack_period_samples() -> int:
    return 128


@pytest.mark.timeout(300)
def test_measure(jack_server: Server, player: Player, tmp_path: Path) -> None:
    client = player.client
    client.set_audio("loopback, JACK Audio Connection Kit")
    client.set_depth_ms(DEPTH_MS)
    player.load(load_preset("piano").checkpoint)
    client.set_param("guard", 0.0)
    client.play()
    player.expect(StateChanged(EngineState.PLAYING))
    time.sleep(SETTLE_S)
    client.record(tmp_path, "Touch")
    player.await_event(lambda event: isinstance(event, TakeBegun))
    touches = [_touch(player, number) for number in range(TOUCHES)]
    time.sleep(0.5)
    metrics = client.metrics()
    client.stop_recording()
    ended = player.await_event(lambda event: isinstance(event, TakeEnded))
    assert isinstance(ended, TakeEnded)
    score = read_score(Path(ended.path).with_suffix(".json"))
    sound = np.concatenate(list(replay(score)))
    figures = {
        "touches": len(touches),
        "depth_ms": DEPTH_MS,
        "apart_s": APART_S,
        **_statistics(_delays(score, touches), jack_server.rate_hz),
        "shown_touch_ms": round(metrics.touch_ms, 1),
        "shown_output_ms": round(metrics.output_latency_ms, 1),
        "late_renders": metrics.late_renders,
        "underruns": metrics.underruns,
        "device_xruns": metrics.device_xruns,
        "real_time_factor": round(metrics.real_time_factor, 2),
        "samples_replayed": len(sound),
        "of_which_differ_from_the_take": int((from_pcm24(to_pcm24(sound)) != _recorded(Path(ended.path))).sum()),
    }
    sys.stdout.write(f"\n{json.dumps(figures)}\n")


@dataclass(frozen=True)
class Touch:
    """A control that was moved when the ring was read from `read` on."""

    read: int
    name: str
    value: float

    def is_in(self, step: Entry) -> bool:
        """Whether this is how it was taken up, or a later one of the same value."""
        return step["do"] == "patch" and step["ring"] >= self.read and step["set"].get(self.name) == self.value


def _touch(player: Player, number: int) -> Touch:
    """Move a control some time after the last one."""
    time.sleep(APART_S * random.uniform(2 / 3, 4 / 3))
    name, values = list(MOVES.items())[number % 2]
    connection = player.client._connection
    assert connection is not None
    touch = Touch(int(connection.block.words[RING_AT + RING_READ]), name, values[number // 2 % 2])
    player.client.set_param(name, touch.value)
    return touch


def _delays(score: Score, touches: list[Touch]) -> list[int]:
    """Samples from each touch to the first one that would not have been heard without it."""
    first, end = score.steps[0]["ring"], touches[-1].read + 2 * TWIN_SAMPLES
    heard, twins = _Source(score).take(first, end - first), _Twins(score)
    taken_up = [next((step["ring"] for step in score.steps[1:] if touch.is_in(step)), end) for touch in touches]
    different: dict[int, NDArray[np.intp]] = {}
    for at in sorted(set(taken_up) - {end}):
        turn = next(step for step in score.steps[1:] if step["ring"] == at)
        twin = twins.untouched(turn)
        present = heard[at - first : at - first + len(twin)]
        different[at] = np.flatnonzero((twin[: len(present)] != present).any(axis=1))
    pairs = [(touch, at) for touch, at in zip(touches, taken_up, strict=True) if at in different and different[at].size]
    return [at + int(different[at][0]) - touch.read for touch, at in pairs]


class _Twins(_Source):
    """A voice that goes the way of the take, and at each turn a little straight on."""

    def untouched(self, turn: Entry) -> NDArray[np.float32]:
        while not self._steps or self._steps[0] is not turn:
            if self._steps and self._steps[0]["ring"] <= self._end:
                self._do(self._steps.popleft())
            else:
                self._go_on()
        while self._end < turn["ring"]:
            self._render_until(turn)
        voice = self._deck.voice
        assert voice is not None
        here, fades = voice.snapshot(), self._deck.fades
        twin = self._deck.render(TWIN_SAMPLES // 4, self._patch)
        voice.restore(here)
        self._deck.fades = fades
        return twin

    def _render_until(self, turn: Entry) -> None:
        sound = self._deck.render(turn["at"] - self._at, self._patch)
        self._at, self._end = turn["at"], self._end + len(sound)


def _statistics(delays: list[int], rate_hz: int) -> dict[str, float]:
    ordered = np.sort(delays)
    shares = {"median": 0.5, "p95": 0.95, "p99": 0.99, "longest": 1.0}
    samples = {name: int(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) for name, share in shares.items()}
    milliseconds = {f"{name}_ms": round(1000.0 * count / rate_hz, 2) for name, count in samples.items()}
    return {"measured": len(delays), **{f"{name}_samples": count for name, count in samples.items()}, **milliseconds}


def _recorded(wav: Path) -> NDArray[np.float32]:
    content = wav.read_bytes()
    return from_pcm24(content[HEADER_BYTES : HEADER_BYTES + read_header(content).data_bytes])
