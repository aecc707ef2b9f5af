"""Generator: one autoregressive voice of a checkpoint."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import DEFAULT_PRECISION, Precision
from livernn.model.quantize import silence_code
from livernn.synth.cpu import advance, scratch_floats
from livernn.synth.philox import fill_uniforms
from livernn.synth.weights import aligned_words, pack

_NO_UNIFORMS = np.empty(0, np.float64)
_NO_LOGITS = np.empty((0, 0), np.float32)
_BLOCK_SAMPLES = 1024


@dataclass(frozen=True)
class Snapshot:
    """Everything that a Generator's next sample depends on."""

    state: NDArray[np.float32]
    history: NDArray[np.uint8]
    position: int
    seed: int


class Generator:
    """A network's state between samples. Owned by one thread; a render is a function of state, patch and draws.

    Construction packs the weights; the first call compiles the kernel, or loads it from the on-disk cache.
    """

    def __init__(
        self, checkpoint: Checkpoint, *, seed: int, voice: int = 0, precision: Precision = DEFAULT_PRECISION
    ) -> None:
        self.config = checkpoint.config
        self._packed = pack(checkpoint, precision)
        self._voice = voice
        self._seed = seed
        self._lookback = self.config.lookback_samples
        self._codes = np.empty(self._lookback + _BLOCK_SAMPLES, np.uint8)
        self._uniforms = np.empty(_BLOCK_SAMPLES, np.float64)
        self._patch = np.empty(4, np.float32)
        self._state = aligned_words(self._packed.state_floats)
        width = scratch_floats(max(self.config.dims), max(self.config.frame_sizes), self.config.q_levels)
        self._scratch = aligned_words(4 * width).reshape(4, width)
        self._levels = np.zeros(width, np.uint8)
        self._position = 0
        self.reset()

    def render(self, count: int, patch: Patch) -> NDArray[np.uint8]:
        """The next `count` codes."""
        self._patch[:] = (patch.temperature, patch.top_k, patch.top_p, patch.min_p)
        rendered = np.empty(count, np.uint8)
        for start in range(0, count, _BLOCK_SAMPLES):
            block = rendered[start : start + _BLOCK_SAMPLES]
            uniforms = self._uniforms[: len(block)]
            fill_uniforms(uniforms, seed=self._seed, voice=self._voice, start=self._position)
            block[:] = self._advance(len(block), uniforms, False, _NO_LOGITS)
        return rendered

    def prime(self, codes: NDArray[np.uint8]) -> None:
        """Continue from `codes` as if they had been rendered: only the frame tiers need to step."""
        self._force(codes, _NO_LOGITS)

    def forced_logits(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`prime`, and the logits that each of `codes` was predicted with, `[n, q_levels]`."""
        logits = np.empty((len(codes), self.config.q_levels), np.float32)
        self._force(codes, logits)
        return logits

    def reset(self, seed: int | None = None) -> None:
        """Initial state and a history of silence; a new random stream where a seed is given."""
        if seed is not None:
            self._seed = seed
        self._state[:] = self._packed.initial_state
        self._codes[: self._lookback] = silence_code(self.config)
        self._position = 0

    def snapshot(self) -> Snapshot:
        """A copy of everything that the next sample depends on."""
        return Snapshot(self._state.copy(), self._codes[: self._lookback].copy(), self._position, self._seed)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to where `snapshot` was taken, by any Generator of the same checkpoint."""
        self._state[:] = snapshot.state
        self._codes[: self._lookback] = snapshot.history
        self._position = snapshot.position
        self._seed = snapshot.seed

    def _force(self, codes: NDArray[np.uint8], logits: NDArray[np.float32]) -> None:
        for start in range(0, len(codes), _BLOCK_SAMPLES):
            block = codes[start : start + _BLOCK_SAMPLES]
            self._codes[self._lookback : self._lookback + len(block)] = block
            uniforms = self._uniforms[: len(block)] if len(logits) else _NO_UNIFORMS
            self._advance(len(block), uniforms, True, logits[start : start + len(block)])

    def _advance(
        self, count: int, uniforms: NDArray[np.float64], forced: bool, logits: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        """Step over `count` codes; returns a view of them that the next call overwrites."""
        packed, codes = self._packed, self._codes[: self._lookback + count]
        advance(
            packed.matrices,
            packed.floats,
            packed.tiers,
            packed.sample,
            self._state,
            codes,
            self._lookback,
            self._position,
            self._scratch,
            self._levels,
            uniforms,
            self._patch,
            forced,
            logits,
        )
        self._position += count
        self._codes[: self._lookback] = codes[count:]
        return self._codes[self._lookback : self._lookback + count]
