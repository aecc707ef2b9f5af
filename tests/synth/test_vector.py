"""The arithmetic that cells are made of, as accurate as its docstrings say."""

from collections.abc import Callable

import numpy as np
import pytest

from livernn.synth import vector
from livernn.synth.compiled import network
from livernn.synth.vector import Floats

ULP = float(np.finfo(np.float32).eps)
X = np.linspace(-20.0, 20.0, 1 << 18, dtype=np.float32)


@network
def exps(x: Floats, y: Floats) -> None:
    for index in range(len(x)):
        y[index] = vector.exp(x[index])


@network
def sigmoids(x: Floats, y: Floats) -> None:
    for index in range(len(x)):
        y[index] = vector.sigmoid(x[index])


@network
def tanhs(x: Floats, y: Floats) -> None:
    for index in range(len(x)):
        y[index] = vector.tanh(x[index])


def error_of(function: Callable[[Floats, Floats], None], truth: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    y = np.empty_like(X)
    function(X, y)
    return y - truth(X.astype(np.float64))


def test_an_exponential_is_within_two_ulp() -> None:
    assert np.abs(error_of(exps, np.exp) / np.exp(X.astype(np.float64))).max() <= 2.0 * ULP


@pytest.mark.parametrize(("function", "truth", "ulps"), [
    (sigmoids, lambda x: 1.0 / (1.0 + np.exp(-x)), 1.0),
    (tanhs, np.tanh, 2.0),
])  # fmt: skip
def test_a_gate_is_rounded_and_leans_to_no_side(
    function: Callable[[Floats, Floats], None], truth: Callable[[np.ndarray], np.ndarray], ulps: float
) -> None:
    error = error_of(function, truth)
    assert np.abs(error).max() <= ulps * ULP
    assert abs(error.mean()) <= 0.01 * ULP
