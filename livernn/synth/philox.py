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
def _fill(seed: Word, voice: Word, start: Word, uniforms: NDArray[np.float64]) -> None:
    key = (seed & _LOW, seed >> _HALF)
    for offset in range(len(uniforms)):
        index = start + np.uint64(offset)
        word, _, _, _ = philox4x32((index & _LOW, index >> _HALF, voice, np.uint64(0)), key)
        uniforms[offset] = (np.float64(word) + 0.5) * 2.0**-32


def fill_uniforms(uniforms: NDArray[np.float64], *, seed: int, voice: int, start: int) -> None:
    """Draws of the samples `start`, `start + 1`, ... into `uniforms`, each inside (0, 1)."""
    _fill(np.uint64(seed & (2**64 - 1)), np.uint64(voice), np.uint64(start), uniforms)
