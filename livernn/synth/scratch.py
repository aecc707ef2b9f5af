"""Where the CPU kernel keeps what does not outlive a call."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.synth.gemv import Operand, make_operand
from livernn.synth.packing import ALIGNMENT_BYTES, aligned, padded
from livernn.synth.vector import Floats


class Scratch(NamedTuple):
    """`front` and `back` take turns as input of the next matrix; `held` is the state that conditions samples now.

    `sums` and `gates` take results, `[vectors, width]`; `base` is the conditioning that all positions share,
    `rows` where the taps' rows begin, `ahead` the conditioning of a frame's positions, as far as it is `mine`.
    The frame tiers use `front` and `sums` for many steps, each with all voices; `spread` is what they send to the
    tier below, position after position, and `told` what its W_ih makes of that.
    """

    front: Operand
    back: Operand
    spread: Operand
    held: Operand
    sums: Floats
    told: Floats
    gates: Floats
    base: Floats
    rows: NDArray[np.int64]
    ahead: Floats
    mine: NDArray[np.bool_]


def make_scratch(config: ModelConfig, voices: int, count: int) -> Scratch:
    """For `voices` in lockstep, whose frame tiers step over up to `count` samples at once."""
    steps = [-(-count // size) for size in config.frame_sizes]
    told = max((steps[tier - 1] * config.ratio(tier) for tier in range(2, config.tiers)), default=1)
    width = padded(max(*config.dims, *config.frame_sizes, config.q_levels), ALIGNMENT_BYTES)
    gates = padded(max(4 * max(config.dims), config.q_levels), ALIGNMENT_BYTES)

    def floats(vectors: int, width: int = width) -> Floats:
        whole: Floats = aligned(vectors * width).reshape(vectors, width)
        return whole

    return Scratch(
        front=make_operand(steps[0] * voices, width),
        back=make_operand(voices, width),
        spread=make_operand(told * voices, width),
        held=make_operand(voices, width),
        sums=floats(steps[0] * voices, gates),
        told=floats(told * voices, gates),
        gates=floats(voices, gates),
        base=floats(voices),
        rows=np.zeros(config.taps, np.int64),
        ahead=floats(config.taps * voices),
        mine=np.zeros(config.taps, np.bool_),
    )
