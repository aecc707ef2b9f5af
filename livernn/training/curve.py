"""A loss log as a curve that can be looked at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

POINTS = 300
_STEEP_SHARE = 0.05
_ROOM = 0.06
_LEAST_SPAN_BITS = 0.2
_UNTRAINED_BITS = (-0.5, 8.5)


def averaged(seconds: Sequence[float], bits: Sequence[float]) -> tuple[Values, Values]:
    """The mean of each of at most `POINTS` equal stretches of time, where there is anything in it."""
    times, values = np.asarray(seconds, np.float64), np.asarray(bits, np.float64)
    if times.size <= POINTS:
        return times, values
    place = np.minimum((times / times[-1] * POINTS).astype(np.int64), POINTS - 1)
    counts = np.bincount(place, minlength=POINTS)
    filled = counts > 0
    sums = [np.bincount(place, weights, POINTS)[filled] for weights in (times, values)]
    return sums[0] / counts[filled], sums[1] / counts[filled]


def bits_range(seconds: Values, bits: Values, valid_bits: Sequence[float]) -> tuple[float, float]:
    """Lower and upper end of an axis on which the slow part of the curve is seen: the first plunge may leave it."""
    if seconds.size == 0:
        return _UNTRAINED_BITS
    slow = bits[seconds >= _STEEP_SHARE * seconds[-1]]
    low = min([float(bits.min()), *valid_bits])
    high = max([float(slow.max()), low + _LEAST_SPAN_BITS, *valid_bits[-1:]])
    return low - _ROOM * (high - low), high + _ROOM * (high - low)


def ticks(low: float, high: float, wanted: int) -> list[float]:
    """About `wanted` round numbers between two, in order."""
    rough = (high - low) / max(1, wanted)
    unit = 10.0 ** np.floor(np.log10(rough))
    step = float(unit * min((1.0, 2.0, 5.0, 10.0), key=lambda factor: abs(factor * unit - rough)))
    first = int(np.ceil(low / step))
    return [at * step for at in range(first, int(np.floor(high / step)) + 1)]
