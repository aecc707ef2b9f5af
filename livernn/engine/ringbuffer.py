"""Single-producer single-consumer ring of samples over memory that processes may share.

Ring and blocks are `[n, SIDES]`. Indices count samples since the beginning and never wrap; each is written by one side
only. The producer releases what it wrote with its index and the consumer acquires it, so that no sample is read before
it is there on any processor.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livernn.engine.shared import RING_CURSOR, RING_READ, RING_SKIP, RING_WRITE, ring_first
from livernn.synth.atomics import load_acquire, store_release
from livernn.synth.kernel_cache import use_kernel_cache

use_kernel_cache()


@njit("int64(int64[::1], float32[:, ::1], float32[:, ::1])", nogil=True, cache=True, error_model="numpy")
def push(words, ring, block):  # type: ignore[no-untyped-def]
    """Write as much of `block` at the cursor as there is room for; returns how much. Producer only."""
    written = words[RING_CURSOR]
    room = len(ring) - (written - load_acquire(words, RING_READ))
    count = min(room, len(block))
    for index in range(count):
        ring[(written + index) % len(ring)] = block[index]
    words[RING_CURSOR] = written + count
    store_release(words, RING_WRITE, max(words[RING_WRITE], written + count))
    return count


@njit("int64(int64[::1])", nogil=True, cache=True)
def skip(words):  # type: ignore[no-untyped-def]
    """Do what the producer asked by `discard`; returns the next sample to play. Consumer only."""
    first = max(words[RING_READ], load_acquire(words, RING_SKIP))
    store_release(words, RING_READ, first)
    return first


@njit("int64(int64[::1], float32[:, ::1], float32[:, ::1])", nogil=True, cache=True, error_model="numpy")
def pull(words, ring, block):  # type: ignore[no-untyped-def]
    """Take up to `len(block)` samples into `block`; returns how many there were. Consumer only."""
    first = skip(words)
    count = min(load_acquire(words, RING_WRITE) - first, len(block))
    for index in range(count):
        block[index] = ring[(first + index) % len(ring)]
    store_release(words, RING_READ, first + count)
    return count


@njit("void(int64[::1], int64, int64)", nogil=True, cache=True)
def publish(words, index, value):  # type: ignore[no-untyped-def]
    """`words[index] = value`, after everything that was written before."""
    store_release(words, index, value)


class RingBuffer:
    """The producer's side. `words` holds `RING_WORDS` int64, `samples` the ring, a power of two long."""

    def __init__(self, words: NDArray[np.int64], samples: NDArray[np.float32]) -> None:
        self._words = words
        self._samples = samples

    @property
    def first(self) -> int:
        """Next sample to be played."""
        return ring_first(self._words)

    @property
    def cursor(self) -> int:
        """Next sample to be pushed; before `end` after `rewind`."""
        return int(self._words[RING_CURSOR])

    @property
    def end(self) -> int:
        """Behind the last sample that there is to play."""
        return int(self._words[RING_WRITE])

    @property
    def fill(self) -> int:
        """Samples before the cursor that are yet to be played."""
        return max(0, self.cursor - self.first)

    @property
    def stock(self) -> int:
        """Samples yet to be played, those behind the cursor included."""
        return max(0, self.end - self.first)

    def push(self, block: NDArray[np.float32]) -> int:
        """Write what there is room for, over what is there already, and return how much that was."""
        return int(push(self._words, self._samples, block))

    def content(self, position: int, count: int) -> NDArray[np.float32]:
        """A copy of what was pushed from `position` on and has not been overwritten."""
        return self._samples[np.arange(position, position + count) % len(self._samples)]

    def rewind(self, position: int) -> None:
        """Push from `position` on; what is there is played until it is overwritten."""
        self._words[RING_CURSOR] = position

    def discard(self) -> None:
        """Let the consumer pass over everything pushed so far; it does so when it next looks."""
        self._words[RING_SKIP] = self._words[RING_CURSOR] = self._words[RING_WRITE]
