import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.ui.analysis import (
    SPECTRUM_SAMPLES,
    TRIGGER_OFF,
    Ballistics,
    Counted,
    Lamp,
    bands,
    outline,
    spectrum_db,
    thinned,
    trigger,
)
from livernn.units import SILENCE_DB

RATE_HZ = 48000.0


def sine(frequency_hz: float, count: int, amplitude: float = 1.0, phase: float = 0.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(count) / RATE_HZ + phase)).astype(np.float32)


@given(st.floats(0, 2 * np.pi))
def test_trigger_makes_a_tone_stand_still(phase: float) -> None:
    shown = trigger(sine(440.0, 4800, phase=phase), 2400)
    assert shown.size == 2400
    np.testing.assert_allclose(shown, sine(440.0, 2400), atol=2 * np.pi * 440.0 / RATE_HZ)


def test_trigger_without_a_crossing_shows_the_latest() -> None:
    samples = np.linspace(0.1, 1.0, 100, dtype=np.float32)
    np.testing.assert_array_equal(trigger(samples, 40), samples[-40:])


@pytest.mark.parametrize("frequency_hz", [60.0, 440.0, 1000.0, 5000.0])
@pytest.mark.parametrize("level_db", [0.0, -40.0])
def test_spectrum_reads_a_sine_at_its_level_and_pitch(frequency_hz: float, level_db: float) -> None:
    columns = 500
    edges = bands(columns, RATE_HZ, 30.0, 8000.0)
    shown = spectrum_db(sine(frequency_hz, SPECTRUM_SAMPLES, 10 ** (level_db / 20)), edges)
    loudest = int(shown.argmax())
    expected = columns * np.log(frequency_hz / 30.0) / np.log(8000.0 / 30.0)
    assert shown.max() == pytest.approx(level_db, abs=1.5)  # a tone between two bins reads up to 1.4 dB low
    assert abs(loudest - expected) <= max(2.0, 3.0 * columns / frequency_hz)


def test_spectrum_of_silence_is_silence() -> None:
    edges = bands(300, RATE_HZ, 30.0, 24000.0)
    np.testing.assert_allclose(spectrum_db(np.zeros(SPECTRUM_SAMPLES, np.float32), edges), SILENCE_DB)


def test_bands_end_at_the_last_bin() -> None:
    assert bands(300, 16000.0, 30.0, 20000.0).max() == SPECTRUM_SAMPLES // 2


def test_ballistics_rise_at_once_hold_and_fall() -> None:
    meter = Ballistics(fall_db_per_s=20.0, hold_s=1.0)
    meter.feed(-6.0, 0.1)
    assert (meter.level_db, meter.held_db) == (-6.0, -6.0)
    for _ in range(10):
        meter.feed(-60.0, 0.1)
    assert meter.level_db == pytest.approx(-26.0)
    assert meter.held_db == -6.0
    for _ in range(10):
        meter.feed(-60.0, 0.1)
    assert meter.held_db < -20.0
    assert meter.held_db >= meter.level_db


@given(st.floats(0.0, 0.9), st.floats(0, 2 * np.pi))
def test_trigger_begins_where_the_sound_rises_through_the_level(level: float, phase: float) -> None:
    shown = trigger(sine(440.0, 4800, phase=phase), 2400, level)
    assert shown[0] >= level
    assert shown[0] < level + 2 * np.pi * 440.0 / RATE_HZ
    assert shown[1] > shown[0] or level > 0.8


def test_a_level_that_is_not_reached_or_off_shows_the_latest() -> None:
    samples = sine(440.0, 4800, amplitude=0.5)
    for level in (0.6, TRIGGER_OFF):
        np.testing.assert_array_equal(trigger(samples, 2400, level), samples[-2400:])


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.text(max_size=3))), st.floats(0.0, 1.0))
def test_thinned_ticks_are_in_order_apart_and_begin_with_the_most_wanted(ticks: list, least_apart: float) -> None:
    kept = thinned(ticks, least_apart)
    places = [place for place, _ in kept]
    assert places == sorted(places)
    assert all(np.diff(places) >= least_apart)
    assert set(kept) <= set(ticks)
    assert not ticks or ticks[0] in kept


def test_a_lamp_stays_lit_for_a_while() -> None:
    lamp = Lamp(1.0)
    assert not lamp.lit
    lamp.feed(True, 0.1)
    lamp.feed(False, 0.9)
    assert lamp.lit
    lamp.feed(False, 0.2)
    assert not lamp.lit


def test_a_count_that_starts_anew_has_not_grown() -> None:
    count = Counted()
    assert [count.grew(value) for value in (0, 2, 2, 0, 1)] == [False, True, False, False, True]


@given(st.integers(2, 5000), st.integers(1, 300), st.integers(0, 100))
def test_an_outline_misses_no_peak_and_is_whole(count: int, columns: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    lowest, highest = outline(values, columns)
    assert lowest.size == highest.size == columns
    assert lowest.min() == pytest.approx(values.min())
    assert highest.max() == pytest.approx(values.max())
    assert (lowest[1:] <= highest[:-1]).all()
    assert (lowest[:-1] <= highest[1:]).all()


def test_an_outline_keeps_each_peak_in_its_place() -> None:
    values = np.zeros(10_000, np.float32)
    values[7_000] = 1.0
    lowest, highest = outline(values, 100)
    assert highest.argmax() == pytest.approx(70, abs=1)
    assert not lowest.any()
