"""How fast the sampler takes itself to be."""

from collections.abc import Iterable, Iterator

import pytest

from livernn.engine.pace import QUICK_FROM, SLOW_BELOW, Pace
from livernn.engine.shared import SharedBlock

BLOCK_MS = 4.0


@pytest.fixture
def pace() -> Iterator[Pace]:
    block = SharedBlock.create()
    yield Pace(block)
    block.close()


def loses_ground_after(pace: Pace, spent_ms: Iterable[float], sounds: int = 1) -> list[int]:
    """Blocks of so many sounds measured when it said so."""
    found = []
    for number, one_ms in enumerate(spent_ms, 1):
        pace.measure(sounds * BLOCK_MS, one_ms)
        if pace.loses_ground(sounds):
            found.append(number)
    return found


def test_five_blocks_that_take_longer_than_they_last_lose_ground(pace: Pace) -> None:
    assert loses_ground_after(pace, [1.1 * BLOCK_MS] * 7) == [5, 6, 7]


@pytest.mark.parametrize("stall_ms", [10.0, 100.0, 1000.0])
def test_a_stall_is_not_enough(pace: Pace, stall_ms: float) -> None:
    usual_ms = 0.5 * BLOCK_MS
    assert loses_ground_after(pace, [*[usual_ms] * 50, *[stall_ms] * 4, *[usual_ms] * 100]) == []


def test_nor_is_what_just_keeps_up(pace: Pace) -> None:
    assert loses_ground_after(pace, [0.99 * BLOCK_MS] * 2000) == []


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


def test_what_is_forgotten_is_not_taken_for_the_next_sound_s(pace: Pace) -> None:
    for _ in range(100):
        pace.measure(BLOCK_MS, 0.1 * BLOCK_MS)
    assert pace.is_quick_for(5.0)
    pace.forget()
    assert not pace.is_quick_for(1.0)
    assert not pace.carries(1.0)
    pace.measure(BLOCK_MS, 0.9 * BLOCK_MS)
    assert not pace.is_quick


def test_touches_stay_on_as_voices_come_that_leave_just_enough_room(pace: Pace) -> None:
    for factor in (QUICK_FROM + 0.1, SLOW_BELOW + 0.1):
        pace.forget()
        pace.measure(BLOCK_MS, BLOCK_MS / factor)
        assert pace.is_quick_for(1.0)
    pace.forget()
    pace.measure(BLOCK_MS, BLOCK_MS / (SLOW_BELOW - 0.1))
    assert not pace.is_quick_for(1.0)


@pytest.mark.parametrize(("spent_ms", "sounds", "left"), [(1.0, 1.0, 155.0), (2.0, 1.0, 110.0), (2.0, 2.0, 20.0)])
def test_what_a_change_leaves_of_the_ring(pace: Pace, spent_ms: float, sounds: float, left: float) -> None:
    for _ in range(50):
        pace.measure(BLOCK_MS, spent_ms)
    assert pace.left_samples(200, 20, sounds) == pytest.approx(left)
    assert pace.left_samples(15, 20, sounds) == 15
