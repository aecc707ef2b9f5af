"""The CPU kernel: one block of samples per call, in compiled code that holds no GIL and allocates nothing.

It computes what `reference.py` specifies, with float32 sums. One compiled function per precision and instruction set
serves every configuration: shapes come from the plan that `weights.py` lays out.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.compiled import network, network_inline
from livernn.synth.crew import (
    THERE,
    UNDER_WAY,
    ask,
    finish,
    position_of,
    post,
    recall,
    take,
    take_another,
    wait_for,
)  # fmt: skip
from livernn.synth.denormals import flush_denormals, restore_denormals
from livernn.synth.draw import draw, surprisal
from livernn.synth.emit import READ_PER_FETCHED
from livernn.synth.frames import add_noise, load_hidden, step_tiers
from livernn.synth.gemv import Operand, list_busy, multiply, quantise
from livernn.synth.packing import WORD_BYTES
from livernn.synth.philox import uniform
from livernn.synth.prefetch import address_of
from livernn.synth.steady import followed, steadied
from livernn.synth.taps import row_start, sum_rows
from livernn.synth.ticks import ticks
from livernn.synth.vector import Floats, rectify

Codes = NDArray[np.uint8]

_ONE: Any = np.int64(1)
"""A literal would be a type of its own, for which `step_tiers` would be compiled once more."""

RENDER, FORCE = range(2)
"""Draw every code; predict those that are there (teacher forcing)."""

PARTS = ("frame tiers", "upsampling", "taps", "hidden layer", "output layer", "draw")
"""What `advance` does, in the order of its clock."""

_FRAMES, _UPSAMPLING, _TAPS, _HIDDEN, _OUTPUT, _DRAW = range(len(PARTS))


@network_inline
def _slice(weights: Any, position: int, held: Any, conditioning: Floats, voices: int) -> None:
    """The conditioning at `position` by the full upsampler."""
    tier = weights.tiers[0]
    words, rows = tier.up_words + position * tier.up_words_step, tier.up_rows + position * tier.up_rows_step
    multiply(weights.upsamplers, words, weights.floats[rows:], tier.below, tier.dim, held, conditioning, voices)


@network_inline
def _hold(
    weights: Any, state: Floats, now: int, scratch: Any, crew: Any, patches: Floats, noisy: bool, seed: np.uint64
) -> None:
    """Make the fastest frame tier's state ready to condition samples from `now` on within its frame."""
    tier = weights.tiers[0]
    voices, position = len(state), now % tier.ratio
    recall(crew)
    load_hidden(tier, weights.sample[0].layers - 1, state, scratch.held, 0)
    if noisy:
        add_noise(tier, 0, scratch.held, 0, now - position, patches, seed)
    quantise(weights.upsamplers, scratch.held, voices, tier.dim)
    if tier.positions == tier.ratio:
        scratch.mine[:] = False
        post(crew, position)
    else:
        multiply(
            weights.upsamplers, tier.up_words, weights.floats[tier.up_rows :], tier.below, tier.dim,
            scratch.held, scratch.base, voices,
        )  # fmt: skip


@network_inline
def _condition(weights: Any, position: int, last: int, scratch: Any, crew: Any, voices: int) -> None:
    """What the fastest frame tier says about the sample at `position` within its frame, into `front`.

    Its slices up to position `last` are made sure of: they come to lie in `ahead` where they are `mine`, else in the
    crew's `slices`.
    """
    tier = weights.tiers[0]
    first = scratch.front.floats
    if tier.positions < tier.ratio:
        bias = weights.floats[tier.up_bias + position * tier.below : tier.up_bias + (position + 1) * tier.below]
        for voice in range(voices):
            for i in range(tier.below):
                first[voice, i] = scratch.base[voice, i] + bias[i]
        return
    for ahead in range(position, last + 1):
        while not scratch.mine[ahead]:
            state = ask(crew, ahead)
            if state == THERE:
                break
            wanted = ahead
            if state == UNDER_WAY:
                another = take_another(crew, tier.ratio)
                if another >= 0:
                    wanted = another
                elif wait_for(crew, ahead):
                    break
            _slice(weights, wanted, scratch.held, scratch.ahead[wanted * voices :], voices)
            scratch.mine[wanted] = True
    source = scratch.ahead if scratch.mine[position] else crew.slices
    for voice in range(voices):
        for i in range(tier.below):
            first[voice, i] = source[position * voices + voice, i]


