"""Rows of a table, summed."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.synth.packing import padded
from livernn.synth.taps import CHUNK, sum_rows


@numba.njit
def sum_rows_compiled(table, offsets, units, sums):
    sum_rows(table, offsets, units, sums)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@given(units=st.integers(1, 200), taps=st.integers(1, 20), seed=st.integers(0, 99))
def test_equals_numpy(dtype: type, units: int, taps: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.integers(-128, 128, (30, padded(units, CHUNK))).astype(dtype)
    wanted = random.integers(len(table), size=taps)
    sums = np.full(padded(units, CHUNK) + 1, np.nan, np.float32)
    sum_rows_compiled(table.ravel(), wanted * table.shape[1], units, sums)
    np.testing.assert_array_equal(sums[:units], table[wanted, :units].sum(axis=0, dtype=np.float32))
    assert np.isnan(sums[-1])
