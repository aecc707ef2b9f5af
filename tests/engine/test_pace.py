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


def crowded_at_ms(pace: Pace, spent_ms: Iterable[float]) -> list[float]:
    """Model time at which it said so, block by block."""
    found = []
    for number, one_ms in enumerate(spent_ms, 1):
        pace.measure(BLOCK_MS, one_ms)
        if pace.is_crowded():
            found.append(number * BLOCK_MS)
    return found


def test_what_is_too_slow_for_two_seconds_is_too_much(pace: Pace) -> None:
    first_ms, second_ms = crowded_at_ms(pace, [1.1 * BLOCK_MS] * 1100)
    assert 2000.0 < first_ms < 2010.0
    assert 4000.0 < second_ms < 4020.0


@pytest.mark.parametrize("stall_ms", [10.0, 100.0, 1000.0])
def test_a_stall_is_not(pace: Pace, stall_ms: float) -> None:
    usual_ms = 0.5 * BLOCK_MS
    assert crowded_at_ms(pace, [*[usual_ms] * 500, stall_ms, *[usual_ms] * 1000]) == []


def test_nor_is_what_just_keeps_up(pace: Pace) -> None:
    assert crowded_at_ms(pace, [0.99 * BLOCK_MS] * 2000) == []
