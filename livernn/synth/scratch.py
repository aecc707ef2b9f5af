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
    """

    front: Operand
    back: Operand
    held: Operand
    sums: Floats
    gates: Floats
    base: Floats
    rows: NDArray[np.int64]
    ahead: Floats
    mine: NDArray[np.bool_]


def make_scratch(config: ModelConfig, voices: int) -> Scratch:
    """For `voices` in lockstep."""
    ratio = max(config.ratio(tier) for tier in range(1, config.tiers)) if config.tiers > 2 else 1
    widest = max(4 * max(config.dims), *config.frame_sizes, config.q_levels)
    width = padded(widest, ALIGNMENT_BYTES)

    def floats(vectors: int) -> Floats:
        whole: Floats = aligned(vectors * width, np.float32).reshape(vectors, width)
        return whole

    many = ratio * voices
    return Scratch(
        front=make_operand(many, width),
        back=make_operand(voices, width),
        held=make_operand(voices, width),
        sums=floats(many),
        gates=floats(voices),
        base=floats(voices),
        rows=np.zeros(config.taps, np.int64),
        ahead=floats(config.taps * voices),
        mine=np.zeros(config.taps, np.bool_),
    )
