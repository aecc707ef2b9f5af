"""Which kernel serves: the first whose results agree with the reference on this machine."""

import logging
from functools import cache

import numpy as np

from livernn.errors import LiveRNNError
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import Precision
from livernn.synth.folding import upsampling_matrices
from livernn.synth.generator import Generator
from livernn.synth.instructions import SETS, candidates
from livernn.synth.reference import Reference
from livernn.synth.rounding import LARGEST
from livernn.synth.weights import PackedWeights, pack

_NEAR_BYTES = 1 << 21
"""Of a core's own cache, at most."""

FLOAT_TOLERANCE = 1e-4
INTEGER_TOLERANCE_SD = 0.1
INTEGER_MEDIAN_TOLERANCE_SD = 0.003
"""In standard deviations of the logits: an activation whose level float32 and float64 round differently moves all
logits, and what follows, a little."""

_PROOF = ModelConfig(frame_sizes=(4, 12), dims=(72, 40, 24), embed_dim=4, q_levels=150)
_PROOF_SAMPLES = 40
_PROOF_PRIMED = 28
"""7 and 3 frames: vectors by fours, twos and alone."""

_logger = logging.getLogger(__name__)


def usual_precision(config: ModelConfig) -> Precision:
    """What a model is played in: bytes are what bounds the speed; what rounding costs is in docs/performance.md.

    int4 where the upsamplers, in int8, would not lie near a core, and be fetched from afar for every frame.
    """
    upsampling_bytes = sum(
        upsampling_matrices(config, tier) * config.dims[tier - 1] * config.dims[tier] for tier in range(1, config.tiers)
    )
    return "int4" if upsampling_bytes > _NEAR_BYTES else "int8"


def load_kernel(checkpoint: Checkpoint, precision: Precision | None = None) -> PackedWeights:
    """Pack a checkpoint for the fastest instructions that prove themselves here; compiles them if they are new.

    In its `usual_precision` unless told otherwise.

    Raises:
        LiveRNNError: none does.
    """
    precision = precision or usual_precision(checkpoint.config)
    for instructions in candidates():
        if proven(precision, instructions):
            return pack(checkpoint, precision, instructions)
    raise LiveRNNError(
        f"the {precision} kernels", "none computes what it should on this processor", "Try another --precision."
    )


@cache
def proven(precision: Precision, instructions: str) -> bool:
    """Whether a small network gives the reference's logits, and the same after priming.

    A kernel that does not is never used; the log says so.
    """
    checkpoint = random_checkpoint(_PROOF)
    codes = np.random.default_rng(0).integers(_PROOF.q_levels, size=_PROOF_SAMPLES).astype(np.uint8)
    reference = Reference(checkpoint, precision, SETS[instructions].top_level)
    generator = Generator(pack(checkpoint, precision, instructions), seed=0)
    logits = generator.forced_logits(codes)[:, 0]
    generator.reset()
    generator.prime(codes[:_PROOF_PRIMED])
    continued = generator.forced_logits(codes[_PROOF_PRIMED:])[:, 0]
    agreed = agree(logits, reference.forced_logits(codes), precision)
    agreed = agreed and np.array_equal(continued, logits[_PROOF_PRIMED:])
    if not agreed:
        _logger.warning("The %s kernel for %s disagrees with the reference and is left out.", precision, instructions)
    return agreed


def agree(logits: np.ndarray, expected: np.ndarray, precision: Precision) -> bool:
    """Whether a kernel's logits are the reference's but for what its rounding explains."""
    error = np.abs(logits - expected)
    if precision not in LARGEST:
        return bool(error.max() < FLOAT_TOLERANCE)
    spread = expected.std()
    return bool(np.median(error) < INTEGER_MEDIAN_TOLERANCE_SD * spread and error.max() < INTEGER_TOLERANCE_SD * spread)
