"""Lifecycle and fades: nothing that starts, stops or changes the sound may click."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

GATE_FADE_MS = 5.0
"""Ramp of start, stop, panic and recovery from an underrun, applied by the audio callback."""

CROSS_FADE_MS = 20.0
"""Length of the change from one voice or state to the next, rendered ahead by the sampler."""

TOUCH_FADE_MS = 2.0
"""Length of the change to the same sound under another patch."""


class EngineState(Enum):
    """What the engine is doing, in the order in which it gets there."""

    STOPPED = "stopped"
    """No engine process: not started, closed or dead. Only the client says this."""
    STARTING = "starting"
    IDLE = "idle"
    """Nothing is loaded."""
    LOADING = "loading"
    """Nothing is loaded yet, but something is on its way."""
    READY = "ready"
    PLAYING = "playing"


class CrossFade:
    """Fades from a rendered tail of the old sound, `[n, SIDES]`, to the new one.

    The weights sum to one, so that two limited sounds stay below the limiter's ceiling.
    """

    def __init__(self, tail: NDArray[np.float32]) -> None:
        angle = np.pi * (np.arange(len(tail)) + 1) / (len(tail) + 1)
        self._rise = (0.5 - 0.5 * np.cos(angle)).astype(np.float32)[:, np.newaxis]
        self._fall = tail * (np.float32(1.0) - self._rise)

    @property
    def finished(self) -> bool:
        """Whether only the new sound is left."""
        return len(self._rise) == 0

    def mix(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next block of the new sound, faded in over what is left of the old."""
        count = min(len(block), len(self._rise))
        mixed = block.copy()
        mixed[:count] = block[:count] * self._rise[:count] + self._fall[:count]
        self._rise, self._fall = self._rise[count:], self._fall[count:]
        return mixed
