"""SignalChain: one voice's codes as sound at the device's rate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.synth.filters import Decoder
from livernn.synth.limiter import Limiter
from livernn.synth.resample import Resampler
from livernn.units import db_to_gain


class SignalChain:
    """Dequantise -> de-emphasis -> DC blocker -> gain -> resampler -> limiter. Owned by one thread.

    The limiter comes last, at the device's rate: ahead of the resampler, that one's overshoot would pass the ceiling.
    """

    def __init__(self, config: ModelConfig, device_rate_hz: float) -> None:
        warm_up()
        self.device_rate_hz = device_rate_hz
        self._decoder = Decoder(config)
        self._resampler = Resampler(config.sample_rate_hz, device_rate_hz)
        self._limiter = Limiter(device_rate_hz)

    @property
    def delay_samples(self) -> int:
        """Device samples between a code and its sound: resampler and limiter."""
        return round(self._resampler.delay_s * self.device_rate_hz) + self._limiter.delay_samples

    @property
    def limiter_gain_db(self) -> float:
        """The limiter's deepest gain in the last block, 0 or below."""
        return self._limiter.gain_db

    def process(self, codes: NDArray[np.uint8], gain_db: float) -> NDArray[np.float32]:
        """Device samples, floor or ceil of the exact ratio, never above 0 dBFS."""
        return self._to_device(self._decoder.process(codes, db_to_gain(gain_db)))

    def replace_past(self, codes: NDArray[np.uint8]) -> None:
        """As if `codes` had just been heard: their end is still in the filters and delays."""
        self._resampler.reset()
        self._limiter.reset()
        self._to_device(self._decoder.replace_past(codes))

    def reset(self) -> None:
        """Back to silence."""
        self._decoder.reset()
        self._resampler.reset()
        self._limiter.reset()

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference: for snapshots to copy."""
        return (*self._decoder.arrays(), *self._resampler.arrays(), *self._limiter.arrays())

    def restore(self, saved: tuple[NDArray[Any], ...]) -> None:
        """Put copies of `arrays` back; ValueError for such as no chain of this kind has."""
        for array, copy in zip(self.arrays(), saved, strict=True):
            if array.shape != copy.shape:
                raise ValueError("the state is of another voice")
            array[...] = copy
        self._resampler.check()
        self._limiter.check()

    def _to_device(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._limiter.process(self._resampler.process(audio))


def warm_up() -> None:
    """Compile the signal chain into the on-disk cache, or load it from there: nothing is compiled while playing."""
    audio = Decoder(ModelConfig()).process(np.zeros(1, dtype=np.uint8), 1.0)
    Limiter(48000.0).process(Resampler(16000.0, 48000.0).process(audio))
