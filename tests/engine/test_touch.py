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
from livernn.engine.history import History, JournalReader
from livernn.engine.messages import Command, Event, Load, Loaded, Play, Prime, Primed, SetDepth
from livernn.engine.origin import Origin
from livernn.engine.pace import Pace
from livernn.engine.reel import Reel
from livernn.engine.replay import replay
from livernn.engine.score import Flow, Score
from livernn.engine.shared import (
    CHANNELS,
    FADE_SAMPLES,
    GATE,
    LARGEST_BLOCK,
    LATE_RENDERS,
    LEVEL,
    REEL_ADDRESS,
    RING_AT,
    RING_CURSOR,
    RING_READ,
    RING_WORDS,
    TOUCH_MS,
    UNDERRUNS,
    ControlBlock,
    SharedBlock,
    read_metrics,
)
from livernn.engine.studio import BLOCK_SAMPLES, Instrument, Processor, VoiceLike
from livernn.engine.take import new_card
from livernn.engine.tape import Incoming, Soonest, Tape
from livernn.engine.transport import HURRIED_FADE_MS, EngineState
from livernn.model.checkpoint import load_checkpoint
from livernn.synth.choir import choir_of
from livernn.synth.guard import Rendered
from livernn.synth.kernel import load_kernel
from livernn.synth.voice import Voice
from livernn.units import SIDES, ms_to_samples
from tests.engine.fakes import RATE_HZ, SMALL, LevelVoice, Rig, pull, save_small, settles_at, wait_until

CALM, WILD = Patch(temperature=0.6, gain_db=-3.0), Patch(temperature=1.4)
BLOCK = 192
"""Device samples of a block."""
FADE = 96
PULL = 128
GUARD, REACH = PULL + 14, 2 * PULL + 14
DEPTH = 9600
SETTLED_S = 0.1
"""The sampler has seen what it was told."""
FADES_MS = (20.0, 150.0, 2.0)
FULL_LEVEL = 16
"""Of the gate."""


class Bench:
    """A tape and what was heard of it."""

    def __init__(self, voice: VoiceLike, checkpoint: Path = Path("none")) -> None:
        self.reel = Reel.create()
        self.block = SharedBlock.create()
        words = self.block.words
        words[[REEL_ADDRESS, CHANNELS, FADE_SAMPLES]] = self.reel.address, 2, FULL_LEVEL
        words[[GATE, LEVEL]] = 1, FULL_LEVEL
        self.entries = JournalReader(self.reel)
        self.history = History()
        self.tape = Tape(self.block, self.reel)
        sha256 = load_checkpoint(checkpoint).sha256 if checkpoint.exists() else ""
        origin = Origin(str(checkpoint), sha256, "int8", 1)
        self.sound = Incoming(Instrument(None, voice, Processor("CPU", "int8")), origin, 0, CALM)  # type: ignore[arg-type]
        self.tape.start(self.sound)
        self.last: Rendered | None = None
        self.heard = np.empty((0, SIDES), np.float32)

    def close(self) -> None:
        self.block.close()
        self.reel.close()

    @property
    def read(self) -> int:
        return int(self.block.words[RING_AT + RING_READ])

    def render(self, patch: Patch, blocks: int | None = None, in_time: Soonest | None = None) -> None:
        """So many blocks, or until the ring is full."""
        while (blocks is None and self.tape.ahead_samples < DEPTH) or (blocks is not None and blocks > 0):
            self.last = self.tape.render(patch, GUARD, lambda: in_time or soonest()) or self.last
            blocks = None if blocks is None else blocks - 1

    def hear(self, count: int) -> None:
        for start in range(0, count, PULL):
            self.heard = np.concatenate((self.heard, pull(self.block, min(PULL, count - start))))
        self.history.add(self.entries.take() or [])
        self.history.hear(self.read, self.read)


def soonest(begin: float = 0.0, heard: float = REACH) -> Soonest:
    """There is time, and enough in the ring, for everything beyond these."""
    return Soonest(lambda fades: begin, lambda fades, kept: heard)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(scope="module", params=[RATE_HZ])
def make_bench(model: Path, request: pytest.FixtureRequest) -> Callable[[], Bench]:
    weights = load_kernel(load_checkpoint(model))
    return lambda: Bench(Voice(choir_of(weights, 1), request.param), model)


def untouched(make_bench: Callable[[], Bench], count: int) -> NDArray[np.float32]:
    """What is heard where nothing is moved."""
    bench = make_bench()
    while len(bench.heard) < count:
        bench.render(CALM)
        bench.hear(PULL)
    bench.close()
    return bench.heard[:count]


def first_difference(bench: Bench, make_bench: Callable[[], Bench]) -> int:
    return int(np.flatnonzero((bench.heard != untouched(make_bench, len(bench.heard))).any(axis=1))[0])


def assert_replayed(bench: Bench, tmp_path: Path) -> None:
    flow = Flow(0, 0, is_open=True, starved=False, level=FULL_LEVEL)
    score = Score(
        tmp_path, new_card("", "", int(bench.sound.rate_hz), 0), [flow], bench.history.since(0), len(bench.heard)
    )
    again = np.concatenate(list(replay(score)))
    different = np.flatnonzero((again != bench.heard)[FULL_LEVEL * 20 :].any(axis=1))
    assert different.size == 0, different[:3]


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


