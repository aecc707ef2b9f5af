"""SignalChain: codes of voices as sound at the device's rate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.synth.filters import Decoder
from livernn.synth.limiter import Limiter
from livernn.synth.low_cut import LOW_CUT, LowCut
from livernn.synth.mixer import Mixer
from livernn.synth.resample import Resampler
from livernn.units import SIDES

UNITY = np.ones((1, SIDES))
"""Gains of one voice in the middle."""

_PHASE = 5
"""Of `SignalChain.arrays`."""


class SignalChain:
    """Each voice decoded (`Decoder`), then gains and sum -> low cut -> resampler -> limiter. One thread.

    The limiter comes last, at the device's rate: ahead of the resampler, that one's overshoot would pass the ceiling.
    """

    def __init__(self, config: ModelConfig, device_rate_hz: float) -> None:
        warm_up()
        self.device_rate_hz = device_rate_hz
        self._decoder = Decoder(config)
        self._mixer = Mixer(config.sample_rate_hz)
        self._low_cut = LowCut(config.sample_rate_hz)
        self._resampler = Resampler(config.sample_rate_hz, device_rate_hz, SIDES)
        self._limiter = Limiter(device_rate_hz, SIDES)

    @property
    def delay_samples(self) -> int:
        """Device samples between a code and its sound: resampler and limiter."""
        return round(self._resampler.delay_s * self.device_rate_hz) + self._limiter.delay_samples

    @property
    def limiter_gain_db(self) -> float:
        """The limiter's deepest gain in the last block, 0 or below."""
        return self._limiter.gain_db

    def process(self, codes: NDArray[np.uint8], gains: NDArray[np.float64], low_cut_hz: float) -> NDArray[np.float32]:
        """Device samples of `codes`, `[voices, n]` at gains `[voices, SIDES]`.

        `[m, SIDES]`, of which m is the floor or ceil of the exact ratio; never above 0 dBFS.
        """
        mixed = self._mixer.process(self._decoder.process(codes), gains)
        cut = self._low_cut.process(mixed, low_cut_hz)
        return self._limiter.process(self._resampler.process(cut))

    def replace_past(self, codes: NDArray[np.uint8]) -> None:
        """As if `codes`, `[n]`, had just been heard, by one voice: their end is still in the filters and delays."""
        self.reset()
        self.process(codes[np.newaxis], UNITY, LOW_CUT.minimum)
        self._mixer.reset()

    def reset(self) -> None:
        """Back to silence and one voice."""
        self._decoder.reset()
        self._mixer.reset()
        self._low_cut.reset()
        self._resampler.reset()
        self._limiter.reset()

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference: for snapshots to copy."""
        return (
            *self._decoder.arrays(),
            *self._mixer.arrays(),
            *self._low_cut.arrays(),
            *self._resampler.arrays(),
            *self._limiter.arrays(),
        )

    def restore(self, saved: tuple[NDArray[Any], ...]) -> None:
        """Put copies of `arrays` back; ValueError for such as no chain of this kind has."""
        of_decoder, of_mixer, *of_others = saved
        self._decoder.restore(of_decoder)
        self._mixer.restore(of_mixer)
        others = (*self._low_cut.arrays(), *self._resampler.arrays(), *self._limiter.arrays())
        for array, copy in zip(others, of_others, strict=True):
            if array.shape != copy.shape:
                raise ValueError("the state is of another voice")
            array[...] = copy
        self._resampler.check()
        self._limiter.check()


def in_step(saved: tuple[NDArray[Any], ...], other: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
    """Copies of `SignalChain.arrays`, of which the resampler's phase is that of another chain of the same rates."""
    return (*saved[:_PHASE], *other[_PHASE : _PHASE + 1], *saved[_PHASE + 1 :])


def warm_up() -> None:
    """Compile the signal chain into the on-disk cache, or load it from there: nothing is compiled while playing."""
    mixed = Mixer(16000.0).process(Decoder(ModelConfig()).process(np.zeros((1, 1), dtype=np.uint8)), UNITY)
    cut = LowCut(16000.0).process(mixed, LOW_CUT.maximum)
    Limiter(48000.0, SIDES).process(Resampler(16000.0, 48000.0, SIDES).process(cut))
