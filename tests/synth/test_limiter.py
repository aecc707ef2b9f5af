import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.synth.limiter import CEILING_DB, THRESHOLD_DB, Limiter
from livernn.units import db_to_gain, gain_to_db

CEILING = db_to_gain(CEILING_DB)


def sine(frequency_hz: float, rate_hz: float, seconds: float, amplitude: float) -> NDArray[np.float32]:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000.0, 44100.0, 48000.0, 192000.0])
def test_below_the_threshold_only_the_delay_remains(rate_hz: float) -> None:
    audio = sine(440.0, rate_hz, 0.5, 0.999 * db_to_gain(THRESHOLD_DB))
    limiter = Limiter(rate_hz)
    limited = limiter.process(audio)
    assert 0 < limiter.delay_samples <= rate_hz / 1000
    assert np.array_equal(limited[limiter.delay_samples :], audio[: -limiter.delay_samples])
    assert limiter.gain_db == 0.0


@given(
    peaks=st.lists(
        st.tuples(st.integers(0, 400), st.floats(0.0, 1e6, width=32), st.sampled_from([-1.0, 1.0])),
        min_size=1,
        max_size=60,
    ),
    rate_hz=st.sampled_from([8000.0, 44100.0, 48000.0]),
)
def test_never_above_the_ceiling(peaks: list[tuple[int, float, float]], rate_hz: float) -> None:
    audio = np.concatenate([np.append(np.zeros(gap), sign * peak) for gap, peak, sign in peaks]).astype(np.float32)
    limited = Limiter(rate_hz).process(np.append(audio, np.zeros(500, dtype=np.float32)))
    assert abs(limited).max() <= CEILING * (1 + 1e-6)


@pytest.mark.parametrize(("frequency_hz", "limit_db"), [(60.0, -28.0), (440.0, -70.0), (7000.0, -100.0)])
def test_a_hot_sine_comes_out_at_the_ceiling_and_clean(frequency_hz: float, limit_db: float) -> None:
    limited = Limiter(48000.0).process(sine(frequency_hz, 48000.0, 2.0, 4.0))[48000:]
    assert CEILING * 0.97 < abs(limited).max() <= CEILING * (1 + 1e-6)
    spectrum = abs(np.fft.rfft(limited * np.hanning(limited.size))) ** 2
    own = abs(np.fft.rfftfreq(limited.size, 1 / 48000.0) - frequency_hz) < 5.0
    distortion_db = 10 * np.log10(spectrum[~own].sum() / spectrum[own].sum())
    assert distortion_db < limit_db


def test_the_gain_moves_without_a_step() -> None:
    audio = np.full(48000, 0.1, dtype=np.float32)
    audio[20000] = 8.0
    limiter = Limiter(48000.0)
    limited = limiter.process(audio)
    gain = limited / np.roll(audio, limiter.delay_samples)
    gain[20000 + limiter.delay_samples] = gain[20000 + limiter.delay_samples - 1]
    assert gain[limiter.delay_samples :].min() < 0.2
    assert abs(np.diff(gain[limiter.delay_samples :])).max() < 1.1 / limiter.delay_samples
    assert gain[-1] == pytest.approx(1.0, abs=0.03)


def test_the_reduction_is_reported_per_block() -> None:
    limiter = Limiter(48000.0)
    limiter.process(sine(440.0, 48000.0, 0.2, 4.0))
    assert limiter.gain_db == pytest.approx(gain_to_db(CEILING / 4.0), abs=0.3)
    for _ in range(60):
        limiter.process(np.zeros(4800, dtype=np.float32))
    assert limiter.gain_db == 0.0


@given(blocks=st.lists(st.integers(0, 120), min_size=1, max_size=15))
def test_any_split_gives_the_same_samples(blocks: list[int]) -> None:
    audio = np.random.default_rng(2).normal(0, 0.8, sum(blocks)).astype(np.float32)
    whole = Limiter(44100.0).process(audio)
    limiter = Limiter(44100.0)
    parts = [limiter.process(part) for part in np.split(audio, np.cumsum(blocks)[:-1])]
    assert np.array_equal(np.concatenate(parts), whole)


def test_reset_forgets_the_past() -> None:
    audio = sine(440.0, 48000.0, 0.1, 3.0)
    limiter = Limiter(48000.0)
    first = limiter.process(audio)
    limiter.reset()
    assert np.array_equal(limiter.process(audio), first)


def test_both_sides_are_turned_down_for_the_louder() -> None:
    loud, quiet = sine(440.0, 48000.0, 0.5, 4.0), sine(300.0, 48000.0, 0.5, 0.2)
    limiter = Limiter(48000.0, channels=2)
    limited = limiter.process(np.stack([quiet, loud], axis=1))
    alone = Limiter(48000.0).process(loud)
    assert np.array_equal(limited[:, 1], alone)
    late = limiter.delay_samples
    crossing = abs(loud[:-late]) > 1.0
    gain = (alone[late:] / np.where(loud == 0.0, 1.0, loud)[:-late])[crossing]
    assert gain.max() < 0.9
    assert np.allclose(limited[late:, 0][crossing], gain * quiet[:-late][crossing], atol=1e-6)
