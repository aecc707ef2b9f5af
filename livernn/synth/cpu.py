"""The CPU kernel: one block of samples per call, in compiled code that holds no GIL and allocates nothing.

It computes what `reference.py` specifies, with float32 sums. One compiled function per precision serves every
configuration: shapes come from the plan that `weights.py` lays out.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import FRAME_SCALE
from livernn.synth.compiled import network
from livernn.synth.denormals import flush_denormals, restore_denormals
from livernn.synth.emit import PANEL_ROWS
from livernn.synth.gemv import multiply, padded
from livernn.synth.vector import Floats, exp, rectify, sigmoid, tanh

_FRAME_SCALE = np.float32(FRAME_SCALE)
Codes = NDArray[np.uint8]

_ZERO = np.float32(0.0)
_LANES = 16


@network
def _gru(from_input: Floats, from_state: Floats, hidden: Floats, dim: int) -> None:
    for i in range(dim):
        reset = sigmoid(from_input[i] + from_state[i])
        update = sigmoid(from_input[dim + i] + from_state[dim + i])
        new = tanh(from_input[2 * dim + i] + reset * from_state[2 * dim + i])
        hidden[i] = new + update * (hidden[i] - new)


@network
def _lstm(from_input: Floats, from_state: Floats, hidden: Floats, cell: Floats, dim: int) -> None:
    for i in range(dim):
        enter = sigmoid(from_input[i] + from_state[i])
        forget = sigmoid(from_input[dim + i] + from_state[dim + i])
        new = tanh(from_input[2 * dim + i] + from_state[2 * dim + i])
        out = sigmoid(from_input[3 * dim + i] + from_state[3 * dim + i])
        cell[i] = forget * cell[i] + enter * new
        hidden[i] = out * tanh(cell[i])


@network
def _frame_tier(
    matrices: Any,
    floats: Floats,
    tiers: Any,
    shared: Any,
    index: int,
    state: Floats,
    past: Codes,
    now: int,
    scratch: Any,
    levels: Codes,
    heard: bool,
) -> None:
    """Step frame tier `index`; `past` ends at the present, `scratch` is `[4, widest]`.

    The conditioning of the tier below is left out where nobody reads it before the next step (`heard` is false).
    """
    tier = tiers[index]
    dim, size, ratio, below = tier.dim, tier.frame_size, tier.ratio, tier.below
    lstm, layers = shared.lstm, shared.layers
    gates = (4 if lstm else 3) * dim
    signal, from_input, from_state, frame = scratch[0], scratch[1], scratch[2], scratch[3]
    middle = np.float32(shared.q_levels - 1) / np.float32(2.0)
    for i in range(size):
        frame[i] = (np.float32(past[len(past) - size + i]) - middle) * (_FRAME_SCALE / middle)
    multiply(matrices, tier.input_weight, floats[tier.input_bias :], dim, size, frame, signal, levels)
    if index + 1 < len(tiers):
        above = tiers[index + 1]
        offset = above.conditioning + (now // size) % above.ratio * dim
        conditioning = state[offset : offset + dim]
        for i in range(dim):
            signal[i] += conditioning[i]
    weights_at, bias_at = tier.cells, tier.cell_biases
    for layer in range(layers):
        hidden = state[tier.hidden + layer * dim : tier.hidden + (layer + 1) * dim]
        multiply(matrices, weights_at, floats[bias_at:], gates, dim, signal, from_input, levels)
        weights_at, bias_at = weights_at + tier.cell_words, bias_at + tier.cell_bias_words
        multiply(matrices, weights_at, floats[bias_at:], gates, dim, hidden, from_state, levels)
        weights_at, bias_at = weights_at + tier.cell_words, bias_at + tier.cell_bias_words
        if lstm:
            cell_at = tier.hidden + (layers + layer) * dim
            _lstm(from_input, from_state, hidden, state[cell_at : cell_at + dim], dim)
        else:
            _gru(from_input, from_state, hidden, dim)
        for i in range(dim):
            signal[i] = hidden[i]
    if not heard:
        return
    spread = state[tier.conditioning : tier.conditioning + ratio * below]
    if tier.positions == ratio:
        multiply(
            matrices, tier.upsample_weight, floats[tier.upsample_bias :], ratio * below, dim, signal, spread, levels
        )
    else:
        multiply(matrices, tier.upsample_weight, floats[tier.upsample_bias :], below, dim, signal, from_input, levels)
        for step in range(ratio):
            bias = floats[tier.position_bias + step * below : tier.position_bias + (step + 1) * below]
            target = spread[step * below : (step + 1) * below]
            for i in range(below):
                target[i] = from_input[i] + bias[i]


@network
def _logits(
    matrices: Any,
    floats: Floats,
    shared: Any,
    conditioning: Floats,
    recent: Codes,
    scratch: Any,
    levels: Codes,
    logits: Floats,
) -> None:
    """The sample tier; `recent` are the last `taps` codes."""
    dim = shared.dim
    first, second = scratch[0], scratch[1]
    for i in range(dim):
        first[i] = conditioning[i]
    for tap in range(shared.taps):
        at = shared.table + (tap * shared.q_levels + np.int64(recent[tap])) * dim
        row = floats[at : at + dim]
        for i in range(dim):
            first[i] += row[i]
    rectify(first, dim)
    multiply(matrices, shared.hidden_weight, floats[shared.hidden_bias :], dim, dim, first, second, levels)
    rectify(second, dim)
    multiply(matrices, shared.output_weight, floats[shared.output_bias :], shared.q_levels, dim, second, logits, levels)


@network
def _threshold(levels: Floats, count: int, top_k: np.float32, top_p: np.float32, min_p: np.float32) -> np.float32:
    """The least probability that is kept, as `reference.distribution` defines it; `levels` peak at 1."""
    kept_by_k = _ZERO
    total = _ZERO
    if 0 < top_k < count:
        kept_by_k = np.float32(2.0)
        rank = 0
        while rank < top_k:
            highest = _ZERO
            for i in range(count):
                highest = max(highest, levels[i] if levels[i] < kept_by_k else _ZERO)
            kept_by_k = highest
            for i in range(count):
                rank += levels[i] == highest
    threshold = kept_by_k
    if top_p < 1.0:
        for i in range(count):
            total += levels[i] if levels[i] >= kept_by_k else _ZERO
        threshold = np.float32(2.0)
        mass = _ZERO
        while mass < top_p * total:
            highest = _ZERO
            for i in range(count):
                highest = max(highest, levels[i] if levels[i] < threshold else _ZERO)
            if highest <= _ZERO:
                break
            threshold = highest
            for i in range(count):
                mass += highest if levels[i] == highest else _ZERO
        threshold = max(threshold, kept_by_k)
    return max(threshold, min_p)


@network
def _draw(
    logits: Floats,
    count: int,
    levels: Floats,
    uniform: float,
    temperature: np.float32,
    top_k: np.float32,
    top_p: np.float32,
    min_p: np.float32,
) -> int:
    """The first code whose cumulated probability exceeds `uniform`; `levels` is scratch `[count]`."""
    highest = logits[0]
    for i in range(count):
        highest = max(highest, logits[i])
    scale = np.float32(1.0) / temperature
    for i in range(count):
        levels[i] = exp((logits[i] - highest) * scale)
    if top_k > 0 or top_p < 1.0 or min_p > 0.0:
        threshold = _threshold(levels, count, top_k, top_p, min_p)
        for i in range(count):
            levels[i] = levels[i] if levels[i] >= threshold else _ZERO
    total = _ZERO
    for i in range(count):
        total += levels[i]
    left = np.float32(uniform * total)
    code = 0
    # Whole lanes are skipped first: a walk over single levels would be a chain of up to 256 dependent additions.
    while code + _LANES < count:
        lane = _ZERO
        for i in range(_LANES):
            lane += levels[code + i]
        if left < lane:
            break
        left -= lane
        code += _LANES
    while code < count - 1 and left >= levels[code]:
        left -= levels[code]
        code += 1
    # Rounding can carry the walk past the last level that was kept.
    while levels[code] <= _ZERO and code > 0:
        code -= 1
    return code


@network
def advance(
    matrices: Any,
    floats: Floats,
    tiers: Any,
    sample: Any,
    state: Floats,
    codes: Codes,
    lookback: int,
    position: int,
    scratch: Floats,
    levels: Codes,
    uniforms: NDArray[np.float64],
    patch: Floats,
    forced: bool,
    logits_out: Floats,
) -> None:
    """Fill `codes[lookback:]` and step the state.

    Args:
        matrices: of a `PackedWeights`; their type says in which precision.
        floats: of the same.
        tiers: its plan of the frame tiers.
        sample: its plan of the sample tier.
        state: float32 `[state_floats]`, updated in place.
        codes: uint8 `[lookback + n]`, the history first.
        lookback: length of the history.
        position: samples since the initial state, `codes[lookback]`'s index.
        scratch: float32 `[4, widest]`, as `scratch_floats` says.
        levels: uint8, as wide as `scratch`.
        uniforms: float64 `[n]`, one draw per sample; `[0]` to only step the frame tiers over codes that are there.
        patch: float32 `[temperature, top_k, top_p, min_p]`.
        forced: keep the codes that are there (teacher forcing) instead of drawing.
        logits_out: float32 `[n, q_levels]`, or `[0, 0]` where nobody asks.
    """
    control = flush_denormals()
    shared = sample[0]
    count = len(codes) - lookback
    for step in range(count):
        now = position + step
        for index in range(len(tiers) - 1, -1, -1):
            size = tiers[index].frame_size
            if now % size == 0:
                heard = len(uniforms) > 0 or index > 0 or step + size >= count
                past = codes[: lookback + step]
                _frame_tier(matrices, floats, tiers, shared, index, state, past, now, scratch, levels, heard)
        if len(uniforms) == 0:
            continue
        at = tiers[0].conditioning + now % shared.taps * shared.dim
        recent = codes[lookback + step - shared.taps : lookback + step]
        logits = scratch[2]
        _logits(matrices, floats, shared, state[at : at + shared.dim], recent, scratch, levels, logits)
        if len(logits_out) > 0:
            for i in range(shared.q_levels):
                logits_out[step, i] = logits[i]
        if not forced:
            codes[lookback + step] = _draw(
                logits, shared.q_levels, scratch[3], uniforms[step], patch[0], patch[1], patch[2], patch[3]
            )
    restore_denormals(control)


def scratch_floats(widest_dim: int, widest_frame: int, q_levels: int) -> int:
    """Floats that each of the four rows of scratch needs: gates of the widest tier, a frame, or the logits."""
    return padded(max(4 * widest_dim, widest_frame, q_levels), PANEL_ROWS)
