"""A tape by hand, block by block, and what was heard of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.history import History, JournalReader
from livernn.engine.origin import Origin
from livernn.engine.reel import Reel
from livernn.engine.replay import replay
from livernn.engine.score import Flow, Score
from livernn.engine.shared import (
    CHANNELS,
    FADE_SAMPLES,
    GATE,
    LEVEL,
    REEL_ADDRESS,
    RING_AT,
    RING_READ,
    SharedBlock,
)
from livernn.engine.studio import Instrument, Processor, VoiceLike
from livernn.engine.take import new_card
from livernn.engine.tape import Incoming, Soonest, Tape
from livernn.model.checkpoint import load_checkpoint
from livernn.synth.guard import Rendered
from livernn.units import SIDES
from tests.engine.fakes import pull

CALM, WILD = Patch(temperature=0.6, gain_db=-3.0), Patch(temperature=1.4)
BLOCK = 192
"""Device samples of a block."""
FADE = 96
PULL = 128
GUARD, REACH = PULL + 14, 2 * PULL + 14
DEPTH = 9600
FULL_LEVEL = 16
"""Of the gate."""


class Bench:
    """A tape and what was heard of it."""

    def __init__(self, voice: VoiceLike, checkpoint: Path = Path("none")) -> None:
        self.reel = Reel.create()
        self.block = SharedBlock.create()
        words = self.block.words
        words[[REEL_ADDRESS, CHANNELS, FADE_SAMPLES]] = self.reel.address, 2, FULL_LEVEL
        words[[GATE, LEVEL]] = 1, FULL_LEVEL
        self.entries = JournalReader(self.reel)
        self.history = History()
        self.tape = Tape(self.block, self.reel)
        sha256 = load_checkpoint(checkpoint).sha256 if checkpoint.exists() else ""
        origin = Origin(str(checkpoint), sha256, "int8", 1)
        self.sound = Incoming(Instrument(None, voice, Processor("CPU", "int8")), origin, 0, CALM)  # type: ignore[arg-type]
        self.tape.start(self.sound)
        self.last: Rendered | None = None
        self.heard = np.empty((0, SIDES), np.float32)

    def close(self) -> None:
        self.block.close()
        self.reel.close()

    @property
    def read(self) -> int:
        return int(self.block.words[RING_AT + RING_READ])

    @property
    def left(self) -> int:
        """Device samples that there are to play."""
        return max(0, int(self.block.words[RING_AT]) - self.read)

    def render(self, patch: Patch, blocks: int | None = None, in_time: Soonest | None = None) -> None:
        """So many blocks, or until the ring is full."""
        while (blocks is None and self.tape.ahead_samples < DEPTH) or (blocks is not None and blocks > 0):
            self.last = self.tape.render(patch, GUARD, lambda: in_time or soonest()) or self.last
            blocks = None if blocks is None else blocks - 1

    def hear(self, count: int) -> None:
        for start in range(0, count, PULL):
            self.heard = np.concatenate((self.heard, pull(self.block, min(PULL, count - start))))
        self.history.add(self.entries.take() or [])
        self.history.hear(self.read, self.read)


def soonest(begin: float = 0.0, heard: float = REACH) -> Soonest:
    """There is time, and enough in the ring, for everything beyond these."""
    return Soonest(lambda fades: begin, lambda fades, kept: heard)


def untouched(make_bench: Callable[[], Bench], count: int) -> NDArray[np.float32]:
    """What is heard where nothing is moved."""
    bench = make_bench()
    while len(bench.heard) < count:
        bench.render(CALM)
        bench.hear(PULL)
    bench.close()
    return bench.heard[:count]


def first_difference(bench: Bench, make_bench: Callable[[], Bench]) -> int:
    return int(np.flatnonzero((bench.heard != untouched(make_bench, len(bench.heard))).any(axis=1))[0])


def assert_replayed(bench: Bench, tmp_path: Path) -> None:
    flow = Flow(0, 0, is_open=True, starved=False, level=FULL_LEVEL)
    score = Score(
        tmp_path, new_card("", "", int(bench.sound.rate_hz), 0), [flow], bench.history.since(0), len(bench.heard)
    )
    again = np.concatenate(list(replay(score)))
    different = np.flatnonzero((again != bench.heard)[FULL_LEVEL * 20 :].any(axis=1))
    assert different.size == 0, different[:3]
