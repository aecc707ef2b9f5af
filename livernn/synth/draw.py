"""Logits to a code, as `reference.distribution` and `reference.draw` define it."""

import numpy as np

from livernn.synth.compiled import network, network_inline
from livernn.synth.vector import Floats, exp, extremes, float_from_bits

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_BITS_ABOVE_ONE = 0x3F800001
_LANES = 16

_LEAST = np.float32(2.0**-24)
"""Of the likeliest: what is less likely cannot be told from the rounding of a sum, and is not drawn."""


@network_inline
def _kept(levels: Floats, count: int, cut: np.float32, by_mass: bool) -> np.float32:
    """How many levels are not below `cut`, or what they add up to."""
    kept = _ZERO
    for i in range(count):
        kept += (levels[i] if by_mass else _ONE) if levels[i] >= cut else _ZERO
    return kept


@network_inline
def _highest_cut(levels: Floats, count: int, wanted: np.float32, by_mass: bool) -> np.float32:
    """The highest level that keeps as much as is `wanted`: bisected in the bits of floats, which are in their order."""
    enough, too_high = 0, _BITS_ABOVE_ONE
    while too_high - enough > 1:
        middle = (enough + too_high) // 2
        if _kept(levels, count, float_from_bits(np.int32(middle)), by_mass) >= wanted:
            enough = middle
        else:
            too_high = middle
    highest: np.float32 = float_from_bits(np.int32(enough))
    return highest


@network
def _threshold(levels: Floats, count: int, top_k: np.float32, top_p: np.float32, min_p: np.float32) -> np.float32:
    """The least probability that is kept, as `reference.distribution` defines it; `levels` peak at 1."""
    threshold = _ZERO
    if 0 < top_k < count:
        threshold = _highest_cut(levels, count, top_k, False)
    if top_p < 1.0:
        mass = _kept(levels, count, threshold, True)
        threshold = max(threshold, _highest_cut(levels, count, top_p * mass, True))
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
        level = exp((logits[i] - highest) * scale)
        levels[i] = level if level >= _LEAST else _ZERO
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
