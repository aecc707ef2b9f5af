"""How `segment.cu` divides a network among CTAs, and how they find its weights. NumPy alone.

Each warp multiplies tiles of 16 by 16 weights in the tensor cores' layout (PTX ISA, mma.m16n8k16, operand A).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import FRAME_SCALE, ModelConfig
from livernn.synth.folding import frame_gates, tap_table

LEVELS, WARPS, LANES, TILE, COLUMNS, RING, LINE = 256, 16, 32, 16, 8, 16, 32
THREADS = WARPS * LANES
OPERAND_UNITS = 2 * TILE
"""That lie together in what a matrix is multiplied by."""

GROUPS: Mapping[int, int] = {256: 8, 512: 8, 1024: 16}
"""CTAs of a group by the sample tier's dim: enough for W2 to fit their registers."""

_CLUSTERS = range(90, 110)
"""Architectures whose groups are thread-block clusters."""

_NEVER = -1e30
"""Logit of a level that the model does not have."""


@dataclass(frozen=True)
class Partition:
    """What the kernel is compiled for: `voices` of a group, whose CTAs are a cluster or only resident together.

    `frame_sizes` and `frame_dims` are those of the frame tiers, the fastest first.
    """

    dim: int
    voices: int
    frame_sizes: tuple[int, ...]
    frame_dims: tuple[int, ...]
    cluster: bool

    @property
    def taps(self) -> int:
        """Samples that the sample tier looks back on."""
        return self.frame_sizes[0]

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
    def flags(self) -> int:
        """Counts of a group that CTAs wait for."""
        return 1 + 2 * len(self.frame_sizes)

    @property
    def shared_bytes(self) -> int:
        """Of a CTA that draws; the source asserts it."""
        operands = (WARPS * self.rows // TILE + (self.dim + self.rows) // 32) * LANES * 16
        sums = self.k_split * self.rows * COLUMNS * 4
        exchanged = (2 + 2 + 1) * LEVELS * self.voices * 4
        rest = 4 * 8 + self.voices * RING * 4
        return -(-(operands + sums + exchanged + rest) // 16) * 16

    @property
    def worker_bytes(self) -> int:
        """Of a worker; the source asserts it."""
        operands = (_padded(self.frame_sizes[-1]) + max(self.frame_dims)) * COLUMNS * 2
        return operands + sum(self.frame_dims) * self.voices * 4

    def defines(self) -> dict[str, str]:
        """What the source asks for."""
        numbers = {
            "DIM": self.dim,
            "GROUP": self.group,
            "VOICES": self.voices,
            "CLUSTER": int(self.cluster),
            "SHARED_BYTES": self.shared_bytes,
            "WORKER_BYTES": self.worker_bytes,
        }
        lists = {"FRAME_SIZES": self.frame_sizes, "FRAME_DIMS": self.frame_dims}
        return {name: str(number) for name, number in numbers.items()} | {
            name: ",".join(map(str, values)) for name, values in lists.items()
        }


def partition(config: ModelConfig, voices: int, architecture: int) -> Partition | str:
    """For `voices` in all on compute capability `architecture` (90 is 9.0); where there is none, why."""
    if config.dims[0] not in GROUPS:
        return f"the kernel is for {', '.join(map(str, GROUPS))} units of the sample tier, not {config.dims[0]}"
    if config.taps > RING:
        return f"the kernel is for frames of up to {RING} samples, not {config.taps}"
    if config.cell != "gru" or config.layers != 1:
        return f"the kernel is for frame tiers of one GRU, not {config.layers} {config.cell.upper()}"
    if any(dim % OPERAND_UNITS for dim in config.dims[1:]):
        return f"the kernel is for frame tiers of a multiple of {OPERAND_UNITS} units, not {config.dims[1:]}"
    if architecture < 80:
        return f"the kernel needs compute capability 8.0, not {architecture / 10:.1f}"
    each = 1 if voices == 1 else COLUMNS  # two kernels in all, so that both are proven before either plays
    return Partition(config.dims[0], each, config.frame_sizes, config.dims[1:], architecture in _CLUSTERS)


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


class PackedFrameTier(NamedTuple):
    """Matrices fp16 `[row tile, column tile, lane, 8]`: of the frame's codes, W_hh, and what is told; their biases."""

    frame: NDArray[np.float16]
    recurrent: NDArray[np.float16]
    telling: NDArray[np.float16]
    frame_bias: NDArray[np.float32]
    recurrent_bias: NDArray[np.float32]
    telling_bias: NDArray[np.float32]


def pack_frame_tier(checkpoint: Checkpoint, tier: int) -> PackedFrameTier:
    """Of frame tier `tier`, 1 for the fastest. A slower one tells what the cell below makes of its conditioning."""
    config, prefix = checkpoint.config, f"frame_tiers.{tier - 1}"
    weights = {name: array.astype(np.float64) for name, array in checkpoint.weights.items()}
    gates, frame_bias = frame_gates(checkpoint, prefix)
    frame = np.zeros((len(gates), _padded(config.frame_sizes[tier - 1])))
    frame[:, : gates.shape[1]] = gates * (2.0 * FRAME_SCALE / (config.q_levels - 1))
    bias = weights[f"{prefix}.upsample.bias"]
    telling = weights[f"{prefix}.upsample.weight"].reshape(-1, bias.shape[1], config.dims[tier])
    if tier > 1:
        below = weights[f"frame_tiers.{tier - 2}.rnn.weight_ih_l0"]
        telling, bias = below @ telling, bias @ below.T
    each = np.broadcast_to(telling, (len(bias), *telling.shape[1:]))
    return PackedFrameTier(
        operands(frame),
        operands(weights[f"{prefix}.rnn.weight_hh_l0"]),
        operands(each.reshape(-1, config.dims[tier])),
        frame_bias,
        np.ascontiguousarray(checkpoint.weights[f"{prefix}.rnn.bias_hh_l0"]),
        bias.astype(np.float32).ravel(),
    )


def _padded(samples: int) -> int:
    """Of a frame, with what fills its last operand."""
    return -(-samples // OPERAND_UNITS) * OPERAND_UNITS


def operands(matrix: NDArray[np.floating[Any]]) -> NDArray[np.float16]:
    """A matrix as tiles, `[row tile, column tile, lane, 8]`.

    A lane holds rows g and g + 8 of columns 2c, 2c + 1 and 2c + 8, 2c + 9, where it is number 4g + c of its warp.
    """
    rows, columns = matrix.shape
    tiles = matrix.astype(np.float16).reshape(rows // TILE, 2, 8, columns // TILE, 2, 4, 2)
    # [row tile, upper or lower, g, column tile, left or right, c, pair] to the order of the instruction's registers
    return np.ascontiguousarray(tiles.transpose(0, 3, 2, 5, 4, 1, 6)).reshape(rows // TILE, columns // TILE, LANES, 8)
