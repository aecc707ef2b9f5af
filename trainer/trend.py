"""What the validations of a run come to: is it done, does it learn by heart, does it fall silent?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.log import Entry

FEWEST_VALIDATIONS = 4
DONE_BITS = 0.005
"""A gain as small as this is not heard; playing in int8 costs more."""

JUMP_BITS = 0.25
"""Learning by heart raises a validation by less than this, states that run away by more."""

_FAST_BITS = 0.3
"""Early losses fall faster than any trend can tell of the end."""

_WORSE_BITS = 0.02
_WORSE_VALIDATIONS = 3


def gain_bits(validations: Sequence[Entry]) -> float | None:
    """How much lower the loss will be after as much time again, by the trend of the newer half of the validations.

    Losses fall about as fast with each doubling of the time. None before the fourth validation.
    """
    if len(validations) < FEWEST_VALIDATIONS:
        return None
    newer = validations[-max(FEWEST_VALIDATIONS, len(validations) // 2) :]
    doublings = np.log2([max(entry["elapsed_s"], 1e-2) for entry in newer])
    spread = doublings - doublings.mean()
    if not spread.any():
        return None
    return float(-(spread @ _bits(newer)) / (spread @ spread))


def learns_by_heart(validations: Sequence[Entry]) -> bool:
    """Whether the last validations were all clearly worse than the best."""
    bits = _bits(validations)
    return len(bits) > _WORSE_VALIDATIONS and bool(bits[-_WORSE_VALIDATIONS:].min() > bits.min() + _WORSE_BITS)


def jump(validations: Sequence[Entry]) -> str | None:
    """What is wrong if the newest validation is suddenly much worse than the one before."""
    before, newest = _bits(validations[-2:])[[0, -1]]
    if newest <= before + JUMP_BITS:
        return None
    return f"the held-out loss rose from {before:.2f} to {newest:.2f} bits"


def verdict(gain: float | None) -> str:
    """`gain_bits` in words; empty where it is not known yet."""
    if gain is None:
        return ""
    if gain > _FAST_BITS:
        return ", falling fast"
    if gain < DONE_BITS:
        return f", done: as much time again would gain less than {DONE_BITS} bits"
    return f", as much time again would gain about {gain:.3f} bits"


def _bits(validations: Sequence[Entry]) -> NDArray[np.float64]:
    return np.array([entry["valid_bits"] for entry in validations])
