"""Philox4x32-10: uniforms as a pure function of seed, voice and sample index (Salmon et al., SC 2011).

A counter-based stream makes a render repeatable whatever its block sizes, and lets any sample be drawn again.
"""

import numpy as np
from numpy.typing import NDArray

from livernn.synth.compiled import compiled

Word = np.uint64

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10


@compiled
def philox4x32(counter: tuple[Word, Word, Word, Word], key: tuple[Word, Word]) -> tuple[Word, Word, Word, Word]:
    """Words of one block: `counter` is four and `key` two uint64 that hold 32 bits each."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
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


@compiled
def _fill(seed: Word, voice: int, start: int, uniforms: NDArray[np.float64]) -> None:
    for offset in range(len(uniforms)):
        uniforms[offset] = uniform(seed, voice, start + offset)


def fill_uniforms(uniforms: NDArray[np.float64], *, seed: int, voice: int, start: int) -> None:
    """Draws of the samples `start`, `start + 1`, ... into `uniforms`."""
    _fill(key_of(seed), voice, start, uniforms)


def key_of(seed: int) -> Word:
    """Any whole number as a key."""
    return Word(seed & (2**64 - 1))
