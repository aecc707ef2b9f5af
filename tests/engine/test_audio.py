import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.engine.audio import OUTPUT_OVERFLOW, OUTPUT_UNDERFLOW
from livernn.engine.reel import Reel, ScopeTap
from livernn.engine.ringbuffer import RingBuffer
from livernn.engine.shared import (
    CHANNELS,
    DEVICE_XRUNS,
    FADE_SAMPLES,
    GATE,
    LARGEST_BLOCK,
    REEL_ADDRESS,
    RING_AT,
    RING_WORDS,
    UNDERRUNS,
    SharedBlock,
)
from tests.engine.fakes import pull
from tests.fixtures.stereo import both

FADE = 16


def ring_of(block: SharedBlock) -> RingBuffer:
    return RingBuffer(block.words[RING_AT : RING_AT + RING_WORDS], block.ring)


def play(block: SharedBlock, sound: np.ndarray) -> RingBuffer:
    ring = ring_of(block)
    ring.push(both(sound))
    block.words[GATE] = 1
    return ring


def counted(begin: int, end: int) -> np.ndarray:
    """Every sample tells where it stands, and on which side."""
    return both(np.arange(begin, end)) * np.float32([1.0, -1.0])


def test_silent_and_untouched_while_the_gate_is_closed(block: SharedBlock) -> None:
    ring = ring_of(block)
    ring.push(both(np.ones(100)))
    assert not pull(block, 64).any()
    assert ring.fill == 100
    assert block.words[UNDERRUNS] == 0


def test_opens_with_a_ramp_then_plays_bit_for_bit(block: SharedBlock) -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, 200).astype(np.float32)
    play(block, sound)
    heard = np.concatenate([pull(block, 50) for _ in range(4)])
    assert np.array_equal(heard[FADE:, 0], sound[FADE:])
    ramp = np.arange(1, FADE + 1, dtype=np.float32) / FADE
    assert np.allclose(heard[:FADE, 0], sound[:FADE] * ramp)


@pytest.mark.parametrize("channels", [1, 2, 4, 5])
def test_both_sides_are_heard_or_their_mean_and_further_channels_are_silent(
    block: SharedBlock, reel: Reel, channels: int
) -> None:
    block.words[CHANNELS] = channels
    sound = np.random.default_rng(2).uniform(-1, 1, (200, 2)).astype(np.float32)
    ring_of(block).push(sound)
    block.words[GATE] = 1
    heard = pull(block, 300)
    assert heard.shape == (300, channels)
    if channels == 1:
        assert np.allclose(heard[FADE:200, 0], sound[FADE:].mean(axis=1), atol=1e-7)
    else:
        assert np.array_equal(heard[FADE:200, :2], sound[FADE:])
        assert not heard[:, 2:].any()
    tapped = ScopeTap(reel).latest(300)
    assert np.array_equal(tapped[FADE:200], sound[FADE:])
    # An underrun fades each side from where it was.
    assert np.all(abs(tapped[200:]) <= abs(sound[-1]))
    assert np.all(tapped[200] * sound[-1] > 0)


def test_the_tap_is_what_was_heard(block: SharedBlock, reel: Reel) -> None:
    play(block, np.random.default_rng(1).uniform(-1, 1, 100))
    heard = np.concatenate([pull(block, count) for count in (7, 64, 1, 100)])
    assert np.array_equal(ScopeTap(reel).latest(len(heard)), heard)


def test_closing_the_gate_fades_and_keeps_the_rest(block: SharedBlock) -> None:
    ring = play(block, np.ones(200))
    pull(block, 50)
    block.words[GATE] = 0
    heard = pull(block, 50)[:, 0]
    assert np.abs(np.diff(heard, prepend=1.0)).max() <= 1.0 / FADE + 1e-6
    assert not heard[FADE:].any()
    assert ring.fill == 200 - 50 - FADE


def test_an_underrun_is_a_short_fade_zeros_and_one_count(block: SharedBlock) -> None:
    ring = play(block, np.ones(40))
    heard = np.concatenate([pull(block, 64)[:, 0] for _ in range(3)])
    assert block.words[UNDERRUNS] == 1
    assert np.abs(np.diff(heard, prepend=0.0)).max() < 0.35
    assert not heard[40 + 4 * FADE :].any()
    ring.push(both(np.ones(100)))
    again = pull(block, 64)[:, 0]
    assert np.abs(np.diff(again, prepend=heard[-1])).max() <= 1.0 / FADE + 1e-6
    assert again[-1] == 1.0
    pull(block, 64)
    assert block.words[UNDERRUNS] == 2


def test_stopping_with_an_empty_ring_is_no_underrun(block: SharedBlock) -> None:
    play(block, np.ones(32))
    pull(block, 32)
    block.words[GATE] = 0
    assert not pull(block, 200)[-100:].any()
    assert block.words[UNDERRUNS] == 0


def test_recovery_within_the_fade_stays_below_full_scale(block: SharedBlock) -> None:
    ring = play(block, np.ones(32))
    pull(block, 34)
    ring.push(both(np.ones(64)))
    assert pull(block, 64).max() <= 1.0


@pytest.mark.parametrize(("flags", "xruns"), [(0, 0), (OUTPUT_UNDERFLOW, 1), (OUTPUT_OVERFLOW, 1), (0x10, 0), (0x3, 0)])
def test_what_the_device_missed_is_counted_apart(block: SharedBlock, flags: int, xruns: int) -> None:
    pull(block, 16, flags)
    assert block.words[DEVICE_XRUNS] == xruns
    assert block.words[UNDERRUNS] == 0


def test_discarded_sound_is_dropped_once_nothing_is_heard(block: SharedBlock) -> None:
    ring = play(block, np.ones(200))
    pull(block, 50)
    block.words[GATE] = 0
    ring.discard()
    pull(block, 50)
    ring.push(both(np.full(50, -1.0)))
    block.words[GATE] = 1
    assert (pull(block, 50)[:, 0] < 0).all()


def test_the_largest_block_is_known(block: SharedBlock) -> None:
    for count in (64, 256, 128):
        pull(block, count)
    assert block.words[LARGEST_BLOCK] == 256


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), max_size=30))
def test_however_it_is_cut_all_is_heard_once_and_in_order(turns: list[tuple[int, int]]) -> None:
    block, reel = SharedBlock.create(), Reel.create()
    block.words[REEL_ADDRESS] = reel.address
    block.words[CHANNELS], block.words[FADE_SAMPLES], block.words[GATE] = 2, 1, 1
    ring = ring_of(block)
    pushed, heard, sent = 0, [], 0
    for push_count, pull_count in turns:
        ring.push(counted(pushed + 1, pushed + push_count + 1))
        pushed += push_count
        count = min(pull_count, pushed - sent)
        if count:
            heard.append(pull(block, count))
            sent += count
    all_heard = np.concatenate([np.empty((0, 2)), *heard])
    assert np.array_equal(all_heard, counted(1, sent + 1))
    assert block.words[UNDERRUNS] == 0
    block.close()
    reel.close()
