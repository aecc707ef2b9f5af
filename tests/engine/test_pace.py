"""How fast the sampler takes itself to be."""

import math
import weakref
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from livernn.engine.pace import Pace
from livernn.engine.shared import LARGEST_BLOCK, SharedBlock
from tests.engine.fakes import RATE_HZ, LevelVoice

BLOCK_MS = 4.0
BLOCK, DEPTH = 192, 9600
VOICE = LevelVoice(0.5, RATE_HZ)


@pytest.fixture
def pace() -> Iterator[Pace]:
    block = SharedBlock.create()
    yield Pace(block)
    block.close()


def loses_ground_after(pace: Pace, spent_ms: Iterable[float], sounds: int = 1) -> list[int]:
    """Blocks of so many sounds measured when it said so."""
    found = []
    for number, one_ms in enumerate(spent_ms, 1):
        pace.measure(VOICE, 1, sounds * BLOCK_MS, one_ms)
        if pace.loses_ground(sounds):
            found.append(number)
    return found


@pytest.mark.parametrize("cost", [0.96, 1.1])
def test_five_blocks_that_take_as_long_as_they_last_lose_ground(pace: Pace, cost: float) -> None:
    assert loses_ground_after(pace, [cost * BLOCK_MS] * 7) == [5, 6, 7]


@pytest.mark.parametrize("stall_ms", [10.0, 100.0, 1000.0])
def test_a_stall_is_not_enough(pace: Pace, stall_ms: float) -> None:
    usual_ms = 0.5 * BLOCK_MS
    assert loses_ground_after(pace, [*[usual_ms] * 50, *[stall_ms] * 4, *[usual_ms] * 100]) == []


def test_nor_is_what_keeps_up(pace: Pace) -> None:
    assert loses_ground_after(pace, [0.94 * BLOCK_MS] * 2000) == []


def test_two_sounds_may_lose_ground_where_each_alone_would_not(pace: Pace) -> None:
    assert loses_ground_after(pace, [1.1 * BLOCK_MS] * 9, sounds=2) == [5, 6, 7, 8, 9]
    assert not pace.loses_ground(1)
    assert pace.carries(1.5)
    assert not pace.carries(1.7)


@pytest.mark.parametrize(
    ("voices", "spent_ms", "fewer"), [(8, 4.1, 6), (8, 5.0, 5), (8, 9.0, 2), (3, 4.1, 2), (2, 30.0, 1)]
)
def test_as_many_voices_are_left_as_keep_up(pace: Pace, voices: int, spent_ms: float, fewer: int) -> None:
    loses_ground_after(pace, [*[0.1] * 50, *[spent_ms] * 4, 100.0, *[spent_ms] * 2])
    assert pace.loses_ground(1)
    assert pace.fitting(voices) == fewer
    assert not pace.loses_ground(1)


@pytest.mark.parametrize(("voice", "voices"), [(LevelVoice(0.5, RATE_HZ), 1), (VOICE, 4)])
def test_what_was_measured_is_not_taken_for_another_voice_s_or_number_s(
    pace: Pace, voice: LevelVoice, voices: int
) -> None:
    for _ in range(100):
        pace.measure(VOICE, 1, BLOCK_MS, 0.1 * BLOCK_MS)
    assert pace.beginning_samples(DEPTH, DEPTH, 1.0, ()) < 0.05 * DEPTH
    pace.measure(voice, voices, BLOCK_MS, 1.25 * BLOCK_MS)
    assert pace.beginning_samples(DEPTH, DEPTH, 1.0, ()) >= DEPTH
    assert not pace.carries(1.0)
    assert pace.more(8) == pytest.approx(3.8 / (1.0 + 0.4 * (voices - 1)))


def test_the_first_block_may_take_longer_than_others(pace: Pace) -> None:
    pace.measure(VOICE, 1, BLOCK_MS, 25.0 * BLOCK_MS)
    assert not pace.carries(1.0)
    pace.measure(VOICE, 1, BLOCK_MS, 0.5 * BLOCK_MS)
    assert pace.carries(1.7)
    pace.measure(VOICE, 1, BLOCK_MS, BLOCK_MS)
    assert not pace.carries(1.7)


