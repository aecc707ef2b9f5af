"""Compiled vector arithmetic that the CPU kernel is made of: float32, no allocation, no GIL."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

FAST = {"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"}
"""Lets sums be reordered into vector lanes; the order is fixed at compile time, so results repeat."""

_LOG2_E = np.float32(1.44269504)
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
_EXP_LIMIT = np.float32(87.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)


@intrinsic
def _float_from_bits(typing_context, bits):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Reinterpret an int32 as a float32."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def] # noqa: ARG001
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@njit(inline="always", fastmath=FAST, error_model="numpy")
def exp(x):  # type: ignore[no-untyped-def]
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
    return series * _float_from_bits((np.int32(whole) + np.int32(127)) << np.int32(23))


@njit(inline="always", fastmath=FAST, error_model="numpy")
def sigmoid(x):  # type: ignore[no-untyped-def]
    """Logistic function."""
    return _ONE / (_ONE + exp(-x))


@njit(inline="always", fastmath=FAST, error_model="numpy")
def tanh(x):  # type: ignore[no-untyped-def]
    """Hyperbolic tangent."""
    return _TWO * sigmoid(_TWO * x) - _ONE


@njit(nogil=True, fastmath=FAST, error_model="numpy")
def matvec(weights, weight_at, bias_at, rows, columns, x, y):  # type: ignore[no-untyped-def]
    """`y[:rows] = W x + b`, both at offsets into `weights`; four rows share each load of `x`."""
    row = 0
    while row + 4 <= rows:
        w0 = weights[weight_at + row * columns : weight_at + (row + 1) * columns]
        w1 = weights[weight_at + (row + 1) * columns : weight_at + (row + 2) * columns]
        w2 = weights[weight_at + (row + 2) * columns : weight_at + (row + 3) * columns]
        w3 = weights[weight_at + (row + 3) * columns : weight_at + (row + 4) * columns]
        s0 = s1 = s2 = s3 = np.float32(0.0)
        for column in range(columns):
            value = x[column]
            s0 += w0[column] * value
            s1 += w1[column] * value
            s2 += w2[column] * value
            s3 += w3[column] * value
        y[row] = s0 + weights[bias_at + row]
        y[row + 1] = s1 + weights[bias_at + row + 1]
        y[row + 2] = s2 + weights[bias_at + row + 2]
        y[row + 3] = s3 + weights[bias_at + row + 3]
        row += 4
    while row < rows:
        w0 = weights[weight_at + row * columns : weight_at + (row + 1) * columns]
        s0 = np.float32(0.0)
        for column in range(columns):
            s0 += w0[column] * x[column]
        y[row] = s0 + weights[bias_at + row]
        row += 1


@njit(nogil=True)
def rectify(x, count):  # type: ignore[no-untyped-def]
    """`x[:count] = max(x, 0)`."""
    for index in range(count):
        x[index] = max(x[index], np.float32(0.0))
