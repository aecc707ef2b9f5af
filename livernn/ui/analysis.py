"""What the scopes show, computed from what was heard. NumPy only: no Qt, no devices."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.units import SILENCE_DB

SPECTRUM_SAMPLES = 8192
"""Length of the spectrum's window: 5.9 Hz apart at 48 kHz."""


TRIGGER_OFF = -1.0
"""A level that no sound rises through."""


def trigger(samples: NDArray[np.float32], shown: int, level: float = 0.0) -> NDArray[np.float32]:
    """The last `shown` samples that begin where the sound rises through a level, so that a steady tone stands still.

    That place is looked for in what comes before the last `shown` samples; without one, the last ones are returned.
    """
    lead = samples[: max(0, samples.size - shown)]
    crossings = np.flatnonzero((lead[:-1] < level) & (lead[1:] >= level))
    if crossings.size == 0:
        return samples[-shown:]
    start = int(crossings[-1]) + 1
    return samples[start : start + shown]


def outline(
    values: NDArray[np.floating[Any]], columns: int
) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    """Lowest and highest value, in each of so many columns, of the line through two or more values at equal distances.

    What a column begins with is what the one before it ends with, so that the line is whole.
    """
    between = math.ceil(columns / (values.size - 1))
    if between > 1:
        values = np.interp(np.arange((values.size - 1) * between + 1) / between, np.arange(values.size), values)
    edges = np.arange(columns + 1) * (values.size - 1) // columns
    last = values[edges[1:]]
    lowest, highest = (extreme.reduceat(values, edges[:-1]) for extreme in (np.minimum, np.maximum))
    return np.minimum(lowest, last), np.maximum(highest, last)


def bands(
    columns: int, sample_rate_hz: float, low_hz: float, high_hz: float, window: int = SPECTRUM_SAMPLES
) -> NDArray[np.float64]:
    """Edges, in bins of a spectrum of `window` samples, of bands equally wide in octaves. Shape [columns + 1]."""
    edges_hz = low_hz * (high_hz / low_hz) ** (np.arange(columns + 1) / columns)
    return np.minimum(edges_hz * window / sample_rate_hz, window // 2)


def frequency_ticks(low_hz: float, high_hz: float) -> list[tuple[float, str]]:
    """Place, from 0 at `low_hz` to 1 at `high_hz` in octaves, and label of some frequencies, the most wanted first."""
    octaves = np.log(high_hz / low_hz)
    marked_hz = [hz for hz in (100, 1000, 10000, 500, 5000, 200, 2000, 50, 20000) if low_hz <= hz <= high_hz]
    return [(float(np.log(hz / low_hz) / octaves), f"{hz / 1000:g}k" if hz >= 1000 else f"{hz}") for hz in marked_hz]


def thinned(ticks: list[tuple[float, str]], least_apart: float) -> list[tuple[float, str]]:
    """In order of place, without those that are nearer than that to one before them in the list."""
    kept: list[tuple[float, str]] = []
    for place, label in ticks:
        if all(abs(place - other) >= least_apart for other, _ in kept):
            kept.append((place, label))
    return sorted(kept)


def spectrum_db(samples: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Level of each band in dB: a full-scale sine reads 0. `edges` as from `bands` for as many samples.

    A band wider than a bin takes its strongest bin, a narrower one what lies between bins.
    """
    window, full_scale = _window(samples.size)
    magnitude = np.abs(np.fft.rfft(samples * window)) / full_scale
    level = 20.0 * np.log10(np.maximum(magnitude, 10.0 ** (SILENCE_DB / 20.0)))
    between = np.interp((edges[:-1] + edges[1:]) / 2.0, np.arange(level.size), level)
    first = np.ceil(edges[:-1]).astype(int)
    strongest = np.maximum.reduceat(level, np.minimum(first, level.size - 1))
    level_db: NDArray[np.float32] = np.where(
        np.ceil(edges[1:]) > first, np.maximum(strongest, between), between
    ).astype(np.float32)
    return level_db


@cache
def _window(count: int) -> tuple[NDArray[np.float32], float]:
    window = np.hanning(count).astype(np.float32)
    return window, float(window.sum()) / 2.0


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


@dataclass
class Lamp:
    """Lit while something goes on, and for a while after."""

    hold_s: float
    _left_s: float = 0.0

    @property
    def lit(self) -> bool:
        """Whether it went on within the last `hold_s`."""
        return self._left_s > 0.0

    def feed(self, on: bool, passed_s: float) -> None:
        """Whether it went on, `passed_s` after the last time."""
        self._left_s = self.hold_s if on else max(0.0, self._left_s - passed_s)


class Counted:
    """Tells when a count, which starts anew with its counter, has grown."""

    def __init__(self) -> None:
        self._last = 0

    def grew(self, count: int) -> bool:
        """Whether it is more than the last time."""
        grew = count > self._last
        self._last = count
        return grew
