"""A checkpoint laid out for the kernels: one buffer of weights in the order they are read, and a plan of offsets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint

ALIGNMENT_BYTES = 64
_ALIGNMENT_FLOATS = ALIGNMENT_BYTES // 4

PLAN_TIER = np.dtype(
    [
        (name, np.int64)
        for name in (
            "frame_size",
            "dim",
            "below",
            "ratio",
            "positions",
            "input_weight",
            "input_bias",
            "cells",
            "upsample_weight",
            "upsample_bias",
            "hidden",
            "conditioning",
        )
    ]
)
"""One frame tier: sizes, then offsets into the weights and (the last two) into the state."""

PLAN_SAMPLE = np.dtype(
    [
        (name, np.int64)
        for name in (
            "taps",
            "dim",
            "q_levels",
            "layers",
            "lstm",
            "table",
            "hidden_weight",
            "hidden_bias",
            "output_weight",
            "output_bias",
        )
    ]
)
"""The sample tier, and what all tiers share."""


@dataclass(frozen=True)
class PackedWeights:
    """`buffer` float32, 64-byte aligned; `tiers` and `sample` say where things lie in it and in the state."""

    buffer: NDArray[np.float32]
    tiers: NDArray[np.void]
    sample: NDArray[np.void]
    state_floats: int
    initial_state: NDArray[np.float32]


def aligned_floats(count: int) -> NDArray[np.float32]:
    """Zeros whose first element starts a cache line."""
    raw = np.zeros(count * 4 + ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    floats: NDArray[np.float32] = raw[start : start + count * 4].view(np.float32)
    return floats


class _Buffer:
    """Collects arrays at aligned offsets."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []
        self.floats = 0

    def add(self, array: NDArray[np.float32]) -> int:
        offset = self.floats
        self._parts.append(array.ravel())
        self.floats += -(-array.size // _ALIGNMENT_FLOATS) * _ALIGNMENT_FLOATS
        return offset

    def finish(self) -> NDArray[np.float32]:
        whole = aligned_floats(self.floats)
        offset = 0
        for part in self._parts:
            whole[offset : offset + part.size] = part
            offset += -(-part.size // _ALIGNMENT_FLOATS) * _ALIGNMENT_FLOATS
        return whole


def tap_table(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Embedding and input layer folded: `[taps, q_levels, dim]`, what each code at each tap adds to the first layer."""
    config = checkpoint.config
    embedding = checkpoint.weights["sample_tier.embedding.weight"].astype(np.float64)
    weight = checkpoint.weights["sample_tier.input.weight"].astype(np.float64)
    per_tap = weight.reshape(config.dims[0], config.taps, config.embed_dim)
    table: NDArray[np.float32] = np.einsum("qe,dte->tqd", embedding, per_tap).astype(np.float32)
    return table


def pack(checkpoint: Checkpoint) -> PackedWeights:
    """Lay out float32 weights, slowest tier first as they are read."""
    config, weights = checkpoint.config, checkpoint.weights
    buffer, state = _Buffer(), _Buffer()
    tiers = np.zeros(config.tiers - 1, PLAN_TIER)
    for tier in range(config.tiers - 1, 0, -1):
        prefix = f"frame_tiers.{tier - 1}"
        row = tiers[tier - 1]
        row["frame_size"] = config.frame_sizes[tier - 1]
        row["dim"], row["below"] = config.dims[tier], config.dims[tier - 1]
        row["ratio"] = config.ratio(tier)
        row["positions"] = config.ratio(tier) if config.upsampler == "full" else 1
        row["input_weight"] = buffer.add(weights[f"{prefix}.input.weight"])
        row["input_bias"] = buffer.add(weights[f"{prefix}.input.bias"])
        cells = [
            weights[f"{prefix}.rnn.{kind}_{source}_l{layer}"].ravel()
            for layer in range(config.layers)
            for kind, source in (("weight", "ih"), ("bias", "ih"), ("weight", "hh"), ("bias", "hh"))
        ]
        row["cells"] = buffer.add(np.concatenate(cells))
        row["upsample_weight"] = buffer.add(weights[f"{prefix}.upsample.weight"])
        row["upsample_bias"] = buffer.add(weights[f"{prefix}.upsample.bias"])
        row["hidden"] = state.add(weights[f"{prefix}.initial"])
        row["conditioning"] = state.add(np.zeros((config.ratio(tier), config.dims[tier - 1]), np.float32))
    sample = np.zeros(1, PLAN_SAMPLE)
    sample["taps"], sample["dim"], sample["q_levels"] = config.taps, config.dims[0], config.q_levels
    sample["layers"], sample["lstm"] = config.layers, config.cell == "lstm"
    sample["hidden_weight"] = buffer.add(weights["sample_tier.hidden.weight"])
    sample["hidden_bias"] = buffer.add(weights["sample_tier.hidden.bias"])
    sample["output_weight"] = buffer.add(weights["sample_tier.output.weight"])
    sample["output_bias"] = buffer.add(weights["sample_tier.output.bias"])
    sample["table"] = buffer.add(tap_table(checkpoint))
    return PackedWeights(buffer.finish(), tiers, sample, state.floats, state.finish())
