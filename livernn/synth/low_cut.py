"""Low cut: takes away the rumble below an instrument, which de-emphasis makes of what is rounded off the codes."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.params import PARAMS
from livernn.synth.compiled import compiled
from livernn.units import SIDES

GLIDE_MS = 20.0

LOW_CUT = PARAMS["low_cut_hz"]
_DAMPING = math.sqrt(2.0)
"""Butterworth's."""

_SETTLED = 1e-6


class LowCut:
    """A high-pass of 12 dB an octave at the model's rate, each side by itself. Owned by one thread.

    The trapezoidal state-variable filter (Zavalishin, The Art of VA Filter Design, section 4), which stays stable while
    its corner moves. Corner and effect glide; once off has been reached, samples pass as they are.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        self._rate_hz = sample_rate_hz
        self._glide = 1.0 - math.exp(-1000.0 / (GLIDE_MS * sample_rate_hz))
        self._glides = np.zeros(2)
        """Warped corner, and share of the effect."""
        self._integrals = np.zeros((SIDES, 2))

    def reset(self) -> None:
        """As if silence had passed for ever, uncut."""
        self._glides[:] = 0.0
        self._integrals[:] = 0.0

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference."""
        return self._glides, self._integrals

    def process(self, audio: NDArray[np.float32], corner_hz: float) -> NDArray[np.float32]:
        """`audio` `[n, SIDES]` without what is below the corner, at which 3 dB are lost."""
        share = 0.0 if corner_hz == LOW_CUT.off else 1.0
        glides = self._glides
        if share == glides[1] == 0.0:
            return audio
        corner = math.tan(math.pi * corner_hz / self._rate_hz)
        if glides[1] == 0.0:
            glides[0] = corner
            self._integrals[:] = 0.0
        cut = np.empty_like(audio)
        _cut(audio, np.array([corner, share]), self._glide, glides, self._integrals, cut)
        return cut


@compiled
def _cut(
    audio: NDArray[np.float32],
    targets: NDArray[np.float64],
    glide: float,
    glides: NDArray[np.float64],
    integrals: NDArray[np.float64],
    cut: NDArray[np.float32],
) -> None:
    corner, share = glides[0], glides[1]
    for n in range(audio.shape[0]):
        corner += glide * (targets[0] - corner)
        share += glide * (targets[1] - share)
        if abs(targets[1] - share) < _SETTLED:
            share = targets[1]
        scale = 1.0 / (1.0 + corner * (corner + _DAMPING))
        for side in range(audio.shape[1]):
            sample = np.float64(audio[n, side])
            band, low = integrals[side, 0], integrals[side, 1]
            high = (sample - (corner + _DAMPING) * band - low) * scale
            step = corner * high
            band_now = band + step
            integrals[side, 0] = band_now + step
            step = corner * band_now
            low_now = low + step
            integrals[side, 1] = low_now + step
            cut[n, side] = sample - share * (sample - high)
    glides[0], glides[1] = corner, share
