"""The studio of checkpoints on disk."""

import hashlib
import json
import logging
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import binding
from numpy.typing import NDArray

from livernn.audiofile import read_audio
from livernn.control.patch import Patch
from livernn.control.primes import HEARD_S
from livernn.engine.child import child_command, child_environment
from livernn.engine.company import LEAST_FACTOR
from livernn.engine.second_core import SecondCore
from livernn.engine.shadow import Shadow
from livernn.engine.studio import BLOCK_SAMPLES, Instrument, Processor, Progress, VoiceLike
from livernn.engine.torch_libraries import load_torch_libraries
from livernn.errors import DeviceError, LiveRNNError
from livernn.model.checkpoint import Checkpoint, load_checkpoint
from livernn.model.precision import Precision
from livernn.nvidia import gpu_names
from livernn.synth.choir import Choir, Lockstep
from livernn.synth.ensemble import MOST_VOICES
from livernn.synth.generator import Generator
from livernn.synth.instructions import candidates
from livernn.synth.kernel import load_kernel, usual_precision
from livernn.synth.kernel_cache import use_kernel_cache
from livernn.synth.voice import GeneratorLike, Voice
from livernn.synth.weights import PackedWeights

if TYPE_CHECKING:
    from livernn.synth.cuda.back_ends import GpuModel

_logger = logging.getLogger(__name__)

_WARM_SAMPLES = 256
_TIMED_BLOCKS = 10


class RealStudio:
    """A `Studio` of checkpoints on disk. Kernels are compiled by a helper process, into numba's on-disk cache.

    With two threads a second core computes ahead of each generator of the CPU. `device` is one of
    `commandline.DEVICES`: torch is imported for a GPU alone.
    """

    def __init__(self, threads: int = 1, device: str = "cpu") -> None:
        self._threads = threads
        self._device = device
        self._helping = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._cancellations = 0
        self._loaded: tuple[Checkpoint, PackedWeights | GpuModel] | None = None
        """The last checkpoint's weights: all of its instruments share them."""

    def open(self, path: Path, progress: Progress) -> Checkpoint:
        """Raises BadInputError for a bad file, LiveRNNError when the kernel does not compile."""
        cancellations = self._cancellations
        checkpoint = load_checkpoint(path)
        note = _note_of_tuning(usual_precision(checkpoint.config), self._threads)
        if not note.exists():
            with self._helping:
                if cancellations != self._cancellations:
                    raise LiveRNNError("tuning for this processor", "it was given up", "Load the model again.")
                helper = self._helper = self._start_helper(path)
            self._follow(helper, progress)
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
        return checkpoint

    def run_on(self, device: str) -> str:
        """Raises DeviceError where a GPU is asked for and none plays; all is as before then."""
        if device == "cuda":
            _require_gpu()
        before, self._device, self._loaded = self._device, device, None
        return before

    def build(self, checkpoint: Checkpoint, seed: int, rate_hz: float, voices: int) -> Instrument:
        """Raises DeviceError where a GPU was asked for and does not play."""
        weights = self._weights_of(checkpoint)
        generator = self._generator(weights, seed)
        instrument = Instrument(generator, Voice(generator, rate_hz), _processor(weights))
        instrument.voice.render(_WARM_SAMPLES, Patch(voices=voices))
        instrument.voice.reset()
        return instrument

    def most_voices(self, instrument: Instrument, patch: Patch) -> int:
        """See `Studio`."""
        for voices in range(MOST_VOICES, 1, -1):
            with suppress(DeviceError):  # a GPU may have no room for so many
                if _factor(instrument.voice, patch.with_value("voices", voices)) >= LEAST_FACTOR:
                    break
        else:
            voices = 1
        instrument.voice.reset()
        return voices

    def read(self, path: Path, rate_hz: float, begin_s: float, end_s: float | None) -> NDArray[np.float32]:
        """Raises BadInputError for a file that cannot be read."""
        limit_s = begin_s + HEARD_S
        return read_audio(path, rate_hz, begin_s, min(end_s, limit_s) if end_s is not None else limit_s)

    def shadow(self, checkpoint: Checkpoint, seed: int, rate_hz: float) -> Shadow:
        """See `Studio`."""
        weights = self._weights_of(checkpoint)
        generator = self._generator(weights, seed)
        return Shadow(generator, Voice(generator, rate_hz), _processor(weights))

    def at_rate(self, instrument: Instrument, rate_hz: float) -> Instrument:
        """See `Studio`."""
        return replace(instrument, voice=Voice(instrument.generator, rate_hz))

    def cancel(self) -> None:
        """End the helper, or the `open` that is about to start one, which then raises."""
        with self._helping:
            self._cancellations += 1
            if self._helper is not None:
                self._helper.kill()

    def _weights_of(self, checkpoint: Checkpoint) -> "PackedWeights | GpuModel":
        if self._loaded is None or self._loaded[0] is not checkpoint:
            self._loaded = checkpoint, _load(checkpoint, self._device)
        return self._loaded[1]

    def _generator(self, weights: "PackedWeights | GpuModel", seed: int) -> GeneratorLike:
        def make(voices: int) -> Lockstep:
            if not isinstance(weights, PackedWeights):
                return weights.generator(seed=seed, voices=voices)
            generator = Generator(weights, seed=seed, voices=voices)
            return SecondCore(generator) if self._threads == 2 else generator

        return Choir(make)

    def _start_helper(self, path: Path) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            child_command("livernn.synth.warm_up", str(path), str(self._threads)),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _follow(self, helper: "subprocess.Popen[bytes]", progress: Progress) -> None:
        words: list[str] = []
        with helper:
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


