import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.synth.low_cut import LOW_CUT, LowCut
from livernn.units import gain_to_db

RATE_HZ = 16000


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.1, (count, 2)).astype(np.float32)


def sine(frequency_hz: float, seconds: float = 1.0) -> np.ndarray:
    wave = np.sin(2.0 * np.pi * frequency_hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    return np.stack([wave, 0.5 * wave], axis=1).astype(np.float32)


def loss_db(frequency_hz: float, corner_hz: float) -> float:
    before = sine(frequency_hz)
    after = LowCut(RATE_HZ).process(before, corner_hz)
    settled = slice(RATE_HZ // 2, None)
    assert np.allclose(after[settled, 1], 0.5 * after[settled, 0], atol=1e-6)
    return gain_to_db(float(np.std(after[settled, 0]) / np.std(before[settled, 0])))


@pytest.mark.parametrize("corner_hz", [60.0, 180.0, 700.0])
def test_three_db_are_lost_at_the_corner_twelve_an_octave_below_it_and_nothing_above(corner_hz: float) -> None:
    assert loss_db(corner_hz, corner_hz) == pytest.approx(-3.01, abs=0.05)
    assert loss_db(corner_hz / 4.0, corner_hz) == pytest.approx(-24.1, abs=0.2)
    assert loss_db(4.0 * corner_hz, corner_hz) == pytest.approx(0.0, abs=0.05)


def test_off_passes_every_sample_as_it_is_and_does_so_again_after_it_was_on() -> None:
    cut, audio = LowCut(RATE_HZ), noise(8000)
    assert np.array_equal(cut.process(audio, LOW_CUT.minimum), audio)
    assert not np.allclose(cut.process(audio, 300.0), audio, atol=1e-3)
    cut.process(audio, LOW_CUT.minimum)
    assert np.array_equal(cut.process(audio, LOW_CUT.minimum), audio)


@pytest.mark.parametrize(("before_hz", "after_hz"), [(20.0, 1000.0), (1000.0, 20.0), (50.0, 1000.0)])
def test_a_jump_of_the_corner_makes_no_click(before_hz: float, after_hz: float) -> None:
    cut, audio = LowCut(RATE_HZ), sine(40.0)
    crest = RATE_HZ // 2 + RATE_HZ // 40 // 4
    heard = np.concatenate([cut.process(audio[:crest], before_hz), cut.process(audio[crest:], after_hz)])
    steepest = abs(np.diff(audio[:, 0])).max()
    assert abs(np.diff(heard[crest - 10 :, 0])).max() < 1.5 * steepest


@settings(max_examples=20)
@given(splits=st.lists(st.integers(1, 999), max_size=5), corner_hz=st.floats(20.0, 1000.0))
def test_any_split_into_blocks_sounds_the_same(splits: list[int], corner_hz: float) -> None:
    audio, whole, split = noise(1000), LowCut(RATE_HZ), LowCut(RATE_HZ)
    expected = whole.process(audio, corner_hz)
    parts = np.split(audio, sorted(splits))
    assert np.array_equal(np.concatenate([split.process(part, corner_hz) for part in parts]), expected)


def test_a_copy_of_its_state_goes_on_as_it_does() -> None:
    audio, one, other = noise(1000), LowCut(RATE_HZ), LowCut(RATE_HZ)
    one.process(audio, 200.0)
    for array, saved in zip(other.arrays(), one.arrays(), strict=True):
        array[...] = saved
    assert np.array_equal(one.process(audio, 90.0), other.process(audio, 90.0))
