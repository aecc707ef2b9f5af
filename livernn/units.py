"""Conversions between the units that names carry as suffixes."""

import math

SILENCE_DB = -160.0

SIDES = 2
"""Left and right: what sounds is `[n, SIDES]`, and a count of samples counts pairs."""


def db_to_gain(level_db: float) -> float:
    """Decibels to a linear amplitude factor."""
    return math.pow(10.0, level_db / 20.0)


def gain_to_db(gain: float) -> float:
    """Linear amplitude factor to decibels, floored at `SILENCE_DB`."""
    return 20.0 * math.log10(max(abs(gain), 10.0 ** (SILENCE_DB / 20.0)))


def ms_to_samples(time_ms: float, sample_rate_hz: float) -> int:
    """Nearest whole number of samples."""
    return round(time_ms * sample_rate_hz / 1000.0)


def samples_to_ms(count_samples: float, sample_rate_hz: float) -> float:
    """Duration of a number of samples."""
    return count_samples * 1000.0 / sample_rate_hz
