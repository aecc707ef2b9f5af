"""Packed matrix times vector against NumPy, for any shape."""

from typing import get_args

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.model.precision import Precision
from livernn.synth.gemv import COLUMN_STEP, PANEL_ROWS, Packed, gemv, pack_matrix, padded, rounded
from livernn.synth.weights import aligned_words

UNTOUCHED = np.float32(77.0)


@numba.njit
def multiply(weights, at, bias, rows, columns, x, y):
    gemv(weights, at, bias, rows, columns, x, y)


def aligned(packed: Packed) -> Packed:
    words = aligned_words(packed.size, packed.dtype)
    words[:] = packed
    return words


@pytest.mark.parametrize("precision", get_args(Precision))
@given(rows=st.integers(1, 3 * PANEL_ROWS), columns=st.integers(1, 70), seed=st.integers(0, 99))
def test_equals_numpy(precision: Precision, rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.standard_normal((rows, columns)).astype(np.float32)
    x = random.standard_normal(padded(columns, COLUMN_STEP)).astype(np.float32)
    bias = np.zeros(padded(rows, PANEL_ROWS), np.float32)
    bias[:rows] = random.standard_normal(rows)
    y = np.full(bias.size + 4, UNTOUCHED)
    packed = pack_matrix(matrix, precision)
    multiply(aligned(np.concatenate([packed, packed])), packed.size, bias, rows, columns, x, y)
    expected = rounded(matrix, precision).astype(np.float64) @ x[:columns] + bias[:rows]
    np.testing.assert_allclose(y[:rows], expected, atol=1e-4)
    np.testing.assert_array_equal(y[bias.size :], UNTOUCHED)


def test_bf16_rounds_to_nearest() -> None:
    matrix = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    error = np.abs(rounded(matrix, "bf16") / matrix - 1.0)
    assert 0.0 < error.max() <= 2.0**-8
    np.testing.assert_array_equal(rounded(matrix, "fp32"), matrix)
