"""Generator: autoregressive voices of one checkpoint, in lockstep."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.quantize import silence_code
from livernn.synth.compiled import bound
from livernn.synth.cpu import FORCE, RENDER, advance, assist
from livernn.synth.crew import Crew, no_crew
from livernn.synth.frames import step_tiers
from livernn.synth.packing import aligned
from livernn.synth.philox import key_of
from livernn.synth.scratch import make_scratch
from livernn.synth.state import excess_place
from livernn.synth.weights import PackedWeights

NO_CLOCK = np.empty(0, np.int64)
_NO_LOGITS = np.empty((0, 0, 0), np.float32)
_BLOCK_SAMPLES = 1024
_PATCH = ("temperature", "top_k", "top_p", "min_p", "noise_fast", "noise_slow", "steady")
_PATCH_VALUES = attrgetter(*_PATCH)
_STEPS_AT_ONCE = 64
"""Of the fastest frame tier, all voices together, when priming: a matrix is read once for so many."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that a Generator's next sample depends on; arrays `[voices, ...]`."""

    state: NDArray[np.float32]
    history: NDArray[np.uint8]
    position: int
    seed: int


class Generator:
    """The state of `voices` between samples, each with a random stream of its own.

    They share one pass over the weights. Owned by one thread; a render is a function of state, patches and draws.
    """

    def __init__(self, weights: PackedWeights, *, seed: int, voices: int = 1) -> None:
        self.config = weights.config
        self.voices = voices
        self.clock = NO_CLOCK
        self.surprisal_bits = np.zeros(voices)
        """Mean surprisal of the codes of the last render, `[voices]`: the entropy of their draws, on average."""
        self._weights = weights
        self._seed = seed
        self._lookback = self.config.lookback_samples
        self._codes = np.empty((voices, self._lookback + _BLOCK_SAMPLES), np.uint8)
        self._patches = np.zeros((voices, len(_PATCH)), np.float32)
        self._surprisals = np.empty(voices)
        self._state = aligned(voices * weights.initial_state.size).reshape(voices, -1)
        self._stretch_samples = min(_BLOCK_SAMPLES, max(1, _STEPS_AT_ONCE // voices) * self.config.taps)
        self._scratch = make_scratch(self.config, voices, self._stretch_samples)
        self._crew = no_crew()
        self._position = 0
        self._step = bound(advance, *self._arguments(0, RENDER, _NO_LOGITS))
        self.reset()

    def take_on(self, crew: Crew) -> None:
        """Work with a helper whose thread calls `assist`; `no_crew()` to work alone again."""
        self._crew = crew

    def assist(self, crew: Crew) -> None:
        """A helper's work for this Generator, as long as the crew is at work. The helper's thread."""
        assist(self._weights.arrays, self._scratch.held, crew, self.voices)

    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]:
        """The next `count` codes of each voice under its patch, `[voices, count]`."""
        for row, patch in zip(self._patches, patches, strict=True):
            row[:] = _PATCH_VALUES(patch)
        self._surprisals[:] = 0.0
        sizes = [min(_BLOCK_SAMPLES, count - start) for start in range(0, max(count, 1), _BLOCK_SAMPLES)]
        rendered = [self._advance(size, RENDER, _NO_LOGITS).copy() for size in sizes]
        self.surprisal_bits = self._surprisals / max(count, 1)
        return rendered[0] if len(rendered) == 1 else np.concatenate(rendered, axis=1)

    def prime(self, codes: NDArray[np.uint8]) -> None:
        """Continue from `codes`, `[n]` for all voices, as if they had been rendered: only the frame tiers step."""
        for start in range(0, len(codes), self._stretch_samples):
            block = codes[start : start + self._stretch_samples]
            self._codes[:, self._lookback : self._lookback + len(block)] = block
            step_tiers(
                self._weights.arrays,
                self._state,
                self._codes,
                self._lookback,
                len(block),
                self._position,
                self._scratch,
                self._patches,
                False,
                key_of(self._seed),
            )
            self._position += len(block)
            self._codes[:, : self._lookback] = self._codes[:, len(block) : len(block) + self._lookback]
        place = excess_place(self.config)
        self._state[:, place : place + 2] = 0.0

    def forced_logits(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`prime`, and the logits that each of `codes` was predicted with, `[n, voices, q_levels]`."""
        logits = np.empty((len(codes), self.voices, self.config.q_levels), np.float32)
        for start in range(0, len(codes), _BLOCK_SAMPLES):
            block = codes[start : start + _BLOCK_SAMPLES]
            self._codes[:, self._lookback : self._lookback + len(block)] = block
            self._advance(len(block), FORCE, logits[start : start + len(block)])
        return logits

    def reset(self, seed: int | None = None) -> None:
        """Initial state and a history of silence; new random streams where a seed is given."""
        if seed is not None:
            self._seed = seed
        self._state[:] = self._weights.initial_state
        self._codes[:, : self._lookback] = silence_code(self.config)
        self._position = 0

    def snapshot(self) -> Snapshot:
        """A copy of everything that the next sample depends on."""
        return Snapshot(self._state.copy(), self._codes[:, : self._lookback].copy(), self._position, self._seed)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to where `snapshot` was taken, by any Generator of the same checkpoint and number of voices."""
        self._state[:] = snapshot.state
        self._codes[:, : self._lookback] = snapshot.history
        self._position = snapshot.position
        self._seed = snapshot.seed

    def _advance(self, count: int, mode: int, logits: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Step over `count` codes; returns a view of them that the next call overwrites."""
        self._step(*self._arguments(count, mode, logits))
        self._position += count
        return self._codes[:, self._lookback : self._lookback + count]

    def _arguments(self, count: int, mode: int, logits: NDArray[np.float32]) -> tuple[Any, ...]:
        return (
            self._weights.arrays,
            self._state,
            self._codes,
            self._lookback,
            count,
            self._position,
            self._scratch,
            self._crew,
            key_of(self._seed),
            self._patches,
            mode,
            logits,
            self._surprisals,
            self.clock,
        )
