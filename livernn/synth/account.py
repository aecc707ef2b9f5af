"""What one sample of one voice costs: bytes that are read and products that are summed, part by part."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from livernn.model.precision import Precision, matrix_format
from livernn.synth.cpu import PARTS
from livernn.synth.folding import upsampling_matrices
from livernn.synth.state import gates_of
from livernn.synth.weights import PackedWeights

WEIGHT_BYTES: Mapping[Precision, float] = {"fp32": 4.0, "bf16": 2.0, "int8": 1.0, "int4": 0.5}


@dataclass(frozen=True)
class Cost:
    """On average over samples: bytes of weights, read once for all voices in lockstep but for the taps' rows; products
    per voice, by the format of their weights.
    """

    bytes: float
    products: Mapping[Precision, float]


def costs(packed: PackedWeights) -> dict[str, Cost]:
    """Of each of `cpu.PARTS`."""
    config, form = packed.config, matrix_format(packed.precision)
    frames: defaultdict[Precision, float] = defaultdict(float)
    conditioning: defaultdict[Precision, float] = defaultdict(float)
    again: defaultdict[Precision, float] = defaultdict(float)
    for tier in range(1, config.tiers):
        dim, below, every = config.dims[tier], config.dims[tier - 1], config.frame_sizes[tier - 1]
        gates = gates_of(config, tier)
        frames[form] += gates * (config.frame_sizes[tier - 1] + dim * (2 * config.layers - 1)) / every
        upsampling = upsampling_matrices(config, tier) * below * dim / every
        (conditioning if tier == 1 else frames)[packed.precision] += upsampling
        if tier > 1:
            told = gates_of(config, tier - 1) * below / every
            frames[form] += told
            again[form] += told * (config.ratio(tier) - 1)
    hidden, output = config.dims[0] ** 2, config.dims[0] * config.q_levels
    narrow = int(packed.arrays.sample["narrow"][0])
    table_bytes = config.dims[0] * (narrow + (config.taps - narrow) * packed.arrays.table.itemsize)
    weights: list[Mapping[Precision, float]] = [frames, conditioning, {}, {form: hidden}, {form: output}, {}]
    found = {
        name: Cost(sum(WEIGHT_BYTES[kind] * count for kind, count in part.items()), part)
        for name, part in zip(PARTS, weights, strict=True)
    }
    summed = {kind: count + again[kind] for kind, count in frames.items()}
    found["frame tiers"] = Cost(found["frame tiers"].bytes, summed)
    found["taps"] = Cost(table_bytes, {})
    return found
