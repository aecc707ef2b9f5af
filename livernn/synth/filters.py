"""Codes to audio: dequantise, de-emphasis and DC blocker, one pass per block."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.model.quantize import level_table, silence_code
from livernn.synth.compiled import compiled
from livernn.synth.ensemble import heirs

DC_CORNER_HZ = 10.0

_DENORMAL_GUARD = 1e-25


class Decoder:
    """Voices side by side, each by itself, at the model's rate. Owned by one thread."""

    def __init__(self, config: ModelConfig) -> None:
        self._levels = level_table(config)
        self._silence = float(self._levels[silence_code(config)]) / (1.0 - config.pre_emphasis)
        pole = math.exp(-2.0 * math.pi * DC_CORNER_HZ / config.sample_rate_hz)
        self._coefficients = np.array([config.pre_emphasis, pole])
        self._state = np.zeros((1, 2))
        self.reset()

    def reset(self) -> None:
        """One voice, as if silence had been decoded for ever."""
        self._state = np.array([[self._silence, 0.0]])

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference."""
        return (self._state,)

    def restore(self, state: NDArray[np.float64]) -> None:
        """Put a copy of `arrays` back; ValueError for what is none."""
        if state.shape[1:] != self._state.shape[1:] or len(state) == 0:
            raise ValueError("the state is of another voice")
        self._state = np.array(state, np.float64)

    def process(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Audio of `codes`, both `[voices, n]`; another number of voices than before are their `heirs`."""
        if len(codes) != len(self._state):
            self._state = self._state[heirs(len(self._state), len(codes))]
        audio = np.empty(codes.shape, dtype=np.float32)
        _decode(codes, self._levels, self._coefficients, self._state, audio)
        return audio


@compiled
def _decode(
    codes: NDArray[np.uint8],
    levels: NDArray[np.float32],
    coefficients: NDArray[np.float64],
    state: NDArray[np.float64],
    audio: NDArray[np.float32],
) -> None:
    emphasis, pole = coefficients[0], coefficients[1]
    for voice in range(codes.shape[0]):
        level, blocked = state[voice, 0], state[voice, 1]
        for n in range(codes.shape[1]):
            before = level
            level = levels[codes[voice, n]] + emphasis * before
            blocked = level - before + pole * blocked
            if abs(blocked) < _DENORMAL_GUARD:
                blocked = 0.0
            audio[voice, n] = blocked
        state[voice, 0], state[voice, 1] = level, blocked
