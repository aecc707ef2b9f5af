"""A checkpoint laid out for the kernels: packed matrices and plain floats, and a plan of where things lie."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import Precision
from livernn.synth.emit import COLUMN_STEP, PANEL_ROWS
from livernn.synth.gemv import WORD_TYPES, pack_bf16, pack_floats, pack_int8, padded
from livernn.synth.rounding import quantise_rows

ALIGNMENT_BYTES = 64
_WORDS_PER_LINE = ALIGNMENT_BYTES // 4

PLAN_TIER = np.dtype(
    [
        (name, np.int64)
        for name in (
            "frame_size", "dim", "below", "ratio", "positions",
            "input_weight", "input_bias", "cells", "cell_words", "cell_biases", "cell_bias_words",
            "upsample_weight", "upsample_bias", "position_bias",
            "hidden", "conditioning",
        )
    ]
)  # fmt: skip
"""One frame tier: sizes, then offsets into the matrices and floats, then (the last two) into the state."""

PLAN_SAMPLE = np.dtype(
    [
        (name, np.int64)
        for name in (
            "taps", "dim", "q_levels", "layers", "lstm",
            "table", "hidden_weight", "hidden_bias", "output_weight", "output_bias",
        )
    ]
)  # fmt: skip
"""The sample tier, and what all tiers share."""


@dataclass(frozen=True)
class PackedWeights:
    """`matrices` as `gemv` reads them and `floats` float32, both 64-byte aligned.

    `tiers` and `sample` say where things lie in them and in the state.
    """

    matrices: NDArray[Any]
    floats: NDArray[np.float32]
    tiers: NDArray[np.void]
    sample: NDArray[np.void]
    state_floats: int
    initial_state: NDArray[np.float32]


def aligned_words(count: int, dtype: Any = np.float32) -> NDArray[Any]:
    """Zeros of a four-byte type whose first element starts a cache line."""
    raw = np.zeros(count * 4 + ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    words: NDArray[Any] = raw[start : start + count * 4].view(dtype)
    return words


class _Buffer:
    """Collects arrays at aligned offsets."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[Any], int]] = []
        self.words = 0

    def add(self, array: NDArray[Any], *, room: int = 0) -> int:
        """Append, with at least `room` words in all; returns the offset."""
        offset = self.words
        words = padded(max(array.size, room), _WORDS_PER_LINE)
        self._parts.append((array.ravel(), words))
        self.words += words
        return offset

    def add_rows(self, vector: NDArray[np.float32]) -> int:
        """Append a bias or target of `gemv`, which takes whole panels."""
        return self.add(vector, room=padded(vector.size, PANEL_ROWS))

    def finish(self, dtype: Any) -> NDArray[Any]:
        whole = aligned_words(self.words, dtype)
        offset = 0
        for part, words in self._parts:
            whole[offset : offset + part.size] = part
            offset += words
        return whole


def tap_table(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Embedding and input layer folded: `[taps, q_levels, dim]`, what each code at each tap adds to the first layer."""
    config = checkpoint.config
    embedding = checkpoint.weights["sample_tier.embedding.weight"].astype(np.float64)
    weight = checkpoint.weights["sample_tier.input.weight"].astype(np.float64)
    per_tap = weight.reshape(config.dims[0], config.taps, config.embed_dim)
    table: NDArray[np.float32] = np.einsum("qe,dte->tqd", embedding, per_tap).astype(np.float32)
    return table


def pack(checkpoint: Checkpoint, precision: Precision) -> PackedWeights:
    """Lay out a checkpoint, slowest tier first as it is read."""
    config, weights = checkpoint.config, checkpoint.weights
    matrices, floats, state = _Buffer(), _Buffer(), _Buffer()

    def add_product(weight: str, bias: NDArray[np.float32]) -> tuple[int, int]:
        """A matrix and what `multiply` takes per row; returns both offsets."""
        matrix = weights[weight]
        if precision == "fp32":
            return matrices.add(pack_floats(matrix)), floats.add_rows(bias)
        if precision == "bf16":
            return matrices.add(pack_bf16(matrix)), floats.add_rows(bias)
        rows = quantise_rows(matrix)
        at = floats.add_rows(bias)
        floats.add_rows(rows.scale)
        floats.add_rows(rows.scale * rows.weights.sum(axis=1, dtype=np.float32))
        return matrices.add(pack_int8(rows)), at

    tiers = np.zeros(config.tiers - 1, PLAN_TIER)
    for tier in range(config.tiers - 1, 0, -1):
        prefix = f"frame_tiers.{tier - 1}"
        row = tiers[tier - 1]
        row["frame_size"], row["ratio"] = config.frame_sizes[tier - 1], config.ratio(tier)
        row["dim"], row["below"] = config.dims[tier], config.dims[tier - 1]
        row["positions"] = config.ratio(tier) if config.upsampler == "full" else 1
        row["input_weight"], row["input_bias"] = add_product(f"{prefix}.input.weight", weights[f"{prefix}.input.bias"])
        row["cells"], row["cell_biases"] = matrices.words, floats.words
        for layer in range(config.layers):
            for source in ("ih", "hh"):
                rnn = f"{prefix}.rnn"
                add_product(f"{rnn}.weight_{source}_l{layer}", weights[f"{rnn}.bias_{source}_l{layer}"])
        row["cell_words"] = (matrices.words - row["cells"]) // (2 * config.layers)
        row["cell_bias_words"] = (floats.words - row["cell_biases"]) // (2 * config.layers)
        bias = weights[f"{prefix}.upsample.bias"]
        row["upsample_weight"], row["upsample_bias"] = add_product(
            f"{prefix}.upsample.weight", bias if config.upsampler == "full" else np.zeros_like(bias[0])
        )
        row["position_bias"] = floats.add(bias)
        row["hidden"] = state.add(weights[f"{prefix}.initial"], room=weights[f"{prefix}.initial"].size + COLUMN_STEP)
        row["conditioning"] = state.add_rows(np.zeros(bias.size, np.float32))
    sample = np.zeros(1, PLAN_SAMPLE)
    sample["taps"], sample["dim"], sample["q_levels"] = config.taps, config.dims[0], config.q_levels
    sample["layers"], sample["lstm"] = config.layers, config.cell == "lstm"
    for layer_name in ("hidden", "output"):
        name = f"sample_tier.{layer_name}"
        sample[f"{layer_name}_weight"], sample[f"{layer_name}_bias"] = add_product(
            f"{name}.weight", weights[f"{name}.bias"]
        )
    sample["table"] = floats.add(tap_table(checkpoint))
    return PackedWeights(
        matrices.finish(WORD_TYPES[precision]),
        floats.finish(np.float32),
        tiers,
        sample,
        state.words,
        state.finish(np.float32),
    )
