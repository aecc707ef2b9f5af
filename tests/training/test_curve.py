import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.training.curve import POINTS, averaged, bits_range, ticks


def test_a_long_log_is_averaged_and_a_short_one_is_not() -> None:
    seconds = np.linspace(0.0, 1000.0, 20000)
    times, bits = averaged(seconds, 3.0 + seconds / 1000.0)
    assert times.size == bits.size == POINTS
    assert np.all(np.diff(times) > 0.0)
    assert bits == pytest.approx(3.0 + times / 1000.0)
    assert bits.mean() == pytest.approx(3.5, abs=0.01)
    times, bits = averaged([1.0, 2.0], [8.0, 7.0])
    assert (list(times), list(bits)) == ([1.0, 2.0], [8.0, 7.0])


def test_stretches_without_steps_have_no_points() -> None:
    times, _ = averaged([*np.linspace(0.0, 1.0, POINTS), 1000.0], np.ones(POINTS + 1))
    assert times.size == 2


def test_the_plunge_leaves_the_axis_and_the_rest_fills_it() -> None:
    seconds = np.arange(1.0, 1001.0)
    bits = 3.0 + 5.0 * np.exp(-seconds / 10.0)
    low, high = bits_range(seconds, bits, [3.4])
    assert 2.9 < low < 3.0
    assert 3.4 < high < 4.0
    assert bits_range(seconds[:0], bits[:0], []) == (-0.5, 8.5)
    low, high = bits_range(seconds, np.full(1000, 3.0), [])
    assert low < 3.0 < high


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6), st.integers(1, 12))
def test_ticks_are_round_and_about_as_many_as_wanted(low: float, span: float, wanted: int) -> None:
    found = ticks(low, low + span, wanted)
    assert len(found) <= 2 * wanted + 2
    assert all(low - 1e-6 * span - 1e-6 <= tick <= low + span * (1 + 1e-6) + 1e-6 for tick in found)
    if wanted >= 3:
        assert len(found) >= 2
