"""The reel: what was heard, and how it came about, in memory that outlives every engine.

The client makes it once and hands it to one engine after another; whoever records what was heard reads it and needs
none of them. Three rings that are written for ever:

- the tap, what the device was given, at its rate, left and right (written by the audio callback);
- marks, one for each break in the way from the engine's ring to the tap (written by the audio callback);
- the journal, one line for each thing that the sampler did (written by the sampler, see `journal`).

Positions count from the making of the reel and never wrap. No numba here: who only reads must not load a compiler.
"""

from dataclasses import dataclass
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from livernn.engine.memory import SharedMemory
from livernn.units import SIDES

_LINE = 8
"""Words of a cache line."""

# Written by the client: the life (see `shared.LIFE`) whose callback may write here.
OWNER = 0

# Written by the audio callback.
TAP_WRITTEN = _LINE
RING_HEARD = TAP_WRITTEN + 1
"""The engine's ring has been heard up to here."""
MARKS_WRITTEN = TAP_WRITTEN + 2

# Written by the sampler.
JOURNAL_WRITTEN = 2 * _LINE

# Written by whoever records: samples recorded since it was asked for, 0 while nothing is, and those that it lost.
RECORDED = 3 * _LINE
RECORDING_RATE_HZ = RECORDED + 1

MARKS_AT = 4 * _LINE
MARK_WORDS = _LINE
MARKS = 1 << 13
MARK_HEARD, MARK_RING, MARK_FLAGS, MARK_LEVEL, MARK_RATE_HZ = range(5)
MARK_OPEN, MARK_STARVED, MARK_XRUN = 1, 2, 4

REEL_WORDS = MARKS_AT + MARK_WORDS * MARKS
JOURNAL_BYTES = 1 << 22
TAP_SAMPLES = 1 << 21
"""44 s at 48 kHz, 11 s at 192 kHz: as long may a recorder be held up."""
REEL_TAP_FLOAT_AT = 2 * REEL_WORDS + JOURNAL_BYTES // 4
REEL_FLOATS = REEL_TAP_FLOAT_AT + TAP_SAMPLES * SIDES


class Reel(SharedMemory):
    """The mapped memory, by its parts."""

    size_bytes = 4 * REEL_FLOATS

    def __init__(self, mapping: mmap, handle: str, descriptor: int | None) -> None:
        super().__init__(mapping, handle, descriptor)
        self.words: NDArray[np.int64] = np.frombuffer(mapping, np.int64, REEL_WORDS)
        self.journal: NDArray[np.uint8] = np.frombuffer(mapping, np.uint8, JOURNAL_BYTES, 8 * REEL_WORDS)
        tap = np.frombuffer(mapping, np.float32, TAP_SAMPLES * SIDES, 4 * REEL_TAP_FLOAT_AT)
        self.tap: NDArray[np.float32] = tap.reshape(TAP_SAMPLES, SIDES)

    @property
    def address(self) -> int:
        """Where the reel begins in this process."""
        return int(self.words.ctypes.data)


class ScopeTap:
    """What was heard, at the device's rate, `[n, SIDES]`; read by anyone."""

    def __init__(self, reel: Reel) -> None:
        self._words = reel.words
        self._tap = reel.tap

    @property
    def written(self) -> int:
        """Samples heard since the reel was made."""
        return int(self._words[TAP_WRITTEN])

    def latest(self, count: int) -> NDArray[np.float32]:
        """The last `count` samples, at most half the tap; zeros stand for what was before the first."""
        count = min(count, TAP_SAMPLES // 2)
        end = self.written
        begin = (end - count) % TAP_SAMPLES
        samples: NDArray[np.float32] = np.concatenate(
            (self._tap[begin : begin + count], self._tap[: max(0, begin + count - TAP_SAMPLES)])
        )
        samples[: max(0, count - end)] = 0.0
        return samples

    def between(self, begin: int, end: int) -> tuple[NDArray[np.float32], int]:
        """What was heard from `begin` to `end`, and how many of these samples were overwritten; zeros stand for them.

        `end` is not beyond `written`. What is overwritten meanwhile counts as lost: the last word on that is a look
        at the index after the samples have been copied.
        """
        samples = self._tap[np.arange(begin, end) % TAP_SAMPLES]
        lost = min(max(0, self.written - TAP_SAMPLES - begin), end - begin)
        samples[:lost] = 0.0
        return samples, lost


@dataclass(frozen=True)
class Mark:
    """From tap position `heard` on, the ring from position `ring` on is heard, through a gate at `level`.

    While `is_open` the gate rises or stays open, else it falls or stays shut; while `starved` the ring is empty.
    `xrun`: the device has just missed something. All that replaying the callback takes, with FADE_SAMPLES.
    """

    heard: int
    ring: int
    is_open: bool
    starved: bool
    xrun: bool
    level: int
    rate_hz: int

    def advanced(self, heard: int, fade_samples: int) -> "Mark":
        """The same flow, described from a later tap position on."""
        passed = heard - self.heard
        if self.starved:
            return Mark(heard, self.ring, self.is_open, True, False, 0, self.rate_hz)
        if self.is_open:
            level = min(self.level + passed, fade_samples)
            return Mark(heard, self.ring + passed, True, False, False, level, self.rate_hz)
        level = max(0, self.level - passed)
        return Mark(heard, self.ring + self.level - level, False, False, False, level, self.rate_hz)


class MarkReader:
    """Takes each mark once, the one in force at first included. One thread."""

    def __init__(self, reel: Reel) -> None:
        self._words = reel.words
        self._marks = reel.words[MARKS_AT:].reshape(MARKS, MARK_WORDS)
        self._read = max(0, int(reel.words[MARKS_WRITTEN]) - 1)

    def take(self) -> tuple[list[Mark], int]:
        """The marks since the last call, and how many of them were overwritten before they could be read."""
        written = int(self._words[MARKS_WRITTEN])
        rows = self._marks[np.arange(self._read, written) % MARKS]
        lost = min(max(0, int(self._words[MARKS_WRITTEN]) - MARKS - self._read), len(rows))
        self._read = written
        return [_mark(row) for row in rows[lost:].tolist()], lost


def _mark(row: list[int]) -> Mark:
    flags = row[MARK_FLAGS]
    return Mark(
        heard=row[MARK_HEARD],
        ring=row[MARK_RING],
        is_open=bool(flags & MARK_OPEN),
        starved=bool(flags & MARK_STARVED),
        xrun=bool(flags & MARK_XRUN),
        level=row[MARK_LEVEL],
        rate_hz=row[MARK_RATE_HZ],
    )
