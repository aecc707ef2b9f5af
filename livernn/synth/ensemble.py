"""What a patch makes of its voices: where each stands, how daring it is, and what a further one begins as."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.units import db_to_gain

MOST_VOICES = int(PARAMS["voices"].maximum)

WIDEST_TEMPERATURE = 2.0
"""Times the patch's own, of the most daring voice at full spread; the calmest has as little as that is more."""


class Ensemble(NamedTuple):
    """A patch for each voice, and its gains on the left and on the right, `[voices, SIDES]`."""

    patches: tuple[Patch, ...]
    gains: NDArray[np.float64]


@lru_cache(maxsize=16)
def ensemble_of(patch: Patch) -> Ensemble:
    """The voices that a patch asks for."""
    voices = round(patch.voices)
    return Ensemble(
        tuple(patch.with_value("temperature", temperature) for temperature in _temperatures(patch, voices)),
        db_to_gain(patch.gain_db) * pan_gains(voices, patch.pan_spread),
    )


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


def _temperatures(patch: Patch, voices: int) -> list[float]:
    """Evenly apart in octaves around the patch's, rising from the middle of the stage outwards."""
    steps = np.arange(1 - voices, voices, 2) / max(voices - 1, 1)
    temperatures: list[float] = (patch.temperature * WIDEST_TEMPERATURE ** (patch.temperature_spread * steps)).tolist()
    return temperatures
