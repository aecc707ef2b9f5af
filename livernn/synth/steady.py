"""Steady: the temperature is led so that what is played surprises the network as much as music does.

A sampler that feeds on its own samples drifts: what is a little too sure of itself ends in one chord, what is a little
rough in noise, and no one temperature suits both. So the temperature follows the surprisal of the last second against
what the checkpoint has on music, as mirostat does for text (Basu et al., 2021, arXiv 2007.14966). It is held while a
frame of the slowest tier lasts, so that a GPU can do the same. `reference.Steadying` is the specification.
"""

import math

import numpy as np
from numpy.typing import NDArray

from livernn.control.params import PARAMS
from livernn.model.config import ModelConfig
from livernn.model.foresight import Foresight
from livernn.synth.compiled import network_inline

FOLLOW_S = 1.0
"""Time constant of the mean surprisal."""

MOST = 0.5
"""Of the natural logarithm of the temperature, either way."""

LOWEST, HIGHEST = PARAMS["temperature"].minimum, PARAMS["temperature"].maximum


def aim(config: ModelConfig, foresight: Foresight | None) -> NDArray[np.float32]:
    """Bits per sample to aim at, and how fast the mean follows; of a checkpoint that states none, it never leaves 0."""
    if foresight is None:
        return np.zeros(2, np.float32)
    return np.array([foresight.own_bits, 1.0 - math.exp(-1.0 / (FOLLOW_S * config.sample_rate_hz))], np.float32)


@network_inline
def steadied(temperature: float, steady: float, excess_bits: float) -> np.float32:
    """What to draw at; `excess_bits` are those that the second before the present frame had more than music has."""
    lead = min(max(-steady * excess_bits, -MOST), MOST)
    return np.float32(min(max(temperature * math.exp(lead), LOWEST), HIGHEST))


@network_inline
def followed(excess_bits: float, bits: float, aim_bits: float, follow: float) -> np.float32:
    """The excess after a further code of so many `bits`."""
    return np.float32(excess_bits + follow * (bits - aim_bits - excess_bits))
