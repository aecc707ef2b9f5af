"""Held-out bits per sample of the CPU kernels: what their formats cost."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import Precision
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from trainer.dataset import CodeSplit

_BLOCK_SAMPLES = 4096


def bits_as_played(checkpoint: Checkpoint, split: CodeSplit, limit_s: float | None = None) -> dict[Precision, float]:
    """Bits per sample of a split in each precision, by teacher forcing; `limit_s` bounds the audio looked at."""
    limit = int(limit_s * checkpoint.config.sample_rate_hz) if limit_s else split.samples
    return {precision: _bits(checkpoint, precision, split, limit) for precision in get_args(Precision)}


def _bits(checkpoint: Checkpoint, precision: Precision, split: CodeSplit, limit: int) -> float:
    voice = Generator(load_kernel(checkpoint, precision), seed=0)
    total, done = 0.0, 0
    for codes in split.recordings():
        voice.reset()
        heard = codes[: limit - done]
        for start in range(0, len(heard), _BLOCK_SAMPLES):
            block = heard[start : start + _BLOCK_SAMPLES]
            total += _surprise_bits(voice.forced_logits(block)[:, 0], block)
        done += len(heard)
    return total / done


def _surprise_bits(logits: NDArray[np.float32], codes: NDArray[np.uint8]) -> float:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    of_codes = shifted[np.arange(len(codes)), codes]
    return float((np.log2(np.exp(shifted).sum(axis=1)) - of_codes * np.log2(np.e)).sum())
