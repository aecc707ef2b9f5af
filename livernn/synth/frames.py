"""The frame tiers of the CPU kernel, all voices at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import FRAME_SCALE
from livernn.synth.cells import step_gru, step_lstm
from livernn.synth.compiled import network
from livernn.synth.gemv import Operand, multiply, quantise
from livernn.synth.philox import add_normals
from livernn.synth.vector import Floats

_FRAME_SCALE = np.float32(FRAME_SCALE)


@network
def step_tier(
    weights: Any, index: int, state: Floats, codes: NDArray[np.uint8], end: int, now: int, scratch: Any,
    noise: Floats, seed: np.uint64,
) -> None:  # fmt: skip
    """Step frame tier `index` of every voice over the codes before `end`, at the position `now`.

    `state` is `[voices, state_floats]`, `codes` `[voices, ...]`. The tier below is told at once, for all of its steps
    within the frame; only the sample tier asks for its conditioning itself, position by position. See `add_noise` for
    `noise` and `seed`.
    """
    tier = weights.tiers[index]
    voices, size, dim, gates = len(state), tier.frame_size, tier.dim, tier.gates
    middle = np.float32(weights.sample[0].q_levels - 1) / np.float32(2.0)
    for voice in range(voices):
        for i in range(size):
            code = np.float32(codes[voice, end - size + i])
            scratch.front.floats[voice, i] = (code - middle) * (_FRAME_SCALE / middle)
    quantise(weights.matrices, scratch.front, voices, size)
    multiply(
        weights.matrices, tier.frame_words, weights.floats[tier.frame_rows :], gates, size,
        scratch.front, scratch.sums, voices,
    )  # fmt: skip
    if index + 1 < len(weights.tiers):
        told = tier.told + now // size % weights.tiers[index + 1].ratio * gates
        for voice in range(voices):
            for i in range(gates):
                scratch.sums[voice, i] += state[voice, told + i]
    _step_cell(weights, tier.state_words, tier.state_rows, tier, 0, state, scratch)
    for layer in range(1, weights.sample[0].layers):
        deep, rows = tier.deep_words + 2 * (layer - 1) * tier.deep_words_step, tier.deep_rows_step
        at = tier.deep_rows + 2 * (layer - 1) * rows
        load_hidden(tier, layer - 1, state, scratch.front)
        quantise(weights.matrices, scratch.front, voices, dim)
        multiply(
            weights.matrices, deep, weights.floats[at:], gates, dim, scratch.front, scratch.sums, voices
        )  # fmt: skip
        _step_cell(weights, deep + tier.deep_words_step, at + rows, tier, layer, state, scratch)
    if index > 0:
        _tell_below(weights, index, state, now, scratch, noise, seed)


@network
def load_hidden(tier: Any, layer: int, state: Floats, operand: Operand) -> None:
    """A layer's hidden state as an operand, one vector per voice."""
    at = tier.hidden + layer * tier.dim
    for voice in range(len(state)):
        for i in range(tier.dim):
            operand.floats[voice, i] = state[voice, at + i]


@network
def add_noise(tier: Any, index: int, operand: Operand, position: int, noise: Floats, seed: np.uint64) -> None:
    """Noise in what is heard of the state of tier `index`, from a frame that begins at `position`.

    `noise` is `[voices, 2]`: standard deviations for the fastest frame tier and for the others; or `[0, 2]`.
    """
    for voice in range(len(noise)):
        level = noise[voice, min(index, 1)]
        if level > 0.0:
            add_normals(operand.floats[voice, : tier.dim], level, seed, voice, index + 1, position)


@network
def _step_cell(weights: Any, words: int, rows: int, tier: Any, layer: int, state: Floats, scratch: Any) -> None:
    """The cell of one layer, whose gates `scratch.sums` has from its input; W_hh lies at `words`."""
    voices, dim, gates = len(state), tier.dim, tier.gates
    load_hidden(tier, layer, state, scratch.back)
    quantise(weights.matrices, scratch.back, voices, dim)
    multiply(weights.matrices, words, weights.floats[rows:], gates, dim, scratch.back, scratch.gates, voices)
    at = tier.hidden + layer * dim
    for voice in range(voices):
        hidden = state[voice, at : at + dim]
        if weights.sample[0].lstm:
            cell_at = at + weights.sample[0].layers * dim
            step_lstm(scratch.sums[voice], scratch.gates[voice], hidden, state[voice, cell_at : cell_at + dim], dim)
        else:
            step_gru(scratch.sums[voice], scratch.gates[voice], hidden, dim)


@network
def _tell_below(
    weights: Any, index: int, state: Floats, now: int, scratch: Any, noise: Floats, seed: np.uint64
) -> None:
    """Upsample the state of tier `index` and put it through W_ih of the tier below, all positions at once."""
    tier, below = weights.tiers[index], weights.tiers[index - 1]
    voices, dim, ratio = len(state), tier.below, tier.ratio
    load_hidden(tier, weights.sample[0].layers - 1, state, scratch.back)
    add_noise(tier, index, scratch.back, now, noise, seed)
    quantise(weights.upsamplers, scratch.back, voices, tier.dim)
    spread = scratch.front.floats
    for position in range(tier.positions):
        words = tier.up_words + position * tier.up_words_step
        rows = tier.up_rows + position * tier.up_rows_step
        multiply(
            weights.upsamplers, words, weights.floats[rows:], dim, tier.dim,
            scratch.back, spread[position * voices :], voices,
        )  # fmt: skip
    if tier.positions < ratio:
        for position in range(ratio - 1, -1, -1):
            bias = weights.floats[tier.up_bias + position * dim : tier.up_bias + (position + 1) * dim]
            for voice in range(voices):
                for i in range(dim):
                    spread[position * voices + voice, i] = spread[voice, i] + bias[i]
    quantise(weights.matrices, scratch.front, ratio * voices, dim)
    multiply(
        weights.matrices, below.above_words, weights.floats[below.above_rows :], below.gates, dim,
        scratch.front, scratch.sums, ratio * voices,
    )  # fmt: skip
    for position in range(ratio):
        at = below.told + position * below.gates
        for voice in range(voices):
            for i in range(below.gates):
                state[voice, at + i] = scratch.sums[position * voices + voice, i]
