"""Where sound comes from: checkpoints, compiled kernels and files become voices. Slow; never on the sampler."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.voice import GeneratorLike, VoiceSnapshot

BLOCK_SAMPLES = 64
"""Model samples per render: what the patch is read for once."""

Progress = Callable[[str, float], None]


class VoiceLike(Protocol):
    """What the sampler asks of a Voice."""

    config: ModelConfig
    device_rate_hz: float
    codes: NDArray[np.uint8]

    @property
    def surprisal_bits(self) -> NDArray[np.float64]: ...

    @property
    def delay_samples(self) -> int: ...

    @property
    def limiter_gain_db(self) -> float: ...

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]: ...

    def reset(self, seed: int | None = None) -> None: ...

    def snapshot(self) -> VoiceSnapshot: ...

    def restore(self, snapshot: VoiceSnapshot) -> None: ...


@dataclass(frozen=True)
class Processor:
    """What a generator runs on. `precision` is for takes to tell."""

    name: str
    precision: str
    gpu_ms: Callable[[], float] = field(default=lambda: 0.0, compare=False)
    """What a GPU has had to do so far; 0 where there is none. Any thread."""


@dataclass(frozen=True)
class Instrument:
    """A generator, the voice that sounds it, and what it runs on."""

    generator: GeneratorLike
    voice: VoiceLike
    processor: Processor


def least_block_samples(voice: VoiceLike) -> int:
    """Device samples of a block, of which there may be one more."""
    return int(BLOCK_SAMPLES * voice.device_rate_hz / voice.config.sample_rate_hz)


class ShadowLike(Protocol):
    """Follows a sound, to go on with it at any moment. One thread at a time."""

    def hear(self, audio: NDArray[np.float32]) -> None:
        """Follow the next samples, mono at the model's rate."""

    def instrument(self) -> Instrument:
        """What goes on from here; the shadow follows no more."""


class Studio(Protocol):
    """Makes instruments; called by one worker thread, `at_rate` by the sampler's."""

    def open(self, path: Path, progress: Progress) -> Checkpoint:
        """Read a checkpoint and see to it that its kernel is compiled."""

    def run_on(self, device: str) -> str:
        """Make on `device`, one of `commandline.DEVICES`, what is made from now on; what it was made on before."""

    def build(self, checkpoint: Checkpoint, seed: int, rate_hz: float, voices: int) -> Instrument:
        """An instrument in its initial state; so many voices have sung with it, so that its first block is not slow."""

    def most_voices(self, instrument: Instrument, patch: Patch) -> int:
        """How many voices of one that has just been built can be played in real time at such settings.

        The instrument is as before.
        """

    def read(self, path: Path, rate_hz: float, begin_s: float, end_s: float | None) -> NDArray[np.float32]:
        """A sound file between two times, at most `control.primes.HEARD_S` of it, mono at `rate_hz`."""

    def shadow(self, checkpoint: Checkpoint, seed: int, rate_hz: float) -> ShadowLike:
        """One that has heard nothing."""

    def at_rate(self, instrument: Instrument, rate_hz: float) -> Instrument:
        """The same generator for another device rate."""

    def cancel(self) -> None:
        """End a compile under way; any thread."""
