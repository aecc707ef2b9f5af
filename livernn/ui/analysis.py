"""What the scopes show, computed from what was heard. NumPy only: no Qt, no devices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.units import SILENCE_DB

SPECTRUM_SAMPLES = 8192
"""Length of the spectrum's window: 5.9 Hz apart at 48 kHz."""


def trigger(samples: NDArray[np.float32], shown: int) -> NDArray[np.float32]:
    """The last `shown` samples that begin with a rising zero crossing, so that a steady tone stands still.

    The crossing is looked for in what comes before the last `shown` samples; without one, the last ones are returned.
    """
    lead = samples[: max(0, samples.size - shown)]
    crossings = np.flatnonzero((lead[:-1] < 0.0) & (lead[1:] >= 0.0))
    if crossings.size == 0:
        return samples[-shown:]
    start = int(crossings[-1]) + 1
    return samples[start : start + shown]


def bands(columns: int, sample_rate_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Edges, in bins of the spectrum, of `columns` bands that are equally wide in octaves. Shape [columns + 1]."""
    edges_hz = low_hz * (high_hz / low_hz) ** (np.arange(columns + 1) / columns)
    return np.minimum(edges_hz * SPECTRUM_SAMPLES / sample_rate_hz, SPECTRUM_SAMPLES // 2)


_WINDOW = np.hanning(SPECTRUM_SAMPLES).astype(np.float32)
_FULL_SCALE = float(_WINDOW.sum()) / 2.0


def spectrum_db(samples: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Level of each band in dB: a full-scale sine reads 0. `samples` has SPECTRUM_SAMPLES, `edges` as from `bands`.

    A band wider than a bin takes its strongest bin, a narrower one what lies between bins.
    """
    magnitude = np.abs(np.fft.rfft(samples * _WINDOW)) / _FULL_SCALE
    level = 20.0 * np.log10(np.maximum(magnitude, 10.0 ** (SILENCE_DB / 20.0)))
    between = np.interp((edges[:-1] + edges[1:]) / 2.0, np.arange(level.size), level)
    first = np.ceil(edges[:-1]).astype(int)
    strongest = np.maximum.reduceat(level, np.minimum(first, level.size - 1))
    level_db: NDArray[np.float32] = np.where(
        np.ceil(edges[1:]) > first, np.maximum(strongest, between), between
    ).astype(np.float32)
    return level_db


@dataclass
class Ballistics:
    """A level that rises at once and falls steadily, with a mark that stays at the highest for a while."""

    fall_db_per_s: float
    hold_s: float
    level_db: float = SILENCE_DB
    held_db: float = SILENCE_DB
    _held_for_s: float = 0.0

    def feed(self, level_db: float, passed_s: float) -> None:
        """The level as measured, `passed_s` after the last."""
        self.level_db = max(level_db, self.level_db - self.fall_db_per_s * passed_s, SILENCE_DB)
        self._held_for_s += passed_s
        if level_db >= self.held_db:
            self.held_db, self._held_for_s = level_db, 0.0
        elif self._held_for_s > self.hold_s:
            self.held_db = max(self.level_db, self.held_db - self.fall_db_per_s * passed_s)
