"""Packed matrix times vectors against NumPy, for any shape, format, instruction set and number of vectors."""

from functools import cache
from typing import Any, get_args

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.model.precision import Precision
from livernn.synth.gemv import list_busy, make_operand, multiply, quantise
from livernn.synth.instructions import runnable
from livernn.synth.packing import COLUMN_STEP, Layout, aligned, padded
from livernn.synth.rounding import LARGEST, quantise_vector, rounded
from livernn.synth.vector import extremes

UNTOUCHED = np.float32(77.0)

LAYOUTS = [Layout(form, instructions) for form in get_args(Precision) for instructions in runnable()]


@numba.njit
def multiply_compiled(words, at, per_row, rows, columns, operand, y, count):
    quantise(words, operand, count, columns)
    multiply(words, at, per_row, rows, columns, operand, y, count)


@numba.njit
def multiply_busy(words, at, per_row, rows, columns, operand, y, count, ahead):
    quantise(words, operand, count, columns)
    busy = list_busy(words, operand, count, columns)
    multiply(words, at, per_row, rows, columns, operand, y, count, ahead, busy)
    return busy


@numba.njit
def extremes_compiled(x, count):
    return extremes(x, count)


@cache
def two_matrices(layout: Layout, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, Any, np.ndarray]:
    """A matrix and its bias, packed behind another."""
    random = np.random.default_rng(rows + columns)
    matrix = random.standard_normal((rows, columns)).astype(np.float32)
    bias = random.standard_normal(rows).astype(np.float32)
    packed = layout.pack(matrix)
    twice = aligned(2 * packed.size, packed.dtype)
    twice[:] = np.concatenate([layout.pack(-matrix), packed])
    return matrix, bias, twice, layout.per_row(matrix, bias)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@settings(max_examples=25)
@given(rows=st.integers(1, 200), columns=st.integers(1, 70), count=st.integers(1, 9), seed=st.integers(0, 99))
def test_equals_numpy(layout: Layout, rows: int, columns: int, count: int, seed: int) -> None:
    matrix, bias, words, per_row = two_matrices(layout, rows, columns)
    operand = make_operand(count, padded(columns, COLUMN_STEP) + 8)
    x = np.random.default_rng(seed).standard_normal((count, columns)).astype(np.float32)
    operand.floats[:, :columns] = x
    whole_rows = padded(rows, layout.set.panel_rows)
    y = np.full((count + 1, whole_rows + 4), UNTOUCHED)
    multiply_compiled(words, words.size // 2, per_row, rows, columns, operand, y, count)
    if layout.integer:
        quantised = [quantise_vector(row, layout.set.top_level) for row in x]
        x = np.array([float(low) + float(scale) * levels for levels, low, scale in quantised])
    expected = x.astype(np.float64) @ rounded(matrix, layout.format).astype(np.float64).T + bias
    np.testing.assert_allclose(y[:count, :rows], expected, atol=2e-4)
    np.testing.assert_array_equal(y[:count, whole_rows:], UNTOUCHED)
    np.testing.assert_array_equal(y[count], UNTOUCHED)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@settings(max_examples=15)
@given(count=st.integers(1, 5), zero_share=st.sampled_from([0.0, 0.5, 0.9, 1.0]), seed=st.integers(0, 99))
def test_leaving_zeros_out_changes_no_bit(layout: Layout, count: int, zero_share: float, seed: int) -> None:
    rows, columns = 150, 100
    _, _, words, per_row = two_matrices(layout, rows, columns)
    random = np.random.default_rng(seed)
    x = np.maximum(random.standard_normal((count, columns)), 0.0) * (random.random(columns) >= zero_share)
    operand = make_operand(count, padded(columns, COLUMN_STEP))
    operand.floats[:, :columns] = x
    dense, sparse = np.zeros((2, count, padded(rows, layout.set.panel_rows)), np.float32)
    multiply_compiled(words, words.size // 2, per_row, rows, columns, operand, dense, count)
    busy = multiply_busy(words, words.size // 2, per_row, rows, columns, operand, sparse, count, words.ctypes.data)
    np.testing.assert_array_equal(sparse, dense)
    steps = {"int8": 13, "int4": 13}.get(layout.format, 50)
    assert busy == 1 if zero_share == 1.0 else busy <= steps
    assert zero_share != 0.9 or busy < steps


def test_rounding_is_to_nearest() -> None:
    matrix = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    error = np.abs(rounded(matrix, "bf16") / matrix - 1.0)
    assert 0.0 < error.max() <= 2.0**-8
    for form, largest in LARGEST.items():
        step = np.abs(matrix).max(axis=1, keepdims=True) / largest
        assert (np.abs(rounded(matrix, form) - matrix) <= 0.5001 * step).all()
    np.testing.assert_array_equal(rounded(matrix, "fp32"), matrix)


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=40), st.sampled_from([127, 255]))
def test_levels_span_the_vector(values: list[float], top_level: int) -> None:
    x = np.array(values, np.float32)
    levels, low, scale = quantise_vector(x, top_level)
    assert np.abs(low + scale * levels.astype(np.float64) - x).max() <= 0.51 * scale + 1e-4
    assert levels.max() <= top_level


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=70), st.integers(0, 20))
def test_extremes(values: list[float], beyond: int) -> None:
    x = np.concatenate([np.array(values, np.float32), np.full(beyond, 1000.0, np.float32)])
    assert extremes_compiled(x, len(values)) == (min(values), max(values))
