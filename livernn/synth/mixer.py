"""Voices to left and right: each at its own gains, which glide."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.compiled import compiled
from livernn.units import SIDES

GAIN_TIME_MS = 5.0

_SETTLED = 1e-6


class Mixer:
    """At the model's rate. Owned by one thread."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._glide = 1.0 - math.exp(-1000.0 / (GAIN_TIME_MS * sample_rate_hz))
        self._gains = np.empty((0, SIDES))

    def reset(self) -> None:
        """The next gains hold from their first sample on."""
        self._gains = np.empty((0, SIDES))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference."""
        return (self._gains,)

    def restore(self, gains: NDArray[np.float64]) -> None:
        """Put a copy of `arrays` back; ValueError for what is none."""
        if gains.shape[1:] != self._gains.shape[1:]:
            raise ValueError("the state is of another voice")
        self._gains = np.array(gains, np.float64)

    def process(self, audio: NDArray[np.float32], gains: NDArray[np.float64]) -> NDArray[np.float32]:
        """The sum `[n, SIDES]` of voices `[voices, n]` at `gains`, `[voices, SIDES]`.

        Gains are reached within a few milliseconds; at once where there were another number of voices before.
        """
        if gains.shape != self._gains.shape:
            self._gains = gains.copy()
        mixed = np.zeros((audio.shape[1], SIDES), dtype=np.float32)
        _mix(audio, gains, self._glide, self._gains, mixed)
        return mixed


@compiled
def _mix(
    audio: NDArray[np.float32],
    targets: NDArray[np.float64],
    glide: float,
    gains: NDArray[np.float64],
    mixed: NDArray[np.float32],
) -> None:
    for voice in range(audio.shape[0]):
        for side in range(mixed.shape[1]):
            gain, target = gains[voice, side], targets[voice, side]
            for n in range(audio.shape[1]):
                gain += glide * (target - gain)
                if abs(target - gain) < _SETTLED:
                    gain = target
                mixed[n, side] += audio[voice, n] * gain
            gains[voice, side] = gain