def test_a_voice_that_was_measured_is_not_kept(pace: Pace) -> None:
    voice = LevelVoice(0.5, RATE_HZ)
    pace.measure(voice, 4, BLOCK_MS, BLOCK_MS)
    assert pace.is_fewer(voice, 3)
    assert not pace.is_fewer(VOICE, 3)
    kept = weakref.ref(voice)
    del voice
    assert kept() is None


@given(st.floats(0.5, 20.0), st.floats(1.0, 4.0), st.integers(0, DEPTH), st.lists(st.integers(0, 96_000), max_size=3))
def test_a_ring_that_is_rendered_again_is_not_emptied_and_soon_full(
    factor: float, more: float, stock: int, fades: list[int]
) -> None:
    with closing(SharedBlock.create()) as block:
        pace = Pace(block)
        pace.measure(VOICE, 1, BLOCK_MS, BLOCK_MS / factor)
        begin = max(0.0, pace.beginning_samples(stock, DEPTH, more, fades))
    if begin < stock:
        left = stock - rendering_samples(stock - begin, fades, factor / more)
        assert left > 0.14 * DEPTH
        until = 1.5 * DEPTH
        assert rendering_samples(DEPTH + until - begin, fades, factor / more) < until + 1


def rendering_samples(count: float, fades: list[int], factor: float) -> float:
    """What is played while so many are rendered, and what they are faded from."""
    return (count + sum(min(fade, count) for fade in fades)) / factor


def test_the_slower_the_later(pace: Pace) -> None:
    shares = []
    for factor in (0.9, 1.0, 1.2, 1.4, 1.6, 5 / 3):
        pace.measure(LevelVoice(0.5, RATE_HZ), 1, BLOCK_MS, BLOCK_MS / factor)
        shares.append(pace.beginning_samples(DEPTH, DEPTH, 1.0, ()) / DEPTH)
    assert shares == pytest.approx([1.15, 1.0, 0.7, 0.4, 0.1, 0.0], abs=0.02)


@pytest.mark.parametrize(
    ("more", "fades", "ahead"), [(1.0, (), 128), (1.0, (96,), 256), (1.0, (96, 9600), 384), (2.0, (96,), 448)]
)
def test_a_block_and_what_it_is_faded_from_are_there_before_they_are_played(
    pace: Pace, more: float, fades: tuple[int, ...], ahead: int
) -> None:
    pace.measure(VOICE, 1, BLOCK_MS, BLOCK_MS / 2.25)
    pace._block.words[LARGEST_BLOCK] = 128
    guard = pace.guard_samples(VOICE)
    assert guard > 128
    assert pace.reach_samples(VOICE, more, fades) == guard + ahead


@given(
    st.floats(1.0, 16.0),
    st.sampled_from([64, 128, 256, 1024]),
    st.lists(st.integers(0, 9600), max_size=2),
    st.integers(0, BLOCK),
)
@example(1.2, 128, [960], 0)
def test_so_are_the_blocks_after_it(factor: float, call: int, fades: list[int], kept: int) -> None:
    assume(factor >= 1.2 or not fades)
    with closing(SharedBlock.create()) as block:
        pace = Pace(block)
        pace.measure(VOICE, 1, BLOCK_MS, BLOCK_MS / factor)
        block.words[LARGEST_BLOCK] = call
        ahead, guard = pace.reach_samples(VOICE, 1.0, fades, kept), pace.guard_samples(VOICE)
    slack = 0.5 * rendering_samples(BLOCK, fades, factor)
    for before in range(0, 100 * BLOCK, BLOCK):
        spent = rendering_samples(before + BLOCK, fades, factor) + slack
        assert ahead + max(0, before - kept) - call * math.ceil(spent / call - 1e-9) >= guard
