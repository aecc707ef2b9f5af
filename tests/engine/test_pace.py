"""How fast the sampler takes itself to be."""

from collections.abc import Iterable, Iterator

import pytest

from livernn.engine.pace import Pace
from livernn.engine.shared import SharedBlock

BLOCK_MS = 4.0


@pytest.fixture
def pace() -> Iterator[Pace]:
    block = SharedBlock.create()
    yield Pace(block)
    block.close()


def loses_ground_after(pace: Pace, spent_ms: Iterable[float]) -> list[int]:
    """Blocks measured when it said so."""
    found = []
    for number, one_ms in enumerate(spent_ms, 1):
        pace.measure(BLOCK_MS, BLOCK_MS, one_ms)
        if pace.loses_ground():
            found.append(number)
    return found


def test_blocks_that_take_longer_than_they_last_lose_ground_and_it_waits_before_it_says_so_again(pace: Pace) -> None:
    assert loses_ground_after(pace, [1.1 * BLOCK_MS] * 29) == [5, 10, 15, 20, 25]


def test_half_of_them_are_enough(pace: Pace) -> None:
    assert loses_ground_after(pace, [0.8 * BLOCK_MS, 1.2 * BLOCK_MS] * 20)


@pytest.mark.parametrize("stall_ms", [10.0, 100.0, 1000.0])
def test_a_stall_is_not_enough(pace: Pace, stall_ms: float) -> None:
    usual_ms = 0.5 * BLOCK_MS
    assert loses_ground_after(pace, [*[usual_ms] * 50, *[stall_ms] * 4, *[usual_ms] * 100]) == []


def test_nor_is_what_just_keeps_up(pace: Pace) -> None:
    assert loses_ground_after(pace, [0.99 * BLOCK_MS] * 2000) == []


def test_two_sounds_at_once_are_as_quick_as_one_but_may_lose_ground(pace: Pace) -> None:
    for _ in range(9):
        pace.measure(BLOCK_MS, 2.0 * BLOCK_MS, 1.1 * BLOCK_MS)
    assert pace.carries(1.5)
    assert not pace.carries(1.7)
    assert pace.loses_ground()


def test_what_is_forgotten_is_not_taken_for_the_next_sound_s(pace: Pace) -> None:
    for _ in range(100):
        pace.measure(BLOCK_MS, BLOCK_MS, 0.1 * BLOCK_MS)
    assert pace.is_quick
    pace.forget()
    assert not pace.is_quick
    assert not pace.carries(1.0)
    pace.measure(BLOCK_MS, BLOCK_MS, 0.9 * BLOCK_MS)
    assert not pace.is_quick
