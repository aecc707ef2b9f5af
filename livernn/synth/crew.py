"""A second core that computes upsampler slices ahead of the first.

What conditions the samples of a frame depends on nothing but the frame tier's state, so it can be computed while the
samples before are drawn. The thread that samples posts each frame's positions; it and the helper take them one by one,
and the sampler takes another where the helper is still busy with the one that it needs. It never waits for a helper to
begin, and not for long for one to finish: a helper that the machine has put to sleep costs one short wait, and is left
alone for a while.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.synth.atomics import exchange, load_acquire, pause, store_release
from livernn.synth.compiled import network
from livernn.synth.packing import ALIGNMENT_BYTES, aligned, padded
from livernn.synth.vector import Floats

_LINE = 8
TICKET, BUSY, DONE, AT_WORK, FRAME, ALONE, STALLS = range(0, 7 * _LINE, _LINE)
"""Words, each on a cache line of its own. TICKET: what is to be taken next. Written by the helper: BUSY, while it takes
and computes; DONE, the ticket after its last. AT_WORK: the helper is to stay, while a block is rendered. Of the sampler
alone: FRAME, the number of the last post; ALONE, for how many frames more it works alone; STALLS, how often that began.

A ticket is the number of a post times `_POSITIONS` plus a position.
"""

OURS, THERE, UNDER_WAY = range(3)
"""Who has the slice at a position: the sampler, from now on; it is in `slices`; the helper, not done yet."""

_POSITIONS = 1 << 20
_CLOSED = _POSITIONS - 1
_PATIENCE_TURNS = 6000
_FRAMES_ALONE = 64


class Crew(NamedTuple):
    """What sampler and helper share. `slices` is `[taps * voices, width]`, position after position."""

    words: NDArray[np.int64]
    slices: Floats


def no_crew() -> Crew:
    """For a sampler that works alone."""
    return Crew(np.empty(0, np.int64), np.empty((0, 0), np.float32))


def make_crew(config: ModelConfig, voices: int) -> Crew:
    """For one Generator and one helper."""
    width = padded(config.dims[0], ALIGNMENT_BYTES)
    words = aligned(7 * _LINE, np.int64)
    words[TICKET] = _CLOSED
    return Crew(words, aligned(config.taps * voices * width).reshape(-1, width))


@network
def recall(crew: Any) -> None:
    """End the last post, so that what it was made from may change. Sampler only."""
    words = crew.words
    if len(words) > 0 and _close(words) and not _until_idle(words):
        _work_alone(words)


@network
def post(crew: Any, position: int) -> None:
    """Offer the slices of a new frame from `position` on, after `recall`. Sampler only."""
    words = crew.words
    if len(words) == 0:
        return
    if words[ALONE] > 0:
        words[ALONE] -= 1
    elif load_acquire(words, BUSY) == 0:
        words[FRAME] += 1
        store_release(words, TICKET, words[FRAME] * _POSITIONS + position)


@network
def ask(crew: Any, position: int) -> int:
    """OURS, THERE or UNDER_WAY. Sampler only, of positions that it has not taken yet."""
    words = crew.words
    while len(words) > 0:
        ticket = load_acquire(words, TICKET)
        if ticket % _POSITIONS == _CLOSED:
            break
        after = words[FRAME] * _POSITIONS + position + 1
        if ticket >= after:
            return THERE if load_acquire(words, DONE) >= after else UNDER_WAY
        if exchange(words, TICKET, ticket, after):
            break
    return OURS


@network
def take_another(crew: Any, positions: int) -> int:
    """A position that nobody has taken yet, or -1. Sampler only."""
    words = crew.words
    ticket = load_acquire(words, TICKET)
    if ticket % _POSITIONS < positions and exchange(words, TICKET, ticket, ticket + 1):
        return int(ticket % _POSITIONS)
    return -1


@network
def wait_for(crew: Any, position: int) -> bool:
    """Whether the helper finishes a slice that is under way before patience ends. Sampler only."""
    words = crew.words
    after = words[FRAME] * _POSITIONS + position + 1
    for _ in range(_PATIENCE_TURNS):
        if load_acquire(words, DONE) >= after:
            return True
        pause()
    _close(words)
    _work_alone(words)
    return False


@network
def take(crew: Any, positions: int) -> int:
    """The next ticket for the helper, as soon as there is one; -1 when the work is done."""
    words = crew.words
    while load_acquire(words, AT_WORK) != 0:
        ticket = load_acquire(words, TICKET)
        if ticket % _POSITIONS < positions:
            store_release(words, BUSY, 1)  # before it is taken: who closes the post then knows whom to wait for
            if exchange(words, TICKET, ticket, ticket + 1):
                return int(ticket)
            store_release(words, BUSY, 0)
        else:
            pause()
    return -1


@network
def position_of(ticket: int) -> int:
    """The position that a ticket stands for."""
    return ticket % _POSITIONS


@network
def finish(crew: Any, ticket: int) -> None:
    """The slice of `ticket` is written. Helper only."""
    store_release(crew.words, DONE, ticket + 1)
    store_release(crew.words, BUSY, 0)


@network
def _close(words: NDArray[np.int64]) -> bool:
    """Let nothing more be taken; returns whether there was something."""
    while True:
        ticket = load_acquire(words, TICKET)
        if ticket % _POSITIONS == _CLOSED:
            return False
        if exchange(words, TICKET, ticket, words[FRAME] * _POSITIONS + _CLOSED):
            return True


@network
def _until_idle(words: NDArray[np.int64]) -> bool:
    for _ in range(_PATIENCE_TURNS):
        if load_acquire(words, BUSY) == 0:
            return True
        pause()
    return False


@network
def _work_alone(words: NDArray[np.int64]) -> None:
    words[ALONE] = _FRAMES_ALONE
    words[STALLS] += 1
