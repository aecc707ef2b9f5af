"""Silence that a model should not learn: a model takes it for music, and stays in it."""

import numpy as np
from numpy.typing import NDArray

from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import SILENT_DB

END_DB = 45.0
"""How far below a recording's loudest tenth of a second its ends may lie."""

_STEP_S = 0.01


def without_silent_ends(audio: Audio, sample_rate_hz: int) -> Audio:
    """From the first to the last tenth of a second that is at most END_DB below the loudest one."""
    window = sample_rate_hz // 10
    power = _power(audio, window)
    if len(power) == 0:
        return audio
    loud = np.flatnonzero(power >= power.max() * 10.0 ** (-END_DB / 10.0))
    if loud[-1] == len(power) - 1:
        return audio[loud[0] * window :]
    return audio[loud[0] * window : (loud[-1] + 1) * window]


def shorten_pauses(audio: Audio, sample_rate_hz: int, longest_s: float) -> Audio:
    """Cut the middle out of every pause, silent at every 10 ms, that lasts longer than `longest_s`."""
    window = round(_STEP_S * sample_rate_hz)
    quiet = _power(audio, window) < 10.0 ** (SILENT_DB / 10.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]))).reshape(-1, 2) * window
    kept = round(longest_s * sample_rate_hz)
    pauses = edges[edges[:, 1] - edges[:, 0] > kept]
    starts = np.concatenate([[0], pauses[:, 1] - (kept - kept // 2)])
    stops = np.concatenate([pauses[:, 0] + kept // 2, [len(audio)]])
    return np.concatenate([audio[start:stop] for start, stop in zip(starts, stops, strict=True)])


def _power(audio: Audio, window_samples: int) -> NDArray[np.float64]:
    """Mean square of each whole window about the mean of all: off the centre line, silence has power too."""
    count = len(audio) // window_samples
    windows = audio[: count * window_samples].reshape(count, window_samples)
    centred = windows - np.mean(audio, dtype=np.float64).astype(np.float32)
    power: NDArray[np.float64] = np.einsum("ws,ws->w", centred, centred, dtype=np.float64) / window_samples
    return power
