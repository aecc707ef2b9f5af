"""The ear: what the microphone hears, in memory that its stream process and the engine share.

One ring that is written for ever by the input callback; positions count from its making and never wrap. No numba here.
"""

from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from livernn.engine.memory import SharedMemory

_LINE = 8
"""Words of a cache line."""

# Written by the stream process before the first callback.
CHANNELS = 0
"""As many as a block of the device holds."""
FIRST = 1
"""The first channel that is listened to, from 0; those after it are as well."""

# Written by the input callback.
HEARD = _LINE
CALLBACKS = HEARD + 1
CLIPPED = HEARD + 2
"""Samples of what is listened to that were at the top of the scale."""
INPUT_XRUNS = HEARD + 3

EAR_WORDS = 2 * _LINE
EAR_SAMPLES = 1 << 20
"""22 s at 48 kHz, 5 s at 192 kHz: as long may whoever listens be held up."""
EAR_FLOAT_AT = 2 * EAR_WORDS
EAR_FLOATS = EAR_FLOAT_AT + EAR_SAMPLES


class Ear(SharedMemory):
    """The mapped memory, by its parts; the mean of the channels listened to, at the device's rate."""

    size_bytes = 4 * EAR_FLOATS

    def __init__(self, mapping: mmap, handle: str, descriptor: int | None) -> None:
        super().__init__(mapping, handle, descriptor)
        self.words: NDArray[np.int64] = np.frombuffer(mapping, np.int64, EAR_WORDS)
        self.samples: NDArray[np.float32] = np.frombuffer(mapping, np.float32, EAR_SAMPLES, 4 * EAR_FLOAT_AT)

    @property
    def address(self) -> int:
        """Where it begins in this process."""
        return int(self.words.ctypes.data)

    @property
    def heard(self) -> int:
        """Samples heard since it was made."""
        return int(self.words[HEARD])

    def between(self, begin: int, end: int) -> NDArray[np.float32]:
        """What was heard from `begin` to `end`, which is not beyond `heard`; zeros stand for what was overwritten."""
        samples = self.samples[np.arange(max(begin, 0), end) % EAR_SAMPLES]
        samples[: max(0, self.heard - EAR_SAMPLES - max(begin, 0))] = 0.0
        return samples
