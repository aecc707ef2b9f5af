"""A render that is late leaves the old sound, and is taken up again: the tape by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livernn.engine.shared import (
    LATE_RENDERS,
    RING_AT,
    RING_CURSOR,
    RING_READ,
    UNDERRUNS,
)
from livernn.engine.tape import Soonest
from livernn.engine.transport import HURRIED_FADE_MS
from livernn.units import ms_to_samples
from tests.engine.fakes import RATE_HZ
from tests.engine.tape_bench import (
    BLOCK,
    CALM,
    DEPTH,
    FADE,
    GUARD,
    REACH,
    WILD,
    Bench,
    assert_replayed,
    first_difference,
    soonest,
    untouched,
)


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


@pytest.mark.parametrize(("begin", "taken_up"), [(0, REACH), (DEPTH // 2, DEPTH // 2), (DEPTH, DEPTH)])
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
    bench.hear(bench.left - REACH)
    bench.render(WILD)
    bench.hear(DEPTH // 2)
    assert bench.block.words[LATE_RENDERS] == 1
    assert DEPTH <= first_difference(bench, make_bench) < DEPTH + BLOCK
    assert_replayed(bench, tmp_path)
    bench.close()
