"""Which back end plays a checkpoint on the GPU: the first that proves itself here. Why another does not is kept."""

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from livernn.errors import DeviceError
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.nvidia import gpu_names
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.network import Network
from livernn.synth.reference import Reference

_PROOF = ModelConfig(frame_sizes=(4, 12), dims=(72, 40, 24), embed_dim=4, q_levels=150)
_PROOF_SAMPLES = 40
_TOLERANCE = 1e-3

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GpuModel:
    """A checkpoint in a GPU's memory, for any number of generators."""

    device_name: str
    network: Network

    def generator(self, *, seed: int, voices: int = 1) -> TorchGenerator:
        """One in its initial state."""
        return TorchGenerator(self.network, seed=seed, voices=voices)


def load_gpu(checkpoint: Checkpoint) -> GpuModel:
    """Put a checkpoint into the memory of the first GPU.

    Raises:
        DeviceError: no back end plays here; the reason is that of the last one tried.
    """
    reason = why_not()
    if reason is not None:
        raise DeviceError("GPU", reason, "Use --device cpu.")
    return GpuModel(torch.cuda.get_device_name(_gpu()), Network(checkpoint, _gpu()))


def load_again(checkpoint: Checkpoint) -> GpuModel:
    """For what a GPU has played: on one if there is one, else the same computation on the CPU, slowly."""
    if why_not() is None:
        return load_gpu(checkpoint)
    return GpuModel("CPU", Network(checkpoint, torch.device("cpu")))


@cache
def why_not() -> str | None:
    """What keeps torch's graphs from playing on this machine's GPU; None if they prove themselves."""
    try:
        gpu_names()
        if not torch.cuda.is_available():
            raise DeviceError("GPU", f"torch {torch.__version__} does not use it", "Install its CUDA build.")
        _prove(_gpu())
    except DeviceError as error:
        return error.why
    except RuntimeError as error:
        _logger.warning("CUDA graphs fail here and are left out: %s", error)
        return f"CUDA graphs fail ({' '.join(str(error).split())})"
    return None


def _gpu() -> torch.device:
    return torch.device("cuda", 0)


def _prove(device: torch.device) -> None:
    """Graphs of a small network give the reference's logits, or a RuntimeError says that they do not."""
    checkpoint = random_checkpoint(_PROOF)
    codes = np.random.default_rng(0).integers(_PROOF.q_levels, size=_PROOF_SAMPLES).astype(np.uint8)
    logits = TorchGenerator(Network(checkpoint, device), seed=0).forced_logits(codes)[:, 0]
    error = float(np.abs(logits - Reference(checkpoint).forced_logits(codes)).max())
    if not error < _TOLERANCE:
        raise RuntimeError(f"they err by {error:.3g}")
