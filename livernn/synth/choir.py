"""Choir: a generator whose number of voices changes as it plays."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.config import ModelConfig
from livernn.synth.ensemble import MOST_VOICES, heirs
from livernn.synth.generator import Generator, Snapshot
from livernn.synth.weights import PackedWeights


class Lockstep(Protocol):
    """A generator of a fixed number of voices; see `Generator`."""

    config: ModelConfig
    voices: int

    @property
    def surprisal_bits(self) -> NDArray[np.float64]: ...

    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]: ...

    def prime(self, codes: NDArray[np.uint8]) -> None: ...

    def reset(self, seed: int | None = None) -> None: ...

    def snapshot(self) -> Snapshot: ...

    def restore(self, snapshot: Snapshot) -> None: ...


class Choir:
    """One generator for each number of voices that has been asked for, of which one is at work. Owned by one thread.

    Every voice has a random stream of its own, by its number: what it draws does not depend on its company.
    """

    def __init__(self, make: Callable[[int], Lockstep]) -> None:
        """`make` makes a generator of so many voices; all of them share checkpoint and seed."""
        self._make = make
        self._made: dict[int, Lockstep] = {}
        self._present = self._of(1)
        self.config = self._present.config

    @property
    def voices(self) -> int:
        """How many there are."""
        return self._present.voices

    @property
    def surprisal_bits(self) -> NDArray[np.float64]:
        """See `Generator`."""
        return self._present.surprisal_bits

    def engage(self, voices: int) -> None:
        """So many voices from now on, the `heirs` of those there are."""
        if voices != self.voices:
            here, heir = self.snapshot(), heirs(self.voices, voices)
            self.restore(replace(here, state=here.state[heir], history=here.history[heir]))

    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]:
        """See `Generator`."""
        return self._present.render(count, patches)

    def prime(self, codes: NDArray[np.uint8]) -> None:
        """See `Generator`."""
        self._present.prime(codes)

    def reset(self, seed: int | None = None) -> None:
        """See `Generator`; back to one voice, too."""
        self._present.reset(seed)
        self.engage(1)

    def snapshot(self) -> Snapshot:
        """See `Generator`."""
        return self._present.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """See `Generator`; back to as many voices as there were.

        Raises:
            ValueError: there are more than there can be, or what it says of them does not fit together.
        """
        voices = len(snapshot.state)
        if not 1 <= voices <= MOST_VOICES or len(snapshot.history) != voices:
            raise ValueError("it is the state of another number of voices")
        self._present = self._of(voices)
        self._present.restore(snapshot)

    def _of(self, voices: int) -> Lockstep:
        if voices not in self._made:
            self._made[voices] = self._make(voices)
        return self._made[voices]


def choir_of(weights: PackedWeights, seed: int) -> Choir:
    """One that sings on the CPU, by one core."""
    return Choir(lambda voices: Generator(weights, seed=seed, voices=voices))
