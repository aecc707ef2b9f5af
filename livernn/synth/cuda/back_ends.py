"""What plays a checkpoint on the GPU: the kernel where it is asked for, else torch's graphs. Each has to prove itself.

Why one does not is told, by the log and by `doctor`.
"""

import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.errors import DeviceError
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import GPU_PRECISION, KERNEL_PRECISION
from livernn.nvidia import gpu_names
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.kernel_player import KernelModel
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.player import TorchPlayer
from livernn.synth.cuda.stream import Clock
from livernn.synth.philox import fill_gumbels
from livernn.synth.reference import Reference, Steadying, distribution, draw_by_noise

KERNEL_VARIABLE = "LIVERNN_GPU_KERNEL"
"""Set to 1, the kernel is tried. Not by itself yet: it has been compiled and checked, but no GPU has run it."""

_SMALL = ModelConfig(frame_sizes=(4, 12), dims=(72, 40, 24), embed_dim=4, q_levels=150)
_SAMPLES = 96
"""More than a frame of the slowest tier of most models."""
_TOLERANCE = 1e-3
_KERNEL_TOLERANCE_SD = 0.05
_NEAR = 1e-2
"""Perturbed scores that fp16 may swap."""
_PATCHES = (Patch(), Patch(top_p=0.9, noise_fast=0.3, noise_slow=0.5))
"""That codes are drawn under for proof."""
_BITS_TOLERANCE = 0.2
"""Of a mean surprisal: a level at the edge of top-p may be kept here and left out there."""
_LEAST_SHARE = 1e-6
"""Of such a level."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GpuModel:
    """A checkpoint in a GPU's memory, for any number of generators."""

    device_name: str
    checkpoint: Checkpoint
    network: Network
    kernel: KernelModel | None = None
    clock: Clock = field(default_factory=Clock)
    """Of all its generators."""

    @property
    def precision(self) -> str:
        """For takes: who plays one again needs the same."""
        return KERNEL_PRECISION if self.kernel else GPU_PRECISION

    def generator(self, *, seed: int, voices: int = 1) -> TorchGenerator:
        """One in its initial state; DeviceError where there is no room for so many voices."""
        with _in_memory():
            make_player = self.kernel.make_player(voices) if self.kernel else TorchPlayer
            return TorchGenerator(self.network, make_player, seed=seed, voices=voices, clock=self.clock)


def load_gpu(checkpoint: Checkpoint) -> GpuModel:
    """Put a checkpoint into the memory of the first GPU.

    Raises:
        DeviceError: nothing plays here; why the graphs do not.
    """
    require_gpu()
    with _in_memory():
        model = GpuModel(torch.cuda.get_device_name(_gpu()), checkpoint, Network(checkpoint, _gpu()))
        kernel = _load_kernel(checkpoint)
    if isinstance(kernel, str):
        _logger.info("CUDA graphs play, not the kernel: %s", kernel)
        return model
    return replace(model, kernel=kernel)


def load_again(checkpoint: Checkpoint, precision: str) -> GpuModel:
    """For what a GPU has played: on one if there is one, else the same computation on the CPU, slowly."""
    if why_not() is None:
        model = load_gpu(checkpoint)
        return replace(model, kernel=model.kernel if precision == KERNEL_PRECISION else None)
    return GpuModel("CPU", checkpoint, Network(checkpoint, torch.device("cpu")))


def require_gpu() -> None:
    """Raises DeviceError where torch's graphs do not play here: why."""
    reason = why_not()
    if reason is not None:
        raise DeviceError("GPU", reason, "Play on the CPU.")


@cache
def why_not() -> str | None:
    """What keeps torch's graphs from playing on this machine's GPU; None if they prove themselves."""
    try:
        gpu_names()
        if not torch.cuda.is_available():
            return f"torch {torch.__version__} does not use it"
        checkpoint = random_checkpoint(_SMALL)
        _prove(TorchGenerator(Network(checkpoint, _gpu()), seed=0), checkpoint, _TOLERANCE)
    except DeviceError as error:
        return error.why
    except RuntimeError as error:
        _logger.warning("CUDA graphs fail here and are left out: %s", error)
        return f"CUDA graphs fail ({' '.join(str(error).split())})"
    return None


