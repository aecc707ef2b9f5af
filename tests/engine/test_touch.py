"""A moved control is heard at the playhead: the tape by hand, block by block, and an engine whose clock is the test."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.engine.messages import Command, Event, Load, Loaded, Play, Prime, Primed, SetDepth
from livernn.engine.pace import Pace
from livernn.engine.shared import (
    LARGEST_BLOCK,
    LATE_RENDERS,
    RING_AT,
    RING_READ,
    RING_WORDS,
    TOUCH_MS,
    UNDERRUNS,
    ControlBlock,
    SharedBlock,
    read_metrics,
)
from livernn.engine.studio import BLOCK_SAMPLES
from livernn.engine.tape import Soonest
from livernn.engine.transport import HURRIED_FADE_MS, EngineState
from livernn.units import ms_to_samples
from tests.engine.fakes import RATE_HZ, SMALL, LevelVoice, Rig, settles_at, wait_until
from tests.engine.tape_bench import (
    BLOCK,
    CALM,
    DEPTH,
    FADE,
    FULL_LEVEL,
    PULL,
    REACH,
    WILD,
    Bench,
    assert_replayed,
    first_difference,
    soonest,
    untouched,
)

SETTLED_S = 0.1
"""The sampler has seen what it was told."""
FADES_MS = (20.0, 150.0, 2.0)


@pytest.mark.parametrize("moment", [1024, 1111, 2000])
def test_a_touch_is_heard_within_reach_block_and_delay(make_bench: Callable[[], Bench], moment: int) -> None:
    bench = make_bench()
    bench.render(CALM)
    bench.hear(moment)
    assert bench.tape.set_back(WILD, soonest())
    bench.render(WILD)
    bench.hear(4 * DEPTH // 5)
    delay = first_difference(bench, make_bench) - moment
    assert REACH <= delay < REACH + 2 * FADE
    assert bench.block.words[LATE_RENDERS] == bench.block.words[UNDERRUNS] == 0
    bench.close()


class SlowVoice(LevelVoice):
    """While it renders, something else happens."""

    def __init__(self, level: float, rate_hz: float) -> None:
        super().__init__(level, rate_hz)
        self.meanwhile: Callable[[], None] = lambda: None

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        self.meanwhile()
        return super().render(count, patch)


@given(st.integers(1000, 4000))
def test_a_touch_begins_within_the_first_half_of_a_block_or_with_the_next_one(moment: int) -> None:
    voice = SlowVoice(0.5, RATE_HZ)
    bench = Bench(voice)
    bench.render(CALM)
    bench.hear(moment)
    soonest_at = bench.read + REACH
    within = soonest_at % BLOCK
    bench.tape.set_back(WILD, soonest())
    bench.hear(PULL // 2)
    voice.meanwhile = lambda: bench.hear(PULL // 2)
    bench.render(WILD, blocks=1)
    voice.meanwhile = lambda: None
    bench.render(WILD)
    bench.hear(DEPTH // 2)
    assert bench.block.words[LATE_RENDERS] == 0
    changed = int(np.flatnonzero(bench.heard[FULL_LEVEL:, 0] != bench.heard[FULL_LEVEL, 0])[0]) + FULL_LEVEL
    assert changed == (soonest_at if within <= BLOCK - FADE else soonest_at - within + BLOCK)
    bench.close()


def test_a_touch_that_changes_nothing_changes_no_sample(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    for _ in range(30):
        bench.render(CALM)
        bench.hear(300)
        bench.tape.set_back(CALM, soonest())
    assert np.allclose(bench.heard, untouched(make_bench, len(bench.heard)), atol=1e-6)
    bench.close()


def test_the_seam_is_a_fade() -> None:
    bench = Bench(LevelVoice(0.5, RATE_HZ))
    for turn, gain_db in enumerate((0.0, -20.0, 0.0, -40.0, 0.0)):
        patch = Patch(gain_db=gain_db)
        if turn:
            assert bench.tape.set_back(patch, soonest())
        bench.render(patch)
        bench.hear(1500)
    steps = np.abs(np.diff(bench.heard[FULL_LEVEL:], axis=0))
    assert 0.0 < steps.max() <= 0.5 * np.pi / 2.0 / FADE
    assert np.all(bench.heard[FULL_LEVEL:] > 0.0)
    bench.close()


@pytest.mark.parametrize("make_bench", [RATE_HZ, 44100.0], indirect=True)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["touch", "voices", "reset", "return", "haste", "none"]),
            st.integers(0, 40),
            st.integers(0, 2500),
        ),
        max_size=12,
    )
)
@example([("none", 5, 0), ("reset", 5, 200), ("haste", 20, 2000), ("touch", 20, 2000)])
def test_whatever_is_moved_and_however_late_a_take_tells_what_was_heard(
    make_bench: Callable[[], Bench], tmp_path: Path, turns: list[tuple[str, int, int]]
) -> None:
    bench = make_bench()
    patch = CALM
    bench.render(patch)
    bench.hear(400)
    for number, (what, blocks, heard) in enumerate(turns):
        if what == "touch":
            patch = Patch(temperature=0.5 + number / 12, voices=patch.voices, fade_ms=patch.fade_ms)
            bench.tape.set_back(patch, soonest())
        elif what == "voices":
            patch = patch.with_value("voices", 1 + number % 4)
            if number % 3:
                bench.tape.set_back(patch, soonest())
        elif what == "reset":
            bench.tape.set_back(patch, soonest())
            patch = patch.with_value("fade_ms", FADES_MS[number % len(FADES_MS)])
            bench.tape.reset(number, patch)
            bench.render(patch)
            bench.hear(bench.left // 2)
        elif what == "return":
            assert bench.last is not None
            bench.tape.set_back(patch, soonest(heard=REACH + 20 * PULL))
            bench.tape.go_back(bench.last.snapshot.with_seed(number), patch, Trouble.LOOPING)
            bench.render(patch)
            bench.hear(bench.left // 2)
        elif what == "haste":
            bench.tape.make_haste()
        bench.render(patch, blocks)
        bench.hear(min(heard, bench.left))
    bench.render(patch, blocks=1)
    bench.hear(0)
    assert bench.block.words[UNDERRUNS] == 0
    assert_replayed(bench, tmp_path)
    bench.close()


def test_where_there_is_less_time_a_touch_is_heard_later(make_bench: Callable[[], Bench]) -> None:
    bench = make_bench()
    bench.render(CALM)
    bench.hear(1000)
    assert not bench.tape.set_back(WILD, soonest(DEPTH))
    assert not bench.tape.set_back(WILD, soonest(heard=DEPTH))
    assert bench.tape.set_back(WILD, soonest(DEPTH // 2))
    assert DEPTH // 2 <= bench.tape.ahead_samples < DEPTH // 2 + BLOCK
    bench.close()


def test_fades_take_time(make_bench: Callable[[], Bench]) -> None:
    bench, fade_ms, asked = make_bench(), 50.0, list[tuple[tuple[int, ...], int]]()
    fade_samples = ms_to_samples(fade_ms, RATE_HZ)

    def note(fades: tuple[int, ...], kept: int) -> float:
        asked.append((fades, kept))
        return REACH

    noting = Soonest(lambda fades: 0.0, note)
    bench.render(CALM)
    assert bench.tape.set_back(CALM, noting, fade_ms)
    assert asked[-1] == ((fade_samples,), BLOCK - FADE)
    bench.tape.reset(1, CALM.with_value("fade_ms", fade_ms))
    bench.render(CALM, blocks=5)
    assert bench.tape.set_back(CALM.with_value("voices", 2), noting)
    hurried_samples = ms_to_samples(HURRIED_FADE_MS, RATE_HZ)
    assert asked[-1] == ((ms_to_samples(CALM.fade_ms, RATE_HZ), hurried_samples, 0), 0)
    bench.close()


def test_the_usual_touch_is_told(block: SharedBlock) -> None:
    pace = Pace(block)
    block_ms = 1000.0 * BLOCK_SAMPLES / SMALL.sample_rate_hz
    block.words[LARGEST_BLOCK] = 128
    told_ms = []
    pace.tell_touch(LevelVoice(0.5, RATE_HZ), 9600)
    assert block.doubles[TOUCH_MS] == 0.0
    for factor in (0.9, 1.3, 9.0):
        voice = LevelVoice(0.5, RATE_HZ)
        pace.measure(voice, 1, block_ms, 50.0 * block_ms)  # the first one, of which little is held
        pace.tell_touch(voice, 9600)
        pace.measure(voice, 1, block_ms, block_ms / factor)
        pace.tell_touch(voice, 9600)
        told_ms.append(block.doubles[TOUCH_MS])
    assert told_ms[0] == 200.0
    assert 110.0 < told_ms[1] < 115.0
    assert told_ms[2] < 15.0


def test_a_prime_is_heard_at_once_and_another_model_behind_what_is_in_the_ring(rig: Rig) -> None:
    rig.send(SetDepth(200.0), Load(1, "0.5.safetensors", Patch().to_dict()), Play())
    rig.listen(settles_at(0.5))

    def unchanged_samples(command: Command, done: type[Event], level: float) -> int:
        wait_until(lambda: read_metrics(rig.block, rig.reel).depth_ms >= 199.0)
        rig.send(command)
        rig.await_event(lambda event: isinstance(event, done))
        time.sleep(SETTLED_S)
        return len(rig.listen(lambda sound: not settles_at(level)(sound)))

    assert unchanged_samples(Prime("somewhere/0.3.wav"), Primed, 0.5) < 1000
    rig.listen(settles_at(0.3))
    assert unchanged_samples(Load(2, "0.25.safetensors"), Loaded, 0.3) > DEPTH - 1000
    rig.listen(settles_at(0.25))


@pytest.mark.parametrize("quick", [True, False])
def test_in_an_engine(rig: Rig, quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not quick:
        monkeypatch.setattr("livernn.engine.pace._LEAST_LEFT", 2.0)
    control = ControlBlock(rig.block)
    rig.send(SetDepth(200.0), Load(1, "0.5.safetensors", Patch().to_dict()), Play())
    rig.listen(lambda sound: bool(np.all(sound == 0.5)))
    ring = rig.block.words[RING_AT : RING_AT + RING_WORDS]
    wait_until(lambda: read_metrics(rig.block, rig.reel).depth_ms >= 199.0)
    begin, end = int(ring[RING_READ]), int(ring[0])
    control.write(Patch(gain_db=-20.0), 1)
    wait_until(lambda: not quick or rig.block.ring[(end - 1) % len(rig.block.ring), 0] != 0.5)
    heard = rig.listen(lambda sound: bool(np.all(sound < 0.06)))
    changed = int(np.flatnonzero(heard != 0.5)[0])
    assert changed < 1000 if quick else changed >= end - begin
    assert read_metrics(rig.block, rig.reel).state is EngineState.PLAYING
