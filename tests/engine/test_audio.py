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

FADE = 16


def ring_of(block: SharedBlock) -> RingBuffer:
    return RingBuffer(block.words[RING_AT : RING_AT + RING_WORDS], block.ring)


def play(block: SharedBlock, sound: np.ndarray) -> RingBuffer:
    ring = ring_of(block)
    ring.push(sound.astype(np.float32))
    block.words[GATE] = 1
    return ring


def test_silent_and_untouched_while_the_gate_is_closed(block: SharedBlock) -> None:
    ring = ring_of(block)
    ring.push(np.ones(100, np.float32))
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


def test_every_channel_hears_the_same(block: SharedBlock) -> None:
    block.words[CHANNELS] = 5
    play(block, np.linspace(-1, 1, 64))
    heard = pull(block, 64)
    assert heard.shape == (64, 5)
    assert (heard == heard[:, :1]).all()


def test_the_tap_is_what_was_heard(block: SharedBlock, reel: Reel) -> None:
    play(block, np.random.default_rng(1).uniform(-1, 1, 100))
    heard = np.concatenate([pull(block, count)[:, 0] for count in (7, 64, 1, 100)])
    assert np.array_equal(ScopeTap(reel).latest(heard.size), heard)


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
    ring.push(np.ones(100, np.float32))
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
    ring.push(np.ones(64, np.float32))
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
    ring.push(np.full(50, -1.0, np.float32))
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
    block.words[CHANNELS], block.words[FADE_SAMPLES], block.words[GATE] = 1, 1, 1
    ring = ring_of(block)
    pushed, heard, sent = 0, [], 0
    for push_count, pull_count in turns:
        ring.push(np.arange(pushed + 1, pushed + push_count + 1, dtype=np.float32))
        pushed += push_count
        count = min(pull_count, pushed - sent)
        if count:
            heard.append(pull(block, count)[:, 0])
            sent += count
    assert np.array_equal(np.concatenate([np.empty(0), *heard]), np.arange(1, sent + 1))
    assert block.words[UNDERRUNS] == 0
    block.close()
    reel.close()
