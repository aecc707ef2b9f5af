"""Logits to a code, as `reference.distribution` and `reference.draw` define it."""

import numpy as np

from livernn.synth.compiled import network
from livernn.synth.vector import Floats, exp, extremes

_ZERO = np.float32(0.0)
_LANES = 16


@network
def _threshold(levels: Floats, count: int, top_k: np.float32, top_p: np.float32, min_p: np.float32) -> np.float32:
    """The least probability that is kept, as `reference.distribution` defines it; `levels` peak at 1."""
    kept_by_k = _ZERO
    total = _ZERO
    if 0 < top_k < count:
        kept_by_k = np.float32(2.0)
        rank = 0
        while rank < top_k:
            highest = _ZERO
            for i in range(count):
                highest = max(highest, levels[i] if levels[i] < kept_by_k else _ZERO)
            kept_by_k = highest
            for i in range(count):
                rank += levels[i] == highest
    threshold = kept_by_k
    if top_p < 1.0:
        for i in range(count):
            total += levels[i] if levels[i] >= kept_by_k else _ZERO
        threshold = np.float32(2.0)
        mass = _ZERO
        while mass < top_p * total:
            highest = _ZERO
            for i in range(count):
                highest = max(highest, levels[i] if levels[i] < threshold else _ZERO)
            if highest <= _ZERO:
                break
            threshold = highest
            for i in range(count):
                mass += highest if levels[i] == highest else _ZERO
        threshold = max(threshold, kept_by_k)
    return max(threshold, min_p)


@network
def draw(
    logits: Floats,
    count: int,
    levels: Floats,
    uniform: float,
    temperature: np.float32,
    top_k: np.float32,
    top_p: np.float32,
    min_p: np.float32,
) -> int:
    """The first code whose cumulated probability exceeds `uniform`; `levels` is scratch `[count]`."""
    _, highest = extremes(logits, count)
    scale = np.float32(1.0) / temperature
    for i in range(count):
        levels[i] = exp((logits[i] - highest) * scale)
    if top_k > 0 or top_p < 1.0 or min_p > 0.0:
        threshold = _threshold(levels, count, top_k, top_p, min_p)
        for i in range(count):
            levels[i] = levels[i] if levels[i] >= threshold else _ZERO
    total = _ZERO
    for i in range(count):
        total += levels[i]
    left = np.float32(uniform * total)
    code = 0
    # Whole lanes are skipped first: a walk over single levels would be a chain of up to 256 dependent additions.
    while code + _LANES < count:
        lane = _ZERO
        for i in range(_LANES):
            lane += levels[code + i]
        if left < lane:
            break
        left -= lane
        code += _LANES
    while code < count - 1 and left >= levels[code]:
        left -= levels[code]
        code += 1
    # Rounding can carry the walk past the last level that was kept.
    while levels[code] <= _ZERO and code > 0:
        code -= 1
    return code


@network
def surprisal(levels: Floats, count: int, code: int) -> float:
    """-log2 of the probability that `code` was drawn with, from the `levels` that `draw` left."""
    total = _ZERO
    for i in range(count):
        total += levels[i]
    return float(np.log2(total / levels[code]))
