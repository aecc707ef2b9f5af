"""The frame tiers of the CPU kernel: all voices at once, and as many frames at once as are known.

What a tier takes from its frames and from the tier above is known for a whole stretch of codes, so those matrices are
read once for many frames; only the recurrent one waits for the step before. In the sample loop a stretch is one code.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import FRAME_SCALE
from livernn.synth.cells import step_gru, step_lstm
from livernn.synth.compiled import network, network_inline
from livernn.synth.denormals import flush_denormals, restore_denormals
from livernn.synth.gemv import Operand, multiply, quantise
from livernn.synth.philox import add_normals
from livernn.synth.vector import Floats

NOISE_FAST = 4
"""Column of `patches` with the fastest frame tier's noise; that of the others follows."""

_FRAME_SCALE = np.float32(FRAME_SCALE)


@network
def step_tiers(
    weights: Any, state: Floats, codes: NDArray[np.uint8], begin: int, count: int, position: int, scratch: Any,
    patches: Floats, noisy: bool, seed: np.uint64,
) -> None:  # fmt: skip
    """Take the steps that are due before each of `count` samples, slowest tier first; any division gives the same.

    Args:
        weights: of a `PackedWeights`.
        state: float32 `[voices, state_floats]`, updated in place.
        codes: uint8 `[voices, begin + count]` or longer; those before the last step must be there.
        begin: where the first of those samples lies, a slowest frame or more from the left.
        count: at most what `scratch` was made for.
        position: the first sample's index since the initial state.
        scratch: of `make_scratch`.
        patches: as of `cpu.advance`; only their noise is read.
        noisy: whether that noise is wanted.
        seed: as of `cpu.advance`.
    """
    control = flush_denormals()
    above = told_from = 0
    for index in range(len(weights.tiers) - 1, -1, -1):
        tier = weights.tiers[index]
        first = -(-position // tier.frame_size)
        steps = -(-(position + count) // tier.frame_size) - first
        if steps > 0:
            _load_frames(weights, tier, codes, begin - position + first * tier.frame_size, steps, scratch.front)
            _step_tier(weights, index, state, first, steps, told_from, above, scratch)
            if index > 0:
                for step in range(steps if noisy else 0):
                    frame = (first + step) * tier.frame_size
                    add_noise(tier, index, scratch.front, step * len(state), frame, patches, seed)
                _tell_below(weights, index, steps * len(state), scratch)
        above, told_from = steps, first * tier.ratio
    restore_denormals(control)


@network_inline
def load_hidden(tier: Any, layer: int, state: Floats, operand: Operand, at: int) -> None:
    """A layer's hidden state as an operand's vectors from `at` on, one per voice."""
    hidden = tier.hidden + layer * tier.dim
    for voice in range(len(state)):
        for i in range(tier.dim):
            operand.floats[at + voice, i] = state[voice, hidden + i]


@network
def add_noise(
    tier: Any, index: int, operand: Operand, at: int, position: int, patches: Floats, seed: np.uint64
) -> None:
    """Noise in what is heard of the states of tier `index` that lie in `operand` from vector `at` on, one per voice.

    Their frame begins at `position`.
    """
    for voice in range(len(patches)):
        level = patches[voice, NOISE_FAST + min(index, 1)]
        if level > 0.0:
            add_normals(operand.floats[at + voice, : tier.dim], level, seed, voice, index + 1, position)


@network_inline
def _load_frames(weights: Any, tier: Any, codes: NDArray[np.uint8], end: int, steps: int, inputs: Operand) -> None:
    """The frames of `steps` steps, of which the first one's ends before `end`."""
    voices, size = len(codes), tier.frame_size
    middle = np.float32(weights.sample[0].q_levels - 1) / np.float32(2.0)
    for step in range(steps):
        begin = end + (step - 1) * size
        for voice in range(voices):
            for i in range(size):
                code = np.float32(codes[voice, begin + i])
                inputs.floats[step * voices + voice, i] = (code - middle) * (_FRAME_SCALE / middle)


@network_inline
def _step_tier(
    weights: Any, index: int, state: Floats, first: int, steps: int, told_from: int, above: int, scratch: Any
) -> None:
    """Steps `first` to `first + steps` of tier `index`, whose frames are loaded.

    From step `told_from` on `scratch.told` has what `above` frames of the tier above say, before that `state`.
    """
    tier, voices = weights.tiers[index], len(state)
    for layer in range(weights.sample[0].layers):
        if layer == 0:
            words, rows, columns = tier.frame_words, tier.frame_rows, tier.frame_size
            state_words, state_rows = tier.state_words, tier.state_rows
        else:
            words = tier.deep_words + 2 * (layer - 1) * tier.deep_words_step
            rows, columns = tier.deep_rows + 2 * (layer - 1) * tier.deep_rows_step, tier.dim
            state_words, state_rows = words + tier.deep_words_step, rows + tier.deep_rows_step
        quantise(weights.matrices, scratch.front, steps * voices, columns)
        multiply(
            weights.matrices, words, weights.floats[rows:], tier.gates, columns,
            scratch.front, scratch.sums, steps * voices,
        )  # fmt: skip
        if layer == 0 and index + 1 < len(weights.tiers):
            _add_told(weights, index, state, first, steps, told_from, above, scratch)
        for step in range(steps):
            _step_cell(weights, tier, layer, state_words, state_rows, state, step * voices, scratch)


@network_inline
def _add_told(
    weights: Any, index: int, state: Floats, first: int, steps: int, told_from: int, above: int, scratch: Any
) -> None:
    """What the tier above says about each step, to its `sums`; `state` keeps what its last frame says."""
    tier, ratio = weights.tiers[index], weights.tiers[index + 1].ratio
    voices, gates = len(state), tier.gates
    for step in range(steps):
        fresh = first + step - told_from
        for voice in range(voices):
            row = step * voices + voice
            if fresh < 0:
                at = tier.told + (first + step) % ratio * gates
                for i in range(gates):
                    scratch.sums[row, i] += state[voice, at + i]
            else:
                source = (fresh % ratio * above + fresh // ratio) * voices + voice
                for i in range(gates):
                    scratch.sums[row, i] += scratch.told[source, i]
    if above > 0:
        for position in range(ratio):
            at = tier.told + position * gates
            for voice in range(voices):
                source = (position * above + above - 1) * voices + voice
                for i in range(gates):
                    state[voice, at + i] = scratch.told[source, i]


@network_inline
def _step_cell(
    weights: Any, tier: Any, layer: int, words: int, rows: int, state: Floats, at: int, scratch: Any
) -> None:
    """One step of one layer, whose W_hh lies at `words`: from `sums` to `front`, both from vector `at` on."""
    voices, dim = len(state), tier.dim
    load_hidden(tier, layer, state, scratch.back, 0)
    quantise(weights.matrices, scratch.back, voices, dim)
    multiply(
        weights.matrices, words, weights.floats[rows:], tier.gates, dim, scratch.back, scratch.gates, voices
    )  # fmt: skip
    hidden_at = tier.hidden + layer * dim
    for voice in range(voices):
        hidden = state[voice, hidden_at : hidden_at + dim]
        if weights.sample[0].lstm:
            cell_at = hidden_at + weights.sample[0].layers * dim
            cell = state[voice, cell_at : cell_at + dim]
            step_lstm(scratch.sums[at + voice], scratch.gates[voice], hidden, cell, dim)
        else:
            step_gru(scratch.sums[at + voice], scratch.gates[voice], hidden, dim)
    load_hidden(tier, layer, state, scratch.front, at)


@network_inline
def _tell_below(weights: Any, index: int, count: int, scratch: Any) -> None:
    """Upsample `count` states of tier `index` that lie in `front`, and put them through W_ih of the tier below."""
    tier, below = weights.tiers[index], weights.tiers[index - 1]
    dim, ratio = tier.below, tier.ratio
    quantise(weights.upsamplers, scratch.front, count, tier.dim)
    spread = scratch.spread.floats
    for position in range(tier.positions):
        words = tier.up_words + position * tier.up_words_step
        rows = tier.up_rows + position * tier.up_rows_step
        multiply(
            weights.upsamplers, words, weights.floats[rows:], dim, tier.dim,
            scratch.front, spread[position * count :], count,
        )  # fmt: skip
    if tier.positions < ratio:
        for position in range(ratio - 1, -1, -1):
            bias = weights.floats[tier.up_bias + position * dim : tier.up_bias + (position + 1) * dim]
            for row in range(count):
                for i in range(dim):
                    spread[position * count + row, i] = spread[row, i] + bias[i]
    quantise(weights.matrices, scratch.spread, ratio * count, dim)
    multiply(
        weights.matrices, below.above_words, weights.floats[below.above_rows :], below.gates, dim,
        scratch.spread, scratch.told, ratio * count,
    )  # fmt: skip
