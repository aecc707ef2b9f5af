"""Voice: a Generator as sound at the device's rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.config import ModelConfig
from livernn.model.quantize import to_codes
from livernn.synth.chain import SignalChain, in_step
from livernn.synth.ensemble import ensemble_of


class GeneratorLike(Protocol):
    """What a Voice asks of a `Choir`."""

    config: ModelConfig

    def engage(self, voices: int) -> None: ...
    @property
    def surprisal_bits(self) -> NDArray[np.float64]: ...

    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]: ...

    def prime(self, codes: NDArray[np.uint8]) -> None: ...

    def reset(self, seed: int | None = None) -> None: ...

    def snapshot(self) -> Any: ...

    def restore(self, snapshot: Any) -> None: ...


@dataclass(frozen=True)
class VoiceSnapshot:
    """All that the next sample depends on, the patch apart."""

    generator: Any
    chain: tuple[NDArray[Any], ...]

    def with_seed(self, seed: int) -> "VoiceSnapshot":
        """The same moment, from which another random stream goes on."""
        return replace(self, generator=replace(self.generator, seed=seed))

    def in_step_with(self, other: "VoiceSnapshot") -> "VoiceSnapshot":
        """The same moment, from which blocks are as long as those from `other` on: it is of the same rates."""
        return replace(self, chain=in_step(self.chain, other.chain))


class Voice:
    """A generator and its SignalChain: as many voices as the patch says, as one sound. Owned by one thread."""

    def __init__(self, generator: GeneratorLike, device_rate_hz: float) -> None:
        self.config = generator.config
        self.device_rate_hz = device_rate_hz
        self._generator = generator
        self._chain = SignalChain(self.config, device_rate_hz)
        self.codes = np.empty((1, 0), np.uint8)
        """Those of the last render, `[voices, n]`."""

    @property
    def surprisal_bits(self) -> NDArray[np.float64]:
        """Of `codes`, a mean for each voice."""
        return self._generator.surprisal_bits

    @property
    def delay_samples(self) -> int:
        """Device samples between a code and its sound."""
        return self._chain.delay_samples

    @property
    def limiter_gain_db(self) -> float:
        """The limiter's deepest gain in the last block, 0 or below."""
        return self._chain.limiter_gain_db

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        """The next `count` model samples as device samples `[n, SIDES]`, n floor or ceil of the exact ratio.

        Never above 0 dBFS.
        """
        patches, gains = ensemble_of(patch)
        self._generator.engage(len(patches))
        self.codes = self._generator.render(count, patches)
        return self._chain.process(self.codes, gains, patch.low_cut_hz)

    def prime(self, audio: NDArray[np.float32]) -> None:
        """Continue from `audio`, mono at the model's rate, whose end is still in the filters and delays."""
        codes = to_codes(audio, self.config)
        self._generator.prime(codes)
        self.replace_past(codes)

    def replace_past(self, codes: NDArray[np.uint8]) -> None:
        """Sound as if `codes`, which the Generator has been primed with, were the end of what was heard."""
        self._chain.replace_past(codes)

    def reset(self, seed: int | None = None) -> None:
        """Back to the initial state and silence; a new random seed if given."""
        self._generator.reset(seed)
        self._chain.reset()

    def snapshot(self) -> VoiceSnapshot:
        """A copy of all state, for `restore`."""
        return VoiceSnapshot(self._generator.snapshot(), tuple(array.copy() for array in self._chain.arrays()))

    def restore(self, snapshot: VoiceSnapshot) -> None:
        """Back to the moment of `snapshot`, taken from a Voice of the same checkpoint and device rate.

        Raises:
            ValueError: it was not, or is damaged; this Voice must then not be used.
        """
        self._generator.restore(snapshot.generator)
        self._chain.restore(snapshot.chain)
