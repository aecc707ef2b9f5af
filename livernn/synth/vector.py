"""Compiled vector arithmetic that the CPU kernel is made of: float32, no allocation, no GIL."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
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


float_from_bits: Any = intrinsic(_emit_float_from_bits)
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
    power: np.float32 = float_from_bits((np.int32(whole) + np.int32(127)) << np.int32(23))
    return np.float32(series * power)


@network_inline
def sigmoid(x: np.float32) -> np.float32:
    """Logistic function."""
    return _ONE / (_ONE + exp(-x))


@network_inline
def tanh(x: np.float32) -> np.float32:
    """Hyperbolic tangent."""
    return _TWO * sigmoid(_TWO * x) - _ONE


_LANES = 16
_LANE_FLOATS = ir.VectorType(ir.FloatType(), _LANES)


def _emit_extremes(typing_context: Any, x: Any, vectors: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        lanes = builder.bitcast(data, ir.PointerType(_LANE_FLOATS))
        first = builder.load(lanes, align=4)
        extremes = [cgutils.alloca_once_value(builder, first) for _ in "<>"]  # type: ignore[no-untyped-call]
        with cgutils.for_range(builder, arguments[1]) as loop:
            values = builder.load(builder.gep(lanes, [loop.index]), align=4)
            for extreme, comparison in zip(extremes, "<>", strict=True):
                so_far = builder.load(extreme)
                further = builder.fcmp_ordered(comparison, values, so_far)
                builder.store(builder.select(further, values, so_far), extreme)
        kind = ir.FunctionType(ir.FloatType(), [_LANE_FLOATS])
        reduced = []
        for extreme, name in zip(extremes, ("fmin", "fmax"), strict=True):
            function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.{name}.v{_LANES}f32")  # type: ignore[no-untyped-call]
            reduced.append(builder.call(function, [builder.load(extreme)], fastmath=("nnan", "nsz")))
        return context.make_tuple(builder, signature.return_type, reduced)

    pair: Any = types.Tuple((types.float32, types.float32))  # type: ignore[no-untyped-call]
    return pair(x, types.intp), generate


_extremes_of_lanes: Any = intrinsic(_emit_extremes)
"""Least and largest of the first 16, 32, ... floats; LLVM does not vectorise a loop over `min`."""


@network_inline
def extremes(x: Floats, count: int) -> tuple[np.float32, np.float32]:
    """Least and largest of `x[:count]`."""
    whole = count // _LANES
    low = x[0]
    high = x[0]
    if whole > 0:
        low, high = _extremes_of_lanes(x, whole)
    for index in range(whole * _LANES, count):
        low = min(low, x[index])
        high = max(high, x[index])
    return low, high


@network
def rectify(x: Floats, count: int) -> None:
    """`x[:count] = max(x, 0)`."""
    for index in range(count):
        x[index] = max(x[index], np.float32(0.0))
