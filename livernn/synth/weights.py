"""A checkpoint laid out for the kernels: packed matrices and plain floats, and a plan of where things lie."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import Precision, matrix_format
from livernn.synth.folding import frame_gates, tap_table, upsampling_matrices
from livernn.synth.packing import ALIGNMENT_BYTES, WORD_BYTES, Layout, aligned, padded
from livernn.synth.rounding import quantise_table
from livernn.synth.state import excess_place, gates_of, initial_state, state_places
from livernn.synth.steady import aim
from livernn.synth.taps import CHUNK, pack_table
from livernn.synth.vector import Floats

_WORDS_PER_LINE = ALIGNMENT_BYTES // WORD_BYTES

_NEAR_BYTES = 1280 << 10
"""What stays in a core's own cache from one sample to the next. The sample tier's matrices should; a slice of the
upsampler between two samples would drive them out where both are larger than this together.
"""

_KEPT_BYTES = 1536 << 10
"""Upsampler and sample tier together that stay near from one frame to the next. Of larger ones, slices come from afar
and are asked for ahead.
"""


def _plan(*names: str) -> np.dtype[Any]:
    return np.dtype([(name, np.int64) for name in names])


PLAN_TIER = _plan(
    "frame_size", "dim", "gates", "below", "ratio", "positions",
    "frame_words", "frame_rows", "above_words", "above_rows", "state_words", "state_rows",
    "deep_words", "deep_words_step", "deep_rows", "deep_rows_step",
    "up_words", "up_words_step", "up_rows", "up_rows_step", "up_bias",
    "hidden", "told",
)  # fmt: skip
"""One frame tier: sizes; where the matrices lie and what goes with their rows; where `State` lies.

`frame` is what a frame adds to the first layer's gates, the input layer and W_ih in one; `above` W_ih alone, for the
conditioning from above, and `told` what came of it, for each step of a frame above; `state` W_hh; `deep` W_ih and W_hh
of further layers in turn; `up` the upsampler, a matrix per position or one.
"""

PLAN_SAMPLE = _plan(
    "taps", "dim", "q_levels", "layers", "lstm", "hidden_words", "hidden_rows", "output_words", "output_rows",
    "narrow", "narrow_bytes", "wide_bytes", "table_scale", "at_once", "ahead", "excess", "aim",
)  # fmt: skip
"""The sample tier, and what all tiers share. `at_once`: a frame's upsampler slices are computed together, not each when
its sample comes; `ahead`: the next one is fetched while the sample tier is computed. `excess`: where `State`
has what `steady.py` keeps; `aim`: its floats.
"""


class Weights(NamedTuple):
    """What compiled code reads: packed words, plain floats, the table of taps, and the plans of where things lie.

    `table` is as `pack_table` makes it, to be scaled by `table_scale` floats, one per unit.
    """

    matrices: NDArray[Any]
    upsamplers: NDArray[Any]
    floats: Floats
    table: NDArray[Any]
    tiers: NDArray[np.void]
    sample: NDArray[np.void]


@dataclass(frozen=True)
class PackedWeights:
    """`arrays` of a network, and the state `[state_floats]` that a voice begins with."""

    config: ModelConfig
    precision: Precision
    instructions: str
    arrays: Weights
    initial_state: Floats


class _Buffer:
    """Collects arrays at aligned offsets."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, NDArray[Any]]] = []
        self.words = 0

    def add(self, array: NDArray[Any]) -> int:
        """Append; returns the offset."""
        offset = self.words
        self._parts.append((offset, array.ravel()))
        self.words += padded(array.size, _WORDS_PER_LINE)
        return offset

    def finish(self, dtype: Any) -> NDArray[Any]:
        whole = aligned(self.words, dtype)
        for offset, part in self._parts:
            whole[offset : offset + part.size] = part
        return whole


