"""What a dead second of sound is, and the spectra that say so. Hann windows; frames only where they are whole.

The guard goes by these while it plays, and the trainer's judge afterwards.
"""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from livernn.model.quantize import Audio

Spectra = NDArray[np.float32]

SILENT_DB = -60.0
"""A second whose RMS lies below this is silent."""

NOISE_FLATNESS = 0.3
"""A second whose power spectrum is flatter is noise."""

LOOP_COSINE = 0.995
LOOP_REACH_S = 8
"""A second loops whose power spectrum is that close to the one of a second within so many before."""

_AT_ONCE = 1024
_TINY = 1e-20


def power_spectra(audio: Audio, window_samples: int, hop_samples: int) -> Spectra:
    """`[frames, window / 2 + 1]`; a sine of amplitude 1 reads 1 at its bin."""
    if len(audio) < window_samples:
        return np.empty((0, window_samples // 2 + 1), np.float32)
    window = _hann(window_samples)
    frames = sliding_window_view(audio, window_samples)[::hop_samples]
    spectra = np.empty((len(frames), window_samples // 2 + 1), np.float32)
    for start in range(0, len(frames), _AT_ONCE):
        transformed = np.fft.rfft(frames[start : start + _AT_ONCE] * window)
        spectra[start : start + _AT_ONCE] = transformed.real**2 + transformed.imag**2
    return spectra


@lru_cache(maxsize=8)
def _hann(samples: int) -> NDArray[np.float32]:
    """Scaled for `power_spectra`."""
    window = np.hanning(samples + 1)[:-1].astype(np.float32)
    return np.asarray(window * np.float32(2.0 / window.sum()))


def flatness(spectra: Spectra) -> NDArray[np.float64]:
    """Geometric over arithmetic mean of each power spectrum: 0.56 for white noise, near 0 for tones."""
    power = spectra.astype(np.float64) + _TINY
    return np.asarray(np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1))


def unit_spectra(spectra: Spectra) -> Spectra:
    """Each scaled to length 1, so that products are cosines."""
    return np.asarray(spectra / np.maximum(np.linalg.norm(spectra, axis=1, keepdims=True), _TINY), np.float32)
