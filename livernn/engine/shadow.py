"""A shadow: an instrument that follows what is played elsewhere, so that it can go on with it at any moment."""

import numpy as np
from numpy.typing import NDArray

from livernn.engine.studio import Instrument, Processor
from livernn.model.quantize import to_codes
from livernn.synth.voice import GeneratorLike, Voice

_REMEMBERED_S = 0.5
"""Of what was heard, filters, resampler and limiter remember no more."""


class Shadow:
    """One thread at a time. Any division of a sound leads to the same state as the whole of it."""

    def __init__(self, generator: GeneratorLike, voice: Voice, processor: Processor) -> None:
        """`voice` is the generator's; both are in their initial state."""
        self._generator = generator
        self._voice = voice
        self._processor = processor
        self._before = np.zeros(1, np.float32)
        self._codes = np.empty(0, np.uint8)
        self._remembered = round(_REMEMBERED_S * voice.config.sample_rate_hz)

    def hear(self, audio: NDArray[np.float32]) -> None:
        """Follow the next samples, mono at the model's rate."""
        if audio.size == 0:
            return
        line = np.concatenate((self._before, audio))
        codes = to_codes(line, self._voice.config)[1:]  # the first one's predecessor is not known
        self._before = line[-1:]
        self._generator.prime(codes)
        self._codes = np.concatenate((self._codes, codes))[-self._remembered :]

    def instrument(self) -> Instrument:
        """What goes on from here. Follows no more."""
        self._voice.replace_past(self._codes)
        return Instrument(self._generator, self._voice, self._processor)