@network
def assist(weights: Any, held: Any, crew: Any, voices: int) -> None:
    """The helper's part: slices ahead, as long as the crew is at work.

    Args:
        weights: as of `advance`.
        held: of the sampler's scratch.
        crew: as of `advance`.
        voices: of the Generator.
    """
    control = flush_denormals()
    while True:
        ticket = take(crew, weights.sample[0].taps)
        if ticket < 0:
            break
        position = position_of(ticket)
        _slice(weights, position, held, crew.slices[position * voices :], voices)
        finish(crew, ticket)
    restore_denormals(control)


@network_inline
def _add_taps(weights: Any, recent: Codes, rows: NDArray[np.int64], first: Floats, sums: Floats) -> None:
    """What the last `taps` codes add to the first layer, and its ReLU."""
    sample = weights.sample[0]
    dim = sample.dim
    for tap in range(sample.taps):
        rows[tap] = row_start(sample, tap, np.int64(recent[tap]))
    sum_rows(weights.table, rows, sample.narrow, dim, sums)
    scale = weights.floats[sample.table_scale : sample.table_scale + dim]
    for i in range(dim):
        first[i] += sums[i] * scale[i]
    rectify(first, dim)


@network_inline
def _predict(weights: Any, scratch: Any, voices: int, ahead: int, clock: NDArray[np.int64], began: int) -> int:
    """The sample tier's matrices: first layer in `front`, logits in `gates`; see `_read_next` for `ahead`."""
    sample = weights.sample[0]
    dim = sample.dim
    quantise(weights.matrices, scratch.front, voices, dim)
    _multiply(weights, sample.hidden_words, sample.hidden_rows, dim, scratch.front, scratch.back.floats, voices, ahead)
    for voice in range(voices):
        rectify(scratch.back.floats[voice], dim)
    began = _lap(clock, _HIDDEN, began)
    quantise(weights.matrices, scratch.back, voices, dim)
    if ahead:
        ahead += (sample.output_words - sample.hidden_words) * WORD_BYTES // READ_PER_FETCHED
    _multiply(
        weights, sample.output_words, sample.output_rows, sample.q_levels, scratch.back, scratch.gates, voices, ahead
    )
    return _lap(clock, _OUTPUT, began)


@network_inline
def _multiply(
    weights: Any, words: int, rows_at: int, rows: int, operand: Operand, y: Floats, voices: int, ahead: int
) -> None:
    """With a matrix of the sample tier, whose columns are its units."""
    columns, per_row = weights.sample[0].dim, weights.floats[rows_at:]
    busy = list_busy(weights.matrices, operand, voices, columns)
    if ahead:
        multiply(weights.matrices, words, per_row, rows, columns, operand, y, voices, ahead, busy)
    else:
        multiply(weights.matrices, words, per_row, rows, columns, operand, y, voices, None, busy)


@network_inline
def _read_next(weights: Any, place: int, crew: Any) -> int:
    """The address of what is read after the sample at `place`: the next slice, or the fastest frame tier's matrices.

    0 where it is no use to fetch it; another core may read the slices.
    """
    tier = weights.tiers[0]
    if weights.sample[0].ahead == 0 or len(crew.words) > 0:
        return 0
    address: int = address_of(weights.matrices, tier.frame_words)
    if place + 1 < tier.ratio:
        address = address_of(weights.upsamplers, tier.up_words + (place + 1) * tier.up_words_step)
    return address


