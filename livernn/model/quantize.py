"""Between audio and codes: mu-law and linear quantisers, pre-emphasis.

Audio is float32 in [-1, 1]; codes are uint8 in 0..q_levels-1.
"""

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig

Audio = NDArray[np.float32]
Codes = NDArray[np.uint8]


def silence_code(config: ModelConfig) -> int:
    """The code nearest to an amplitude of zero."""
    return config.q_levels // 2


def encode(signal: Audio, config: ModelConfig) -> Codes:
    """Quantise pre-emphasised audio; values beyond [-1, 1] are clipped. Mu-law as in ITU-T G.711's continuous form."""
    clipped = np.clip(signal.astype(np.float64), -1.0, 1.0)
    top = config.q_levels - 1
    if config.quantiser == "mu-law":
        clipped = np.sign(clipped) * np.log1p(top * np.abs(clipped)) / np.log1p(top)
    return np.floor((clipped + 1.0) * 0.5 * top + 0.5).astype(np.uint8)


def level_table(config: ModelConfig) -> NDArray[np.float32]:
    """Amplitude of every code, `[q_levels]`, before de-emphasis."""
    top = config.q_levels - 1
    levels = np.arange(config.q_levels, dtype=np.float64) * (2.0 / top) - 1.0
    if config.quantiser == "mu-law":
        levels = np.sign(levels) * np.expm1(np.abs(levels) * np.log1p(top)) / top
    return levels.astype(np.float32)


def decode(codes: Codes, config: ModelConfig) -> Audio:
    """Amplitude of each code, still pre-emphasised."""
    return level_table(config)[codes]


def pre_emphasise(signal: Audio, config: ModelConfig) -> Audio:
    """`y[n] = x[n] - a x[n-1]`, from silence: moves 8-bit noise to where music masks it."""
    emphasised = signal.astype(np.float32, copy=True)
    emphasised[1:] -= np.float32(config.pre_emphasis) * signal[:-1]
    return emphasised


def to_codes(signal: Audio, config: ModelConfig) -> Codes:
    """Audio at the model's rate to codes: pre-emphasis, then the quantiser."""
    return encode(pre_emphasise(signal, config), config)
