"""A second core that computes upsampler slices ahead of the first.

What conditions the samples of a frame depends on nothing but the frame tier's state, so it can be computed while the
samples before are drawn. The thread that samples posts each frame's positions; it and the helper take them one by one,
the sampler only the one that it has come to. It never waits for a helper to begin, and not for long for one to finish:
a helper that the machine has put to sleep costs one short wait, and is left alone for a while.
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
TICKET, DONE, LEAVE, POSTED, OWN, LOST, ALONE, STALLS = range(0, 8 * _LINE, _LINE)
"""Words, each on a cache line of its own. TICKET: what is to be taken next; DONE: the ticket after the helper's last;
LEAVE: the helper is to return. Then of the sampler alone: the ticket of the last post, the one after its own last, the
one that it stopped waiting for, for how many frames more it works alone, and how often that began.

A ticket is the number of a frame times `_POSITIONS` plus a position.
"""

_POSITIONS = 1 << 20
_CLOSED = _POSITIONS - 1
_PATIENCE_TURNS = 6000
_FRAMES_ALONE = 64
_IDLE_TURNS = 30000


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
    words = aligned(8 * _LINE, np.int64)
    words[TICKET] = _CLOSED
    return Crew(words, aligned(config.taps * voices * width).reshape(-1, width))


@network
def recall(crew: Any) -> None:
    """End the last post, so that what it was made from may change. Sampler only."""
    words = crew.words
    if len(words) == 0:
        return
    ticket = _close(words)
    if ticket % _POSITIONS == _CLOSED or ticket == words[POSTED] or ticket == words[OWN]:
        return
    if not _await(words, ticket):
        _work_alone(words, ticket)


@network
def post(crew: Any, position: int) -> None:
    """Offer the slices of a new frame from `position` on, after `recall`. Sampler only."""
    words = crew.words
    if len(words) == 0:
        return
    if words[ALONE] > 0:
        words[ALONE] -= 1
    elif load_acquire(words, DONE) >= words[LOST]:
        words[POSTED] = (words[POSTED] // _POSITIONS + 1) * _POSITIONS + position
        store_release(words, TICKET, words[POSTED])


@network
def is_there(crew: Any, position: int) -> bool:
    """Whether the slice at `position` is in `slices`; else the sampler, who alone may ask, computes it."""
    words = crew.words
    if len(words) == 0:
        return False
    while True:
        ticket = load_acquire(words, TICKET)
        if ticket % _POSITIONS == _CLOSED:
            return False
        after = ticket // _POSITIONS * _POSITIONS + position + 1
        if ticket >= after:
            if _await(words, after):
                return True
            _close(words)
            _work_alone(words, after)
            return False
        if exchange(words, TICKET, ticket, after):
            words[OWN] = after
            return False


@network
def take(crew: Any, positions: int) -> int:
    """The next ticket for the helper, or -1 when it is to return: asked to leave, or idle for about a millisecond."""
    words = crew.words
    for _ in range(_IDLE_TURNS):
        if load_acquire(words, LEAVE) != 0:
            return -1
        ticket = load_acquire(words, TICKET)
        if ticket % _POSITIONS < positions:
            if exchange(words, TICKET, ticket, ticket + 1):
                return int(ticket)
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


@network
def _close(words: NDArray[np.int64]) -> int:
    """Let nothing more be taken; returns the ticket that would have been next."""
    while True:
        ticket = load_acquire(words, TICKET)
        if exchange(words, TICKET, ticket, ticket // _POSITIONS * _POSITIONS + _CLOSED):
            return int(ticket)


@network
def _await(words: NDArray[np.int64], ticket: int) -> bool:
    """Whether the helper got there before patience ended."""
    for _ in range(_PATIENCE_TURNS):
        if load_acquire(words, DONE) >= ticket:
            return True
        pause()
    return False


@network
def _work_alone(words: NDArray[np.int64], lost: int) -> None:
    words[LOST] = lost
    words[ALONE] = _FRAMES_ALONE
    words[STALLS] += 1
