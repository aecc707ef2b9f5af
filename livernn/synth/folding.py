"""Linear layers that follow each other, multiplied out once instead of sample by sample; and how many there are."""

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig


def frame_gates(checkpoint: Checkpoint, prefix: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Input layer and the first cell's input matrix folded into one: `[gates, frame_size]` and its bias."""
    weights = {name: array.astype(np.float64) for name, array in checkpoint.weights.items() if name.startswith(prefix)}
    inner = weights[f"{prefix}.rnn.weight_ih_l0"]
    bias = inner @ weights[f"{prefix}.input.bias"] + weights[f"{prefix}.rnn.bias_ih_l0"]
    return (inner @ weights[f"{prefix}.input.weight"]).astype(np.float32), bias.astype(np.float32)


def tap_table(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Embedding and input layer folded: `[taps, q_levels, dim]`, what each code at each tap adds to the first layer."""
    config = checkpoint.config
    embedding = checkpoint.weights["sample_tier.embedding.weight"].astype(np.float64)
    weight = checkpoint.weights["sample_tier.input.weight"].astype(np.float64)
    per_tap = weight.reshape(config.dims[0], config.taps, config.embed_dim)
    table: NDArray[np.float32] = np.einsum("qe,dte->tqd", embedding, per_tap).astype(np.float32)
    return table


def upsampling_matrices(config: ModelConfig, tier: int) -> int:
    """One per position, or one for all."""
    return config.ratio(tier) if config.upsampler == "full" else 1
