"""How often each pitch class and each loudness is heard."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.model.quantize import Audio
from trainer.sound import chroma
from trainer.survey import seconds_rms_db

LOUDNESS_EDGES_DB = tuple(range(-60, 5, 5))
"""Edges of the loudness bins; what is quieter or louder counts in the outermost."""


@dataclass(frozen=True)
class Histograms:
    """Shares, each list adding up to one: pitch classes from A, `[12]`, and the RMS of seconds in steps of 5 dB."""

    pitch_classes: tuple[float, ...]
    loudness: tuple[float, ...]


def histograms(recordings: Sequence[Audio], sample_rate_hz: int, tuning: float) -> Histograms:
    """Of all recordings, each of a second or more; `tuning` as from `tuning_cents`."""
    classes = np.sum([chroma(audio, sample_rate_hz, tuning) * np.sqrt(len(audio)) for audio in recordings], axis=0)
    low_db, high_db = LOUDNESS_EDGES_DB[0], LOUDNESS_EDGES_DB[-1]
    levels_db = np.concatenate([seconds_rms_db(audio, sample_rate_hz) for audio in recordings])
    counts, _ = np.histogram(np.clip(levels_db, low_db, high_db), LOUDNESS_EDGES_DB)
    return Histograms(_shares(classes), _shares(counts))


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """What two histograms share: 1 where they are equal, 0 where they have nothing in common."""
    return float(np.minimum(one, other).sum())


def _shares(counts: NDArray[np.generic]) -> tuple[float, ...]:
    values = counts.astype(np.float64)
    total = values.sum()
    return tuple(float(share) for share in (values / total if total else values))
