"""What is on the reel, and how it is read."""

import numpy as np

from livernn.engine.audio import OUTPUT_UNDERFLOW
from livernn.engine.reel import MARKS, OWNER, TAP_SAMPLES, TAP_WRITTEN, Mark, MarkReader, Reel, ScopeTap
from livernn.engine.ringbuffer import RingBuffer
from livernn.engine.shared import GATE, LIFE, RING_AT, RING_WORDS, STREAM_RATE_HZ, SharedBlock
from tests.engine.fakes import pull
from tests.fixtures.stereo import both, mono

FADE = 16
RATE_HZ = 48000


def ring_of(block: SharedBlock) -> RingBuffer:
    block.words[STREAM_RATE_HZ] = RATE_HZ
    return RingBuffer(block.words[RING_AT : RING_AT + RING_WORDS], block.ring)


def flow(heard: int, ring: int, *, level: int = 0, **flags: bool) -> Mark:
    plain = {"is_open": False, "starved": False, "xrun": False}
    return Mark(heard=heard, ring=ring, level=level, rate_hz=RATE_HZ, **{**plain, **flags})


def test_memory_outlives_close_as_long_as_it_is_looked_at(reel: Reel) -> None:
    tap = ScopeTap(reel)
    reel.tap[0] = 0.5, -0.5
    reel.words[TAP_WRITTEN] = 1
    reel.close()
    assert tap.latest(1).tolist() == [[0.5, -0.5]]


def test_the_tap_gives_the_latest_in_order_across_its_end(reel: Reel) -> None:
    tap = ScopeTap(reel)
    assert tap.latest(4).tolist() == [[0.0, 0.0]] * 4
    heard = np.arange(TAP_SAMPLES + 10, dtype=np.float32)
    reel.tap[np.arange(heard.size) % TAP_SAMPLES] = both(heard)
    reel.words[TAP_WRITTEN] = heard.size
    assert np.array_equal(mono(tap.latest(1000)), heard[-1000:])
    assert len(tap.latest(TAP_SAMPLES * 2)) == TAP_SAMPLES // 2


def test_the_tap_is_silent_before_the_first_sample(reel: Reel) -> None:
    reel.tap[:] = 9.0
    reel.words[TAP_WRITTEN] = 3
    assert mono(ScopeTap(reel).latest(5)).tolist() == [0.0, 0.0, 9.0, 9.0, 9.0]


def test_a_stretch_of_the_tap_tells_what_was_overwritten(reel: Reel) -> None:
    reel.tap[:] = both(np.arange(TAP_SAMPLES))
    reel.words[TAP_WRITTEN] = TAP_SAMPLES
    assert mono(ScopeTap(reel).between(3, 6)[0]).tolist() == [3.0, 4.0, 5.0]
    reel.words[TAP_WRITTEN] = TAP_SAMPLES + 5
    samples, lost = ScopeTap(reel).between(3, 7)
    assert lost == 2
    assert mono(samples).tolist() == [0.0, 0.0, 5.0, 6.0]


def test_every_break_between_ring_and_tap_leaves_a_mark(block: SharedBlock, reel: Reel) -> None:
    ring, marks = ring_of(block), MarkReader(reel)
    pull(block, 10)
    ring.push(both(np.ones(100)))
    block.words[GATE] = 1
    pull(block, 40)
    pull(block, 40, OUTPUT_UNDERFLOW)
    pull(block, 40)
    ring.push(both(np.ones(100)))
    pull(block, 40)
    block.words[GATE] = 0
    pull(block, 40)
    ring.discard()
    pull(block, 40)
    assert marks.take() == (
        [
            flow(0, 0),
            flow(10, 0, is_open=True),
            flow(50, 40, is_open=True, level=FADE, xrun=True),
            flow(110, 100, is_open=True, starved=True),
            flow(130, 100, is_open=True),
            flow(170, 140, level=FADE),
            flow(210, 200),
        ],
        0,
    )
    assert marks.take() == ([], 0)


def test_a_mark_moved_along_says_what_the_callback_would() -> None:
    assert flow(10, 5, is_open=True).advanced(13, FADE) == flow(13, 8, is_open=True, level=3)
    assert flow(10, 5, is_open=True, xrun=True).advanced(110, FADE) == flow(110, 105, is_open=True, level=FADE)
    assert flow(10, 5, level=FADE).advanced(110, FADE) == flow(110, 5 + FADE)
    assert flow(10, 5, is_open=True, starved=True).advanced(110, FADE) == flow(110, 5, is_open=True, starved=True)


def test_marks_that_came_too_fast_are_counted(block: SharedBlock, reel: Reel) -> None:
    marks = MarkReader(reel)
    for _ in range(MARKS + 3):
        pull(block, 1, OUTPUT_UNDERFLOW)
    taken, lost = marks.take()
    assert lost == 3
    assert [mark.heard for mark in taken] == list(range(3, MARKS + 3))


def test_an_orphan_of_another_life_plays_on_but_writes_nothing(block: SharedBlock, reel: Reel) -> None:
    ring_of(block).push(both(np.ones(100)))
    block.words[GATE] = 1
    reel.words[OWNER] = block.words[LIFE] + 1
    assert pull(block, 50).any()
    assert not reel.tap.any()
    assert ScopeTap(reel).written == 0
    assert MarkReader(reel).take() == ([], 0)
