import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.synth.resample import DELAY_S, Resampler

RATES = [8000.0, 11025.0, 16000.0, 22050.0, 44100.0, 47999.0, 48000.0, 88200.0, 96000.0, 192000.0]


def sine(frequency_hz: float, rate_hz: float, count: int, amplitude: float = 1.0) -> NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(count) / rate_hz)).astype(np.float32)


def spectrum(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """Power of each bin, summing to 1 over the bins of a sine of amplitude 1; side lobes lie below -110 dB."""
    window = np.kaiser(audio.size, 18.0)
    return np.abs(np.fft.rfft(audio * window)) ** 2 * 4 / (window**2).sum() / audio.size


def power_db(power: float) -> float:
    return float(10 * np.log10(max(power, 1e-15)))


def tone_response_db(model_hz: float, device_hz: float, tone_hz: float) -> tuple[float, float]:
    """Level of a full-scale tone after conversion, and of everything else together."""
    resampled = Resampler(model_hz, device_hz).process(sine(tone_hz, model_hz, int(model_hz)))
    steady = resampled[resampled.size // 2 :]
    power = spectrum(steady)
    own = abs(np.arange(power.size) * device_hz / steady.size - tone_hz) < 60.0
    return power_db(power[own].sum()), power_db(power[~own].sum())


@pytest.mark.parametrize("model_hz", [8000.0, 16000.0, 22050.0, 44100.0])
@pytest.mark.parametrize("device_hz", [44100.0, 47999.0, 48000.0, 192000.0])
def test_the_pass_band_is_flat_and_images_are_faint(model_hz: float, device_hz: float) -> None:
    for share in (0.01, 0.1, 0.25, 0.4, 0.45):
        tone_hz = share * min(model_hz, device_hz)
        level_db, other_db = tone_response_db(model_hz, device_hz, tone_hz)
        assert abs(level_db) < 0.5, (share, level_db)
        assert other_db < -60.0, (share, other_db)


@pytest.mark.parametrize("device_hz", [8000.0, 11025.0, 12000.0])
def test_a_slower_device_hears_no_aliases(device_hz: float) -> None:
    for share in (0.01, 0.25, 0.45):
        level_db, other_db = tone_response_db(16000.0, device_hz, share * device_hz)
        assert abs(level_db) < 0.5
        assert other_db < -60.0
    for share in (0.55, 0.6):
        resampled = Resampler(16000.0, device_hz).process(sine(share * device_hz, 16000.0, 16000))
        assert power_db(spectrum(resampled[resampled.size // 2 :]).sum()) < -60.0


def test_measured_response_of_16_to_48_khz() -> None:
    impulse = np.zeros(64, dtype=np.float32)
    impulse[0] = 1.0
    response = Resampler(16000.0, 48000.0).process(impulse).astype(np.float64) / 3
    frequency_hz = np.fft.rfftfreq(1 << 15, 1 / 48000.0)
    level_db = 20 * np.log10(np.maximum(np.abs(np.fft.rfft(response, 1 << 15)), 1e-9))
    passed, stopped = level_db[frequency_hz <= 0.45 * 16000], level_db[frequency_hz >= 0.55 * 16000]
    assert passed.min() > -0.16
    assert passed.max() < 0.01
    assert stopped.max() < -80.0


@pytest.mark.parametrize("device_hz", RATES)
def test_the_delay_is_what_it_says_and_at_most_2_ms(device_hz: float) -> None:
    resampler = Resampler(16000.0, device_hz)
    assert resampler.delay_s <= DELAY_S
    bump = np.exp(-0.5 * ((np.arange(400) - 200) / 8.0) ** 2).astype(np.float32)
    heard = resampler.process(bump)
    centre_s = float((np.arange(heard.size) * heard).sum() / heard.sum()) / device_hz
    assert centre_s == pytest.approx(200 / 16000.0 + resampler.delay_s, abs=1e-6)


def test_equal_rates_pass_through_undelayed() -> None:
    audio = sine(440.0, 16000.0, 500)
    resampler = Resampler(16000.0, 16000.0)
    assert np.array_equal(resampler.process(audio), audio)
    assert resampler.delay_s == 0.0


@given(
    blocks=st.lists(st.integers(0, 97), min_size=1, max_size=20),
    model_hz=st.sampled_from([8000.0, 16000.0, 44100.0]),
    device_hz=st.sampled_from(RATES),
)
def test_any_split_gives_the_same_samples(blocks: list[int], model_hz: float, device_hz: float) -> None:
    audio = np.random.default_rng(1).uniform(-1, 1, sum(blocks)).astype(np.float32)
    whole = Resampler(model_hz, device_hz).process(audio)
    resampler = Resampler(model_hz, device_hz)
    parts = [resampler.process(part) for part in np.split(audio, np.cumsum(blocks)[:-1])]
    assert np.array_equal(np.concatenate(parts), whole)


@given(seconds=st.integers(0, 30 * 3600), device_hz=st.sampled_from([*RATES, 44099.97, 47999.123]))
def test_the_count_stays_exact_over_hours(seconds: int, device_hz: float) -> None:
    resampler = Resampler(16000.0, device_hz)
    before = 16000 * seconds + 1234
    outputs_before = math.ceil(before * resampler.ratio)
    phase = outputs_before * resampler.ratio.denominator - before * resampler.ratio.numerator
    resampler.arrays()[1][0] = phase  # the state that `before` inputs leave behind
    block = np.zeros(6400, dtype=np.float32)
    outputs = outputs_before + resampler.process(block).size
    assert outputs == math.ceil((before + block.size) * resampler.ratio)
    assert abs(resampler.ratio * 16000 - Fraction(device_hz)) < Fraction(1, 1000)


def test_a_long_run_adds_up() -> None:
    resampler = Resampler(16000.0, 44100.0)
    block = np.zeros(64, dtype=np.float32)
    assert sum(resampler.process(block).size for _ in range(25000)) == 100 * 44100


def test_reset_forgets_the_past() -> None:
    audio = sine(1000.0, 16000.0, 320)  # a whole number of outputs
    resampler = Resampler(16000.0, 44100.0)
    first = resampler.process(audio)
    resampler.reset()
    assert np.array_equal(resampler.process(audio), first)


def test_reset_leaves_blocks_as_long_as_they_would_have_been() -> None:
    audio = sine(1000.0, 16000.0, 64)
    one, other = Resampler(16000.0, 44100.0), Resampler(16000.0, 44100.0)
    assert one.process(audio[:33]).size == other.process(audio[:33]).size
    one.reset()
    assert [one.process(audio).size for _ in range(20)] == [other.process(audio).size for _ in range(20)]


def test_channels_know_nothing_of_each_other() -> None:
    sides = np.stack([sine(440.0, 16000.0, 700), sine(1000.0, 16000.0, 700, 0.3)], axis=1)
    resampled = Resampler(16000.0, 44100.0, channels=2).process(sides)
    for side in (0, 1):
        alone = Resampler(16000.0, 44100.0).process(np.ascontiguousarray(sides[:, side]))
        assert np.array_equal(resampled[:, side], alone)
