"""Codes to audio: dequantise, de-emphasis, DC blocker and smoothed gain, one pass per block."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.model.quantize import level_table, silence_code
from livernn.synth.compiled import compiled

DC_CORNER_HZ = 10.0
GAIN_TIME_MS = 5.0
_JUMP = -1.0
"""Stands for "no gain yet" in the state: the first block starts at its target instead of gliding there."""

_SETTLED = 1e-6
_DENORMAL_GUARD = 1e-25


class Decoder:
    """The recursive part of a Voice, at the model's rate. Owned by one thread."""

    def __init__(self, config: ModelConfig) -> None:
        self._levels = level_table(config)
        self._silence = float(self._levels[silence_code(config)]) / (1.0 - config.pre_emphasis)
        self._coefficients = np.array(
            [
                config.pre_emphasis,
                math.exp(-2.0 * math.pi * DC_CORNER_HZ / config.sample_rate_hz),
                1.0 - math.exp(-1000.0 / (GAIN_TIME_MS * config.sample_rate_hz)),
            ]
        )
        self._state = np.zeros(3)
        self.reset()

    def reset(self) -> None:
        """As if silence had been decoded for ever."""
        self._state[:] = self._silence, 0.0, _JUMP

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference."""
        return (self._state,)

    def process(self, codes: NDArray[np.uint8], gain: float) -> NDArray[np.float32]:
        """Audio of `codes`, as many samples, not limited; the gain glides to `gain` within a few milliseconds."""
        audio = np.empty(codes.size, dtype=np.float32)
        _decode(codes, self._levels, self._coefficients, self._state, gain, audio)
        return audio

    def replace_past(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As if only `codes` had been decoded before now, at the gain that holds now; returns their audio."""
        gain = float(self._state[2])
        self.reset()
        audio = self.process(codes, 1.0 if gain == _JUMP else gain)
        self._state[2] = gain
        return audio


@compiled
def _decode(
    codes: NDArray[np.uint8],
    levels: NDArray[np.float32],
    coefficients: NDArray[np.float64],
    state: NDArray[np.float64],
    target: float,
    audio: NDArray[np.float32],
) -> None:
    emphasis, pole, glide = coefficients[0], coefficients[1], coefficients[2]
    level, blocked, gain = state[0], state[1], state[2]
    if gain == _JUMP:
        gain = target
    for n in range(codes.size):
        before = level
        level = levels[codes[n]] + emphasis * before
        blocked = level - before + pole * blocked
        if abs(blocked) < _DENORMAL_GUARD:
            blocked = 0.0
        gain += glide * (target - gain)
        if abs(target - gain) < _SETTLED:
            gain = target
        audio[n] = blocked * gain
    state[0], state[1], state[2] = level, blocked, gain