class _Packer:
    """Matrices of one layout and what goes with their rows."""

    def __init__(self, layout: Layout, floats: _Buffer) -> None:
        self.layout = layout
        self._words = _Buffer()
        self._floats = floats

    def add(self, matrix: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[int, int]:
        """Offsets of the words and of what `multiply` takes per row."""
        return self._words.add(self.layout.pack(matrix)), self._floats.add(self.layout.per_row(matrix, bias))

    def add_all(self, products: list[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> tuple[int, int, int, int]:
        """Of matrices of one shape: the first one's offset of words, the step to the next, the same of rows."""
        placed = [self.add(matrix, bias) for matrix, bias in products]
        (words, rows), (next_words, next_rows) = placed[0], placed[min(1, len(placed) - 1)]
        return words, next_words - words, rows, next_rows - rows

    def since(self, word: int) -> int:
        """Bytes of what was added from `word` on."""
        return (self._words.words - word) * WORD_BYTES

    def finish(self) -> NDArray[Any]:
        return self._words.finish(self.layout.dtype)


def pack(checkpoint: Checkpoint, precision: Precision, instructions: str) -> PackedWeights:
    """Lay out a checkpoint for a precision and one of `instructions.SETS`, slowest tier first as it is read."""
    config, weights = checkpoint.config, checkpoint.weights
    floats = _Buffer()
    matrices = _Packer(Layout(matrix_format(precision), instructions), floats)
    upsamplers = _Packer(Layout(precision, instructions), floats)
    tiers = np.zeros(config.tiers - 1, PLAN_TIER)
    places, _ = state_places(config)
    for tier in range(config.tiers - 1, 0, -1):
        row = tiers[tier - 1]
        row["frame_size"], row["ratio"] = config.frame_sizes[tier - 1], config.ratio(tier)
        row["dim"], row["below"] = config.dims[tier], config.dims[tier - 1]
        row["gates"] = gates_of(config, tier)
        _pack_cells(row, f"frame_tiers.{tier - 1}", checkpoint, matrices)
        bias = weights[f"frame_tiers.{tier - 1}.upsample.bias"]
        positions = np.split(weights[f"frame_tiers.{tier - 1}.upsample.weight"], upsampling_matrices(config, tier))
        row["positions"] = len(positions)
        biases = bias if len(positions) > 1 else np.zeros_like(bias[:1])
        row["up_words"], row["up_words_step"], row["up_rows"], row["up_rows_step"] = upsamplers.add_all(
            list(zip(positions, biases, strict=True))
        )
        row["up_bias"] = floats.add(bias)
        row["hidden"], row["told"] = places[tier - 1]
    sample = np.zeros(1, PLAN_SAMPLE)
    sample["taps"], sample["dim"], sample["q_levels"] = config.taps, config.dims[0], config.q_levels
    sample["layers"], sample["lstm"] = config.layers, config.cell == "lstm"
    for name in ("hidden", "output"):
        sample[f"{name}_words"], sample[f"{name}_rows"] = matrices.add(
            weights[f"sample_tier.{name}.weight"], weights[f"sample_tier.{name}.bias"]
        )
    slice_bytes, predict_bytes = tiers[0]["up_words_step"] * WORD_BYTES, matrices.since(int(sample["hidden_words"][0]))
    sample["at_once"] = slice_bytes + predict_bytes > _NEAR_BYTES
    sample["ahead"] = not sample["at_once"] and config.taps * slice_bytes + predict_bytes > _KEPT_BYTES
    table = quantise_table(tap_table(checkpoint), precision)
    units = padded(config.dims[0], CHUNK)
    sample["narrow"], sample["narrow_bytes"], sample["wide_bytes"] = table.narrow, units, units * table.levels.itemsize
    sample["table_scale"] = floats.add(table.scale)
    sample["excess"], sample["aim"] = excess_place(config), floats.add(aim(config, checkpoint.foresight))
    rows = pack_table(table)
    arrays = Weights(matrices.finish(), upsamplers.finish(), floats.finish(np.float32), rows, tiers, sample)
    return PackedWeights(config, precision, instructions, arrays, initial_state(checkpoint))


def _pack_cells(row: Any, prefix: str, checkpoint: Checkpoint, matrices: _Packer) -> None:
    """The products before the gates of one tier."""
    weights = checkpoint.weights
    inner = {
        f"{source}{layer}": (
            weights[f"{prefix}.rnn.weight_{source}_l{layer}"],
            weights[f"{prefix}.rnn.bias_{source}_l{layer}"],
        )
        for layer in range(checkpoint.config.layers)
        for source in ("ih", "hh")
    }
    row["above_words"], row["above_rows"] = matrices.add(inner["ih0"][0], np.zeros(row["gates"], np.float32))
    row["frame_words"], row["frame_rows"] = matrices.add(*frame_gates(checkpoint, prefix))
    row["state_words"], row["state_rows"] = matrices.add(*inner["hh0"])
    deep = list(inner.values())[2:]
    if deep:
        row["deep_words"], row["deep_words_step"], row["deep_rows"], row["deep_rows_step"] = matrices.add_all(deep)