def why_no_kernel(checkpoint: Checkpoint) -> str | None:
    """What keeps the kernel from playing `checkpoint` on this machine's GPU; None if it proves itself with it."""
    kernel = _load_kernel(checkpoint)
    return kernel if isinstance(kernel, str) else None


def _load_kernel(checkpoint: Checkpoint) -> KernelModel | str:
    """It, or why it does not play."""
    if os.environ.get(KERNEL_VARIABLE) != "1":
        return f"it is tried with {KERNEL_VARIABLE}=1 only"
    try:
        network, kernel = Network(checkpoint, _gpu()), KernelModel(checkpoint, _gpu())
        spread = float(TorchGenerator(network, seed=0).forced_logits(_codes(checkpoint)).std())
        for voices in (1, 2):  # there are two of them
            generator = TorchGenerator(network, kernel.make_player(voices), seed=0, voices=voices)
            _prove(generator, checkpoint, _KERNEL_TOLERANCE_SD * spread)
    except DeviceError as error:
        return error.why
    except RuntimeError as error:
        _logger.warning("The GPU kernel fails here and is left out: %s", error)
        return f"it fails ({' '.join(str(error).split())})"
    return kernel


@contextmanager
def _in_memory() -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceError("GPU", "its memory is full", "Close what else uses it, or play on the CPU.") from error


def _gpu() -> torch.device:
    return torch.device("cuda", 0)


def _codes(checkpoint: Checkpoint) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(checkpoint.config.q_levels, size=_SAMPLES).astype(np.uint8)


def _prove(generator: TorchGenerator, checkpoint: Checkpoint, tolerance: float) -> None:
    """Forced logits are the reference's, and codes those that it draws by the same noise; else RuntimeError."""
    codes = _codes(checkpoint)
    expected = Reference(checkpoint).forced_logits(codes)
    error = float(np.abs(generator.forced_logits(codes) - expected[:, np.newaxis]).max())
    if not error < tolerance:
        raise RuntimeError(f"its logits err by {error:.3g}")
    for patch in _PATCHES:
        drawn = _drawn(generator, patch)
        for voice in range(generator.voices):
            bits = float(generator.surprisal_bits[voice])
            _prove_draws(checkpoint, drawn[voice], bits, patch, voice, _NEAR + 2.0 * tolerance)
        if (_drawn(generator, patch) != drawn).any():
            raise RuntimeError("it draws other codes the second time")


def _drawn(generator: TorchGenerator, patch: Patch) -> NDArray[np.uint8]:
    """From the beginning; what comes a second time is a graph."""
    generator.reset(0)
    return generator.render(_SAMPLES, [patch] * generator.voices)


def _prove_draws(
    checkpoint: Checkpoint, drawn: NDArray[np.uint8], said_bits: float, patch: Patch, voice: int, near: float
) -> None:
    noise = np.empty((_SAMPLES, checkpoint.config.q_levels))
    fill_gumbels(noise, seed=0, voice=voice, start=0)
    reference = Reference(checkpoint, patch=patch, voice=voice)
    rows, bits, steadying = reference.forced_logits(drawn), 0.0, Steadying(checkpoint)
    for logits, gumbels, code in zip(rows, noise, drawn, strict=True):
        led = steadying.patch(patch)
        shares, scores = distribution(logits, led), logits / led.temperature + gumbels
        steadying.push(max(float(shares[code]), _LEAST_SHARE))
        best = draw_by_noise(shares, gumbels)
        if scores[best] - scores[code] > near:
            raise RuntimeError(f"it draws {code} where {best} is due")
        bits -= math.log2(max(float(shares[code]), _LEAST_SHARE)) / _SAMPLES
    if not abs(bits - said_bits) < _BITS_TOLERANCE:
        raise RuntimeError(f"it takes {said_bits:.3g} bits for {bits:.3g}")