def _load(checkpoint: Checkpoint, device: str) -> "PackedWeights | GpuModel":
    if device == "cpu":
        return load_kernel(checkpoint)
    try:
        _require_gpu()
        from livernn.synth.cuda.back_ends import load_gpu

        gpu = load_gpu(checkpoint)
    except DeviceError as error:
        if device == "cuda":
            raise
        _logger.info("the CPU plays: %s", error)
        return load_kernel(checkpoint)
    return gpu if device == "cuda" else _quicker(load_kernel(checkpoint), gpu)


def _require_gpu() -> None:
    """Raises DeviceError where none plays. Without a driver, torch is not imported."""
    gpu_names()
    load_torch_libraries()
    from livernn.synth.cuda.back_ends import require_gpu

    require_gpu()


def _processor(weights: "PackedWeights | GpuModel") -> Processor:
    if isinstance(weights, PackedWeights):
        return Processor("CPU", weights.precision)
    return Processor(weights.device_name, weights.precision, lambda: weights.clock.spent_ms)


def _quicker(cpu: PackedWeights, gpu: "GpuModel") -> "PackedWeights | GpuModel":
    """For one voice, which a processor may well play faster than a GPU."""
    cpu_s, gpu_s = (_block_s(generator) for generator in (Generator(cpu, seed=0), gpu.generator(seed=0)))
    _logger.info("a block takes %.2f ms on the CPU and %.2f ms on %s", 1e3 * cpu_s, 1e3 * gpu_s, gpu.device_name)
    return gpu if gpu_s < cpu_s else cpu


def _block_s(generator: Lockstep) -> float:
    return _quickest_s(lambda: generator.render(BLOCK_SAMPLES, [Patch()]))


def _factor(voice: VoiceLike, patch: Patch) -> float:
    """How much faster than real time it is rendered."""
    return BLOCK_SAMPLES / voice.config.sample_rate_hz / _quickest_s(lambda: voice.render(BLOCK_SAMPLES, patch))


def _quickest_s(render: Callable[[], object]) -> float:
    """Of some times: what the machine can do, whatever else it is doing."""
    times_s = []
    for _ in range(_TIMED_BLOCKS):
        began_s = time.perf_counter()
        render()
        times_s.append(time.perf_counter() - began_s)
    return min(times_s)


def _parse_progress(line: bytes) -> tuple[str, float] | None:
    try:
        report: dict[str, Any] = json.loads(line)
        return str(report["stage"]), float(report["fraction"])
    except (ValueError, TypeError, KeyError):
        return None


def _note_of_tuning(precision: Precision, threads: int) -> Path:
    """The file that says that this processor's kernel is in the cache; one serves every model of a precision."""
    processor = binding.get_host_cpu_name() + binding.get_host_cpu_features().flatten() + "".join(candidates())
    key = hashlib.sha256(processor.encode()).hexdigest()[:16]
    return use_kernel_cache() / f"tuned-{key}-{precision}-{threads}"
