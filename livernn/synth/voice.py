"""Voice: a Generator as sound at the device's rate."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.config import ModelConfig
from livernn.model.quantize import to_codes
from livernn.synth.filters import Decoder
from livernn.synth.limiter import Limiter
from livernn.synth.resample import Resampler
from livernn.units import db_to_gain


class GeneratorLike(Protocol):
    """What a Voice asks of a Generator."""

    config: ModelConfig

    def render(self, count: int, patch: Patch) -> NDArray[np.uint8]: ...

    def prime(self, codes: NDArray[np.uint8]) -> None: ...

    def reset(self, seed: int | None = None) -> None: ...

    def snapshot(self) -> Any: ...

    def restore(self, snapshot: Any) -> None: ...


@dataclass(frozen=True)
class VoiceSnapshot:
    """All that the next sample depends on, the patch apart."""

    generator: Any
    chain: tuple[NDArray[Any], ...]


class Voice:
    """Generator -> dequantise -> de-emphasis -> DC blocker -> gain -> resampler -> limiter. Owned by one thread.

    The limiter comes last, at the device's rate: ahead of the resampler, that one's overshoot would pass the ceiling.
    """

    def __init__(self, generator: GeneratorLike, device_rate_hz: float) -> None:
        warm_up()
        self.config = generator.config
        self.device_rate_hz = device_rate_hz
        self._generator = generator
        self._decoder = Decoder(self.config)
        self._resampler = Resampler(self.config.sample_rate_hz, device_rate_hz)
        self._limiter = Limiter(device_rate_hz)

    @property
    def delay_samples(self) -> int:
        """Device samples between a code and its sound: resampler and limiter."""
        return round(self._resampler.delay_s * self.device_rate_hz) + self._limiter.delay_samples

    @property
    def limiter_gain_db(self) -> float:
        """The limiter's deepest gain in the last block, 0 or below."""
        return self._limiter.gain_db

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        """The next `count` model samples as device samples: floor or ceil of the exact ratio, never above 0 dBFS."""
        codes = self._generator.render(count, patch)
        return self._to_device(self._decoder.process(codes, db_to_gain(patch.gain_db)))

    def prime(self, audio: NDArray[np.float32]) -> None:
        """Continue from `audio`, mono at the model's rate, whose end is still in the filters and delays."""
        codes = to_codes(audio, self.config)
        self._generator.prime(codes)
        self._resampler.reset()
        self._limiter.reset()
        self._to_device(self._decoder.replace_past(codes))

    def reset(self, seed: int | None = None) -> None:
        """Back to the initial state and silence; a new random seed if given."""
        self._generator.reset(seed)
        self._decoder.reset()
        self._resampler.reset()
        self._limiter.reset()

    def snapshot(self) -> VoiceSnapshot:
        """A copy of all state, for `restore`."""
        return VoiceSnapshot(self._generator.snapshot(), tuple(array.copy() for array in self._arrays()))

    def restore(self, snapshot: VoiceSnapshot) -> None:
        """Back to the moment of `snapshot`, taken from a Voice of the same checkpoint and device rate."""
        self._generator.restore(snapshot.generator)
        for array, saved in zip(self._arrays(), snapshot.chain, strict=True):
            array[...] = saved

    def _to_device(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._limiter.process(self._resampler.process(audio))

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return (*self._decoder.arrays(), *self._resampler.arrays(), *self._limiter.arrays())


def warm_up() -> None:
    """Compile the signal chain into the on-disk cache, or load it from there: nothing is compiled while playing."""
    audio = Decoder(ModelConfig()).process(np.zeros(1, dtype=np.uint8), 1.0)
    Limiter(48000.0).process(Resampler(16000.0, 48000.0).process(audio))