def test_a_late_render_leaves_the_old_sound_and_is_counted(make_bench: Callable[[], Bench], tmp_path: Path) -> None:
    bench = make_bench()
    bench.render(CALM)
    bench.hear(1024)
    bench.tape.set_back(WILD, soonest())
    bench.render(WILD, blocks=2)
    bench.hear(2048)
    came_back = bench.read
    bench.render(WILD)
    bench.hear(DEPTH // 2)
    assert bench.block.words[LATE_RENDERS] == 1
    assert bench.block.words[UNDERRUNS] == 0
    twin = untouched(make_bench, len(bench.heard))
    overwritten = 1024 + REACH + 3 * BLOCK
    assert np.array_equal(bench.heard[overwritten : came_back + REACH], twin[overwritten : came_back + REACH])
    taken_up = came_back + REACH + BLOCK + FADE
    assert not np.array_equal(bench.heard[taken_up:], twin[taken_up:])
    assert_replayed(bench, tmp_path)
    bench.close()


@pytest.mark.parametrize(("begin", "taken_up"), [(0, REACH), (DEPTH // 2, DEPTH // 2), (DEPTH, DEPTH - 2048 + 1024)])
def test_what_is_late_is_taken_up_where_enough_is_left_or_else_as_the_ring_ends(
    make_bench: Callable[[], Bench], begin: int, taken_up: int
) -> None:
    bench = late_bench(make_bench)
    end = int(bench.block.words[RING_AT])
    bench.render(WILD, blocks=1, in_time=soonest(begin))
    expected = min(bench.read + taken_up, end - 1) // BLOCK * BLOCK
    assert expected <= int(bench.block.words[RING_AT + RING_CURSOR]) - BLOCK <= expected + BLOCK
    bench.close()


def late_bench(make_bench: Callable[[], Bench]) -> Bench:
    """Whose next block of `WILD` is late."""
    bench = make_bench()
    bench.render(CALM)
    bench.hear(1024)
    bench.tape.set_back(WILD, soonest())
    bench.render(WILD, blocks=2)
    bench.hear(1024)
    return bench


def test_what_is_late_again_is_given_twice_as_much_time_until_the_ring_is_whole(
    make_bench: Callable[[], Bench],
) -> None:
    bench = late_bench(make_bench)
    bench.render(WILD, blocks=1)
    assert 0 <= bench.tape.ahead_samples - BLOCK - REACH < BLOCK
    bench.hear(1024)
    bench.render(WILD, blocks=1)
    assert bench.block.words[LATE_RENDERS] == 2
    assert 0 <= bench.tape.ahead_samples - BLOCK - 2 * REACH < BLOCK
    bench.render(WILD)
    bench.hear(1024)
    assert bench.tape.set_back(CALM, soonest())
    assert 0 <= bench.tape.ahead_samples - REACH + BLOCK < 2 * BLOCK
    bench.close()


def test_the_fade_to_a_new_sound_that_is_late_takes_time(make_bench: Callable[[], Bench]) -> None:
    bench, asked = make_bench(), list[tuple[int, ...]]()
    bench.render(CALM)
    bench.hear(1024)
    bench.tape.set_back(CALM, soonest(), CALM.fade_ms)
    bench.tape.reset(1, CALM)
    bench.render(CALM, blocks=1)
    bench.hear(1024)

    def note(fades: tuple[int, ...], kept: int) -> float:
        asked.append(fades)
        return REACH

    bench.render(CALM, blocks=1, in_time=Soonest(lambda fades: 0.0, note))
    assert set(asked) == {(ms_to_samples(HURRIED_FADE_MS, RATE_HZ), 0)}
    bench.close()


def test_what_is_late_is_not_taken_up_where_it_was(make_bench: Callable[[], Bench]) -> None:
    bench = late_bench(make_bench)
    cursor = int(bench.block.words[RING_AT + RING_CURSOR])
    bench.block.words[RING_AT + RING_READ] = cursor - GUARD + 1
    bench.render(WILD, blocks=1, in_time=soonest(heard=0.0))
    assert bench.block.words[LATE_RENDERS] == 1
    assert int(bench.block.words[RING_AT + RING_CURSOR]) == cursor + 2 * BLOCK
    bench.close()


@pytest.mark.parametrize("moment", range(1000, 1192, 24))
def test_a_touch_that_is_never_rendered_in_time_is_heard_behind_the_ring(
    make_bench: Callable[[], Bench], tmp_path: Path, moment: int
) -> None:
    bench = make_bench()
    bench.render(CALM)
    bench.hear(moment)
    assert bench.tape.set_back(WILD, soonest())
    bench.hear(_left(bench) - REACH)
    bench.render(WILD)
    bench.hear(DEPTH // 2)
    assert bench.block.words[LATE_RENDERS] == 1
    assert DEPTH <= first_difference(bench, make_bench) < DEPTH + BLOCK
    assert_replayed(bench, tmp_path)
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
            bench.hear(_left(bench) // 2)
        elif what == "return":
            assert bench.last is not None
            bench.tape.set_back(patch, soonest(heard=REACH + 20 * PULL))
            bench.tape.go_back(bench.last.snapshot.with_seed(number), patch, Trouble.LOOPING)
            bench.render(patch)
            bench.hear(_left(bench) // 2)
        elif what == "haste":
            bench.tape.make_haste()
        bench.render(patch, blocks)
        bench.hear(min(heard, _left(bench)))
    bench.render(patch, blocks=1)
    bench.hear(0)
    assert bench.block.words[UNDERRUNS] == 0
    assert_replayed(bench, tmp_path)
    bench.close()


def _left(bench: Bench) -> int:
    return max(0, int(bench.block.words[RING_AT]) - bench.read)


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
