"""Rows of a packed table, summed."""

from types import SimpleNamespace

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.synth.packing import padded
from livernn.synth.rounding import TapTable, quantise_table
from livernn.synth.taps import CHUNK, pack_table, row_start, sum_rows

Q_LEVELS = 6


@numba.njit
def sum_rows_compiled(table, starts, narrow, units, sums):
    sum_rows(table, starts, narrow, units, sums)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@given(units=st.integers(1, 200), taps=st.integers(1, 20), narrow=st.integers(0, 20), seed=st.integers(0, 99))
def test_equals_numpy(dtype: type, units: int, taps: int, narrow: int, seed: int) -> None:
    narrow = min(narrow, taps) if dtype is np.int16 else 0
    random = np.random.default_rng(seed)
    levels = random.integers(-20_000, 20_000, (taps, Q_LEVELS, units)).astype(dtype)
    levels[:narrow] = random.integers(-128, 128, (narrow, Q_LEVELS, units))
    table = pack_table(TapTable(levels, np.ones(units, np.float32), narrow))
    codes = random.integers(Q_LEVELS, size=taps)
    row = padded(units, CHUNK)
    sample = SimpleNamespace(
        q_levels=Q_LEVELS, narrow=narrow, narrow_bytes=row, wide_bytes=row * np.dtype(dtype).itemsize
    )
    starts = np.array([row_start.py_func(sample, tap, code) for tap, code in enumerate(codes)], np.int64)
    sums = np.full(row + 1, np.nan, np.float32)
    sum_rows_compiled(table, starts, narrow, units, sums)
    np.testing.assert_array_equal(sums[:units], levels[np.arange(taps), codes].sum(axis=0, dtype=np.float32))
    assert np.isnan(sums[-1])


@pytest.mark.parametrize("taps", [2, 3, 16])
def test_old_taps_are_rounded_by_their_own_largest_weight(taps: int) -> None:
    random = np.random.default_rng(0)
    weights = random.uniform(-1.0, 1.0, (taps, 256, 5)).astype(np.float32)
    weights[-1] *= 100.0
    table = quantise_table(weights, "int8")
    assert 0 < table.narrow < taps
    assert np.abs(table.levels[: table.narrow]).max() == 127
    assert np.abs(table.levels * table.scale - weights).max() <= table.scale.max() / 2 * 1.001 < 1.0 / 250.0
