"""Where a voice's state lies between two samples: alike in every Generator, so that one goes on where another was."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.packing import ALIGNMENT_BYTES, WORD_BYTES, aligned, padded

_LINE = ALIGNMENT_BYTES // WORD_BYTES


class StatePlace(NamedTuple):
    """Offsets of one frame tier's floats.

    `hidden` is `[1 or 2, layers, dim]`, h and the LSTM's c; `told` `[steps, gates]`, what the tier above has put
    through W_ih for each of its steps within a frame above.
    """

    hidden: int
    told: int


def gates_of(config: ModelConfig, tier: int) -> int:
    """Rows of the matrices of frame tier `tier`'s cells."""
    return (3 if config.cell == "gru" else 4) * config.dims[tier]


def steps_above(config: ModelConfig, tier: int) -> int:
    """How many steps of frame tier `tier` one step of the tier above conditions; 0 for the slowest."""
    return config.ratio(tier + 1) if tier + 1 < config.tiers else 0


def state_places(config: ModelConfig) -> tuple[list[StatePlace], int]:
    """Of each frame tier, fastest first, and how many floats a voice has."""
    parts = 1 if config.cell == "gru" else 2
    places: list[StatePlace] = []
    end = 0
    for tier in range(config.tiers - 1, 0, -1):
        told = end + padded(parts * config.layers * config.dims[tier], _LINE)
        places.insert(0, StatePlace(end, told))
        end = told + padded(steps_above(config, tier) * gates_of(config, tier), _LINE)
    return places, end + _LINE


def excess_place(config: ModelConfig) -> int:
    """Offset of the two floats that `steady.py` keeps of a voice: the excess, and as it was when the frame began."""
    _, floats = state_places(config)
    return floats - _LINE


def initial_state(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """What a voice begins with, `[state_floats]`: the learned states, and nothing told."""
    places, floats = state_places(checkpoint.config)
    state = aligned(floats)
    for index, place in enumerate(places):
        initial = checkpoint.weights[f"frame_tiers.{index}.initial"]
        state[place.hidden : place.hidden + initial.size] = initial.ravel()
    return state
