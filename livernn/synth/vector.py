"""Compiled vector arithmetic that the CPU kernel is made of: float32, no allocation, no GIL."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from livernn.synth.compiled import network, network_inline

Floats = NDArray[np.float32]

_LOG2_E = np.float32(1.44269504)
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
_EXP_LIMIT = np.float32(87.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)


def _emit_float_from_bits(typing_context: Any, bits: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


_float_from_bits: Any = intrinsic(_emit_float_from_bits)
"""Reinterpret an int32 as a float32."""


@network_inline
def exp(x: np.float32) -> np.float32:
    """e^x to 2 ulp for |x| <= 87, clamped beyond: branch-free, so that loops over it vectorise (Cephes expf)."""
    x = min(max(x, -_EXP_LIMIT), _EXP_LIMIT)
    whole = np.floor(x * _LOG2_E + np.float32(0.5))
    rest = x - whole * _LN2_HIGH
    rest = rest - whole * _LN2_LOW
    series = np.float32(1.9875691500e-4)
    series = series * rest + np.float32(1.3981999507e-3)
    series = series * rest + np.float32(8.3334519073e-3)
    series = series * rest + np.float32(4.1665795894e-2)
    series = series * rest + np.float32(1.6666665459e-1)
    series = series * rest + np.float32(5.0000001201e-1)
    series = series * (rest * rest) + rest + _ONE
    power: np.float32 = _float_from_bits((np.int32(whole) + np.int32(127)) << np.int32(23))
    return np.float32(series * power)


@network_inline
def sigmoid(x: np.float32) -> np.float32:
    """Logistic function."""
    return _ONE / (_ONE + exp(-x))


@network_inline
def tanh(x: np.float32) -> np.float32:
    """Hyperbolic tangent."""
    return _TWO * sigmoid(_TWO * x) - _ONE


@network
def rectify(x: Floats, count: int) -> None:
    """`x[:count] = max(x, 0)`."""
    for index in range(count):
        x[index] = max(x[index], np.float32(0.0))
