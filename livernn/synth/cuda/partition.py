"""How `sample_tier.cu` divides the sample tier among the CTAs of a group, and how it finds its weights. NumPy alone.

Each warp multiplies tiles of 16 by 16 weights in the tensor cores' layout (PTX ISA, mma.m16n8k16, operand A).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.folding import tap_table

LEVELS, WARPS, LANES, TILE, COLUMNS, RING = 256, 16, 32, 16, 8, 16
THREADS = WARPS * LANES

GROUPS: Mapping[int, int] = {256: 8, 512: 8, 1024: 16}
"""CTAs of a group by the sample tier's dim: enough for W2 to fit their registers."""

_CLUSTERS = range(90, 110)
"""Architectures whose groups are thread-block clusters."""

_NEVER = -1e30
"""Logit of a level that the model does not have."""


@dataclass(frozen=True)
class Partition:
    """What the kernel is compiled for: `voices` of a group, whose CTAs are a cluster or only resident together."""

    dim: int
    voices: int
    taps: int
    cluster: bool

    @property
    def group(self) -> int:
        """CTAs of a group."""
        return GROUPS[self.dim]

    @property
    def rows(self) -> int:
        """Of W2 in a CTA."""
        return self.dim // self.group

    @property
    def k_split(self) -> int:
        """Warps that share the columns of a tile's rows."""
        return WARPS * TILE // self.rows

    @property
    def shared_bytes(self) -> int:
        """Of a CTA; the source asserts it."""
        operands = (WARPS * self.rows // TILE + (self.dim + self.rows) // 32) * LANES * 16
        sums = self.k_split * self.rows * COLUMNS * 4
        exchanged = (2 + 2 + 1) * LEVELS * self.voices * 4
        rest = 4 * 8 + self.voices * RING * 4
        return -(-(operands + sums + exchanged + rest) // 16) * 16

    def defines(self) -> dict[str, int]:
        """What the source asks for."""
        return {
            "DIM": self.dim,
            "GROUP": self.group,
            "VOICES": self.voices,
            "TAPS": self.taps,
            "CLUSTER": int(self.cluster),
            "SHARED_BYTES": self.shared_bytes,
        }


def partition(config: ModelConfig, voices: int, architecture: int) -> Partition | str:
    """For `voices` in all on compute capability `architecture` (90 is 9.0); where there is none, why."""
    if config.dims[0] not in GROUPS:
        return f"the kernel is for {', '.join(map(str, GROUPS))} units of the sample tier, not {config.dims[0]}"
    if config.taps > RING:
        return f"the kernel is for frames of up to {RING} samples, not {config.taps}"
    if architecture < 80:
        return f"the kernel needs compute capability 8.0, not {architecture / 10:.1f}"
    each = -(-voices // groups_of(voices))
    return Partition(config.dims[0], each, config.taps, architecture in _CLUSTERS)


def groups_of(voices: int) -> int:
    """Groups that serve so many voices."""
    return -(-voices // COLUMNS)


class PackedTier(NamedTuple):
    """`table` fp16 `[taps, LEVELS, dim]`; `hidden` and `output` fp16, in the order in which lanes read them; biases."""

    table: NDArray[np.float16]
    hidden: NDArray[np.float16]
    output: NDArray[np.float16]
    hidden_bias: NDArray[np.float32]
    output_bias: NDArray[np.float32]


def pack(checkpoint: Checkpoint, parts: Partition) -> PackedTier:
    """`hidden` is `[group, row tile, column tile, lane, 8]`, `output` `[group, warp, column tile, lane, 8]`."""
    config, weights = checkpoint.config, checkpoint.weights
    table = np.zeros((config.taps, LEVELS, parts.dim), np.float16)
    table[:, : config.q_levels] = tap_table(checkpoint)
    hidden = operands(weights["sample_tier.hidden.weight"])
    whole = np.zeros((LEVELS, parts.dim), np.float32)
    whole[: config.q_levels] = weights["sample_tier.output.weight"]
    output = operands(whole)
    bias = np.full(LEVELS, _NEVER, np.float32)
    bias[: config.q_levels] = weights["sample_tier.output.bias"]
    return PackedTier(
        table,
        hidden.reshape(parts.group, -1, *hidden.shape[1:]),
        np.stack(np.split(output, parts.group, axis=1)),
        np.ascontiguousarray(weights["sample_tier.hidden.bias"]),
        bias,
    )


def operands(matrix: NDArray[np.float32]) -> NDArray[np.float16]:
    """A matrix as tiles, `[row tile, column tile, lane, 8]`.

    A lane holds rows g and g + 8 of columns 2c, 2c + 1 and 2c + 8, 2c + 9, where it is number 4g + c of its warp.
    """
    rows, columns = matrix.shape
    tiles = matrix.astype(np.float16).reshape(rows // TILE, 2, 8, columns // TILE, 2, 4, 2)
    # [row tile, upper or lower, g, column tile, left or right, c, pair] to the order of the instruction's registers
    return np.ascontiguousarray(tiles.transpose(0, 3, 2, 5, 4, 1, 6)).reshape(rows // TILE, columns // TILE, LANES, 8)
