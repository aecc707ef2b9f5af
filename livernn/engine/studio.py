"""Where sound comes from: checkpoints, compiled kernels and files become voices. Slow; never on the sampler."""

import hashlib
import json
import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from llvmlite import binding
from numpy.typing import NDArray

from livernn.audiofile import read_audio
from livernn.control.patch import Patch
from livernn.engine.child import child_command, child_environment
from livernn.engine.second_core import SecondCore
from livernn.errors import LiveRNNError
from livernn.model.checkpoint import Checkpoint, load_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.generator import Generator
from livernn.synth.instructions import candidates
from livernn.synth.kernel import load_kernel
from livernn.synth.kernel_cache import use_kernel_cache
from livernn.synth.voice import GeneratorLike, Voice, VoiceSnapshot

_logger = logging.getLogger(__name__)

PRIME_LIMIT_S = 30.0

_WARM_SAMPLES = 256

Progress = Callable[[str, float], None]


class VoiceLike(Protocol):
    """What the sampler asks of a Voice."""

    config: ModelConfig
    device_rate_hz: float

    @property
    def limiter_gain_db(self) -> float: ...

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]: ...

    def reset(self, seed: int | None = None) -> None: ...

    def snapshot(self) -> VoiceSnapshot: ...

    def restore(self, snapshot: VoiceSnapshot) -> None: ...


@dataclass(frozen=True)
class Instrument:
    """A generator and the voice that sounds it."""

    generator: GeneratorLike
    voice: VoiceLike


class Studio(Protocol):
    """Makes instruments; called by one worker thread, `at_rate` by the sampler's."""

    def open(self, path: Path, progress: Progress) -> Checkpoint:
        """Read a checkpoint and see to it that its kernel is compiled."""

    def build(self, checkpoint: Checkpoint, seed: int, rate_hz: float) -> Instrument:
        """An instrument in its initial state that has been rendered with once, so that its first block is not slow."""

    def build_primed(self, checkpoint: Checkpoint, seed: int, rate_hz: float, path: Path) -> tuple[Instrument, float]:
        """An instrument that continues a file, and the seconds of it that were used."""

    def at_rate(self, instrument: Instrument, rate_hz: float) -> Instrument:
        """The same generator for another device rate."""

    def cancel(self) -> None:
        """End a compile under way; any thread."""


class RealStudio:
    """A `Studio` of checkpoints on disk. Kernels are compiled by a helper process, into numba's on-disk cache.

    With two threads a second core computes ahead of each generator.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._helper: subprocess.Popen[bytes] | None = None

    def open(self, path: Path, progress: Progress) -> Checkpoint:
        """Raises BadInputError for a bad file, LiveRNNError when the kernel does not compile."""
        checkpoint = load_checkpoint(path)
        note = _note_of_tuning(self._threads)
        if not note.exists():
            self._tune(path, progress)
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
        return checkpoint

    def build(self, checkpoint: Checkpoint, seed: int, rate_hz: float) -> Instrument:
        """See `Studio`."""
        instrument = self._assemble(self._generator(checkpoint, seed), rate_hz)
        instrument.voice.render(_WARM_SAMPLES, Patch())
        instrument.voice.reset()
        return instrument

    def build_primed(self, checkpoint: Checkpoint, seed: int, rate_hz: float, path: Path) -> tuple[Instrument, float]:
        """Raises BadInputError for a file that cannot be read."""
        audio = read_audio(path, checkpoint.config.sample_rate_hz, max_seconds=PRIME_LIMIT_S)
        generator = self._generator(checkpoint, seed)
        voice = Voice(generator, rate_hz)
        voice.prime(audio)
        return Instrument(generator, voice), audio.size / checkpoint.config.sample_rate_hz

    def at_rate(self, instrument: Instrument, rate_hz: float) -> Instrument:
        """See `Studio`."""
        return self._assemble(instrument.generator, rate_hz)

    def cancel(self) -> None:
        """End the helper; `open` then raises."""
        helper = self._helper
        if helper is not None:
            helper.kill()

    def _generator(self, checkpoint: Checkpoint, seed: int) -> GeneratorLike:
        generator = Generator(load_kernel(checkpoint), seed=seed)
        return SecondCore(generator) if self._threads == 2 else generator

    def _assemble(self, generator: GeneratorLike, rate_hz: float) -> Instrument:
        return Instrument(generator, Voice(generator, rate_hz))

    def _tune(self, path: Path, progress: Progress) -> None:
        command = child_command("livernn.synth.warm_up", str(path), str(self._threads))
        with subprocess.Popen(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as helper:
            self._helper = helper
            words: list[str] = []
            for line in helper.stdout or ():
                report = _parse_progress(line)
                if report is not None:
                    progress(*report)
                else:
                    words.append(line.decode(errors="replace").rstrip())
        self._helper = None
        if helper.returncode != 0:
            _logger.info("the helper that tunes kernels said:\n%s", "\n".join(words))
            reason = next((line for line in reversed(words) if "Error" in line), "it gave no reason")
            why = f"the helper ended with code {helper.returncode} ({reason})"
            raise LiveRNNError("tuning for this processor", why, "Try again, or run 'python -m livernn doctor'.")


def _parse_progress(line: bytes) -> tuple[str, float] | None:
    try:
        report: dict[str, Any] = json.loads(line)
        return str(report["stage"]), float(report["fraction"])
    except (ValueError, TypeError, KeyError):
        return None


def _note_of_tuning(threads: int) -> Path:
    """The file that says that this processor's kernel is in the cache; one serves every model."""
    processor = binding.get_host_cpu_name() + binding.get_host_cpu_features().flatten() + "".join(candidates())
    key = hashlib.sha256(processor.encode()).hexdigest()[:16]
    return use_kernel_cache() / f"tuned-{key}-{threads}"
