"""What makes an ensemble of voices: where each stands, and what a further one begins as."""

import numpy as np
from numpy.typing import NDArray


def places(voices: int) -> NDArray[np.float64]:
    """Where each stands, from -1 on the left to 1 on the right, `[voices]`.

    Evenly apart, the first nearest to the middle and the further ones outside them, left and right in turn.
    """
    return np.array(sorted(range(1 - voices, voices, 2), key=abs)) / max(voices - 1, 1)


def pan_gains(voices: int, spread: float) -> NDArray[np.float64]:
    """Of each on the left and on the right, `[voices, SIDES]`: as loud in all as one voice alone, which has 1.

    Each has the same power wherever it stands. Voices that differ add up by their power.
    """
    place = spread * places(voices)
    return np.sqrt(np.stack([1.0 - place, 1.0 + place], axis=1) / voices)


def heirs(before: int, voices: int) -> NDArray[np.int64]:
    """Which of the voices there were `before` each of `voices` continues: those there go on, others are copies."""
    return np.arange(voices) % before
