"""Packed matrix times vector against NumPy, for any shape, format and instruction set."""

import os
import subprocess
import sys
from typing import Any, get_args

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.model.precision import Precision
from livernn.synth.emit import COLUMN_STEP, PANEL_ROWS, TOP_LEVEL
from livernn.synth.gemv import multiply, pack_bf16, pack_floats, pack_int8, padded
from livernn.synth.instructions import VARIABLE, runnable
from livernn.synth.rounding import quantise_rows, quantise_vector, rounded
from livernn.synth.weights import aligned_words

UNTOUCHED = np.float32(77.0)


@numba.njit
def multiply_compiled(matrices, at, per_row, rows, columns, x, y, levels):
    multiply(matrices, at, per_row, rows, columns, x, y, levels)


def aligned(packed: np.ndarray) -> np.ndarray:
    words = aligned_words(packed.size, packed.dtype)
    words[:] = packed
    return words


def packed_in(matrix: np.ndarray, bias: np.ndarray, precision: Precision) -> tuple[Any, np.ndarray]:
    """The packed matrix, and what `multiply` takes per row."""
    room = padded(len(matrix), PANEL_ROWS)
    per_row = np.zeros((3, room), np.float32)
    per_row[0, : len(bias)] = bias
    if precision == "fp32":
        return pack_floats(matrix), per_row
    if precision == "bf16":
        return pack_bf16(matrix), per_row
    rows = quantise_rows(matrix)
    per_row[1, : len(bias)] = rows.scale
    per_row[2, : len(bias)] = rows.scale * rows.weights.sum(axis=1)
    return pack_int8(rows), per_row


@pytest.mark.parametrize("precision", get_args(Precision))
@given(rows=st.integers(1, 3 * PANEL_ROWS), columns=st.integers(1, 70), seed=st.integers(0, 99))
def test_equals_numpy(precision: Precision, rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.standard_normal((rows, columns)).astype(np.float32)
    x = random.standard_normal(padded(columns, COLUMN_STEP)).astype(np.float32)
    bias = random.standard_normal(rows).astype(np.float32)
    packed, per_row = packed_in(matrix, bias, precision)
    y = np.full(per_row.shape[1] + 4, UNTOUCHED)
    twice = aligned(np.concatenate([packed, packed]))
    multiply_compiled(twice, packed.size, per_row.ravel(), rows, columns, x, y, np.zeros(x.size, np.uint8))
    vector = x[:columns].astype(np.float64)
    if precision == "int8":
        levels, low, scale = quantise_vector(x[:columns], TOP_LEVEL)
        vector = float(low) + float(scale) * levels
    expected = rounded(matrix, precision).astype(np.float64) @ vector + bias
    np.testing.assert_allclose(y[:rows], expected, atol=2e-4)
    np.testing.assert_array_equal(y[per_row.shape[1] :], UNTOUCHED)


def test_rounding_is_to_nearest() -> None:
    matrix = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    error = np.abs(rounded(matrix, "bf16") / matrix - 1.0)
    assert 0.0 < error.max() <= 2.0**-8
    step = np.abs(matrix).max(axis=1, keepdims=True) / 127.0
    assert (np.abs(rounded(matrix, "int8") - matrix) <= 0.5001 * step).all()
    np.testing.assert_array_equal(rounded(matrix, "fp32"), matrix)


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=40), st.sampled_from([127, 255]))
def test_levels_span_the_vector(values: list[float], top_level: int) -> None:
    x = np.array(values, np.float32)
    levels, low, scale = quantise_vector(x, top_level)
    assert np.abs(low + scale * levels.astype(np.float64) - x).max() <= 0.51 * scale + 1e-4
    assert levels.max() <= top_level


@pytest.mark.parametrize("name", [name for name in runnable()[1:] if VARIABLE not in os.environ])
def test_every_instruction_set_that_runs_here(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "test_equals_numpy"]
    result = subprocess.run(command, env={**os.environ, VARIABLE: name}, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
