"""Philox4x32-10: uniforms and noise as a pure function of seed, voice and sample index (Salmon et al., SC 2011).

A counter-based stream makes a render repeatable whatever its block sizes, and lets any sample be drawn again.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.compiled import compiled, network

Word = np.uint64

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
LOW_WORD = 0xFFFFFFFF
ROUNDS = 10

TIER_WORDS = 1 << 20
"""Words of a counter that belong to the noise of a frame tier: those from `tier * TIER_WORDS` on."""

GUMBEL_WORD = 1
"""Of a counter whose block holds the noise of the first four levels; 0 is the uniform's."""

_MULTIPLIER_0, _MULTIPLIER_1 = map(np.uint64, MULTIPLIERS)
_WEYL_0, _WEYL_1 = map(np.uint64, WEYL)
_LOW = np.uint64(LOW_WORD)
_HALF = np.uint64(32)


@compiled
def philox4x32(counter: tuple[Word, Word, Word, Word], key: tuple[Word, Word]) -> tuple[Word, Word, Word, Word]:
    """Words of one block: `counter` is four and `key` two uint64 that hold 32 bits each."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _HALF) ^ c1 ^ k0
        c1 = product_1 & _LOW
        c2 = (product_0 >> _HALF) ^ c3 ^ k1
        c3 = product_0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@compiled
def uniform(seed: Word, voice: int, index: int) -> float:
    """The draw of sample `index`, inside (0, 1)."""
    at = Word(index)
    word, _, _, _ = philox4x32((at & _LOW, at >> _HALF, Word(voice), Word(0)), (seed & _LOW, seed >> _HALF))
    return (np.float64(word) + 0.5) * 2.0**-32


def key_of(seed: int) -> Word:
    """Any whole number as a key."""
    return Word(seed & (2**64 - 1))


@network
def add_normals(x: NDArray[Any], level: float, seed: Word, voice: int, tier: int, position: int) -> None:
    """Add Gaussian noise of standard deviation `level` to the units `x` of a frame tier, as of `position`.

    By the transform of Box and Muller (1958), four units to a block.
    """
    at = Word(position)
    key = (seed & _LOW, seed >> _HALF)
    for unit in range(0, len(x), 4):
        block = Word(tier * TIER_WORDS + unit // 4)
        words = philox4x32((at & _LOW, at >> _HALF, Word(voice), block), key)
        for pair in range(2):
            radius = level * np.sqrt(-2.0 * np.log((np.float64(words[2 * pair]) + 0.5) * 2.0**-32))
            angle = 2.0 * np.pi * np.float64(words[2 * pair + 1]) * 2.0**-32
            first = unit + 2 * pair
            if first < len(x):
                x[first] += radius * np.cos(angle)
            if first + 1 < len(x):
                x[first + 1] += radius * np.sin(angle)


@compiled
def _fill_gumbels(seed: Word, voice: Word, start: Word, noise: NDArray[np.float64]) -> None:
    key = (seed & _LOW, seed >> _HALF)
    count, levels = noise.shape
    for offset in range(count):
        index = start + np.uint64(offset)
        for level in range(levels):
            block = np.uint64(GUMBEL_WORD + level // 4)
            word = philox4x32((index & _LOW, index >> _HALF, voice, block), key)[level % 4]
            noise[offset, level] = -np.log(-np.log1p(-(np.float64(word) + 0.5) * 2.0**-32))


def fill_gumbels(noise: NDArray[np.float64], *, seed: int, voice: int, start: int) -> None:
    """Gumbel noise of the samples from `start` on into `noise`, `[count, levels]`.

    The level whose log probability plus noise is largest is a draw from these probabilities (Maddison et al., 2014).
    """
    _fill_gumbels(key_of(seed), np.uint64(voice), np.uint64(start), noise)
