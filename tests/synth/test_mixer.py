import numpy as np
import pytest

from livernn.synth.ensemble import heirs, pan_gains, places
from livernn.synth.mixer import Mixer

RATE_HZ = 16000


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.1, shape).astype(np.float32)


def test_the_first_block_starts_at_its_gain_and_later_changes_glide() -> None:
    audio = noise(1, 3200)
    mixer = Mixer(RATE_HZ)
    quiet = mixer.process(audio[:, :1600], np.array([[0.25, 0.5]]))
    assert np.allclose(quiet, audio[0, :1600, np.newaxis] * [0.25, 0.5], atol=1e-7)
    ratio = mixer.process(audio[:, 1600:], np.array([[1.0, 0.5]])) / audio[0, 1600:, np.newaxis]
    left, right = ratio.T
    assert np.allclose(right, 0.5)
    assert np.all(np.diff(left) > -1e-4)
    assert abs(np.diff(left)).max() < 0.75 * 0.0126
    assert left[80] == pytest.approx(1.0 - 0.75 / np.e, abs=0.01)
    assert left[-1] == pytest.approx(1.0, abs=1e-6)


def test_another_number_of_voices_and_a_reset_begin_at_their_gains() -> None:
    audio = noise(3, 100)
    mixer = Mixer(RATE_HZ)
    mixer.process(audio[:1], np.ones((1, 2)))
    gains = pan_gains(3, 0.7)
    assert np.allclose(mixer.process(audio, gains), audio.T @ gains, atol=1e-6)
    mixer.process(audio, 0.1 * gains)
    mixer.reset()
    assert np.allclose(mixer.process(audio, gains), audio.T @ gains, atol=1e-6)


def test_one_voice_is_on_both_sides_as_it_is() -> None:
    audio = noise(1, 500)
    mixed = Mixer(RATE_HZ).process(audio, pan_gains(1, 1.0))
    assert np.array_equal(mixed, np.stack([audio[0], audio[0]], axis=1))


@pytest.mark.parametrize("voices", range(1, 9))
def test_all_stand_evenly_apart_the_first_in_the_middle_and_each_has_the_same_power(voices: int) -> None:
    place = places(voices)
    assert np.allclose(np.sort(place), np.linspace(-1, 1, voices) if voices > 1 else [0.0])
    assert np.all(np.diff(abs(place)) >= 0.0)
    for spread in (0.0, 0.4, 1.0):
        gains = pan_gains(voices, spread)
        assert np.allclose((gains**2).sum(axis=1), 2.0 / voices)
        assert np.allclose((gains**2).sum(axis=0), 1.0)
    assert np.allclose(pan_gains(voices, 0.0), 1.0 / np.sqrt(voices))


def test_voices_that_were_there_go_on_and_further_ones_are_copies() -> None:
    assert heirs(1, 4).tolist() == [0, 0, 0, 0]
    assert heirs(2, 5).tolist() == [0, 1, 0, 1, 0]
    assert heirs(5, 2).tolist() == [0, 1]