@network_inline
def _move_on(codes: Codes, lookback: int, count: int) -> None:
    """The last `lookback` codes become the history of what follows."""
    for voice in range(len(codes)):
        for i in range(lookback):
            codes[voice, i] = codes[voice, count + i]


@network_inline
def _lap(clock: NDArray[np.int64], part: int, began: int) -> int:
    """Adds the time since `began` to a part, where anybody asked for it."""
    if len(clock) == 0:
        return began
    now: int = ticks()
    clock[part] += now - began
    return now


@network
def advance(
    weights: Any,
    state: Floats,
    codes: Codes,
    lookback: int,
    count: int,
    position: int,
    scratch: Any,
    crew: Any,
    seed: np.uint64,
    patches: Floats,
    mode: int,
    logits_out: Floats,
    surprisals: NDArray[np.float64],
    clock: NDArray[np.int64],
) -> None:
    """Step all voices in lockstep by `count` samples.

    Args:
        weights: of a `PackedWeights`; their types say in which precision and for which instructions.
        state: float32 `[voices, state_floats]`, updated in place.
        codes: uint8 `[voices, lookback + count]` or longer, the history first, which moves on by `count` in the end.
        lookback: length of the history.
        count: samples to render, or that are there.
        position: samples since the initial state, `codes[:, lookback]`'s index.
        scratch: of `make_scratch`.
        crew: of `make_crew` where a helper is at work in `assist`, else of `no_crew`.
        seed: of what is drawn, see `philox.uniform` and `philox.add_normals`.
        patches: float32 `[voices, 7]`: temperature, top_k, top_p, min_p, noise_fast, noise_slow, steady.
        mode: RENDER or FORCE.
        logits_out: float32 `[count, voices, q_levels]`, or empty where nobody asks.
        surprisals: float64 `[voices]`, to which the surprisal of every code drawn is added, in bits.
        clock: int64 `[len(PARTS)]`, to which the ticks spent in each part are added, or empty.
    """
    control = flush_denormals()
    sample = weights.sample[0]
    voices, noisy = len(state), mode == RENDER
    aim = weights.floats[sample.aim : sample.aim + 2]
    began = ticks() if len(clock) > 0 else 0
    for step in range(count):
        now = position + step
        end = lookback + step
        if now % sample.taps == 0:
            step_tiers(weights, state, codes, end, _ONE, now, scratch, patches, noisy, seed)
        began = _lap(clock, _FRAMES, began)
        place = now % sample.taps
        last = place
        if step == 0 or place == 0:
            _hold(weights, state, now, scratch, crew, patches, noisy, seed)
            last = sample.taps - 1 if sample.at_once else place
        _condition(weights, place, last, scratch, crew, voices)
        began = _lap(clock, _UPSAMPLING, began)
        for voice in range(voices):
            recent = codes[voice, end - sample.taps : end]
            _add_taps(weights, recent, scratch.rows, scratch.front.floats[voice], scratch.gates[voice])
        began = _lap(clock, _TAPS, began)
        began = _predict(weights, scratch, voices, _read_next(weights, place, crew), clock, began)
        for voice in range(voices):
            logits = scratch.gates[voice]
            if len(logits_out) > 0:
                for i in range(sample.q_levels):
                    logits_out[step, voice, i] = logits[i]
            if mode == RENDER:
                patch = patches[voice]
                levels = scratch.sums[voice]
                if now % lookback == 0:
                    state[voice, sample.excess + 1] = state[voice, sample.excess]
                temperature = steadied(patch[0], patch[6], state[voice, sample.excess + 1])
                drawn_by = uniform(seed, voice, now)
                code = draw(logits, sample.q_levels, levels, drawn_by, temperature, patch[1], patch[2], patch[3])
                bits = surprisal(levels, sample.q_levels, code)
                surprisals[voice] += bits
                state[voice, sample.excess] = followed(state[voice, sample.excess], bits, aim[0], aim[1])
                codes[voice, end] = code
        began = _lap(clock, _DRAW, began)
    _move_on(codes, lookback, count)
    restore_denormals(control)
