"""What is wrong with a recording before a model learns it, in figures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import SILENT_DB
from livernn.units import gain_to_db

RAIL = 0.999
"""Magnitude that only clipped full-scale recordings reach."""

_PLATEAU = 1e-4
"""Samples this close to the file's peak, three or more in a row, are a flattened peak."""

_MAINS_HZ = (50.0, 60.0)
_HUM_HARMONICS = 4
_HUM_WINDOW_S = 2
_HUM_ABOVE_DB = 12.0
_HUM_FLOOR_DB = -75.0


@dataclass(frozen=True)
class FileSurvey:
    """One recording as it was found, before its mean was removed. `hum_hz` is 0 where there is no mains hum."""

    name: str
    seconds: float
    dc_offset: float
    clipped_share: float
    overload_share: float
    silent_share: float
    loudness_db: float
    hum_hz: float
    hum_db: float


def survey(name: str, audio: Audio, sample_rate_hz: int, pre_emphasis: float) -> FileSurvey:
    """Measure one recording. `loudness_db` is the RMS of the seconds that are not silent."""
    dc_offset = float(np.mean(audio, dtype=np.float64))
    centred = audio - np.float32(dc_offset)
    level_db = seconds_rms_db(centred, sample_rate_hz)
    sounding = level_db[level_db >= SILENT_DB]
    loudness = np.sqrt(np.mean(10.0 ** (sounding / 10.0))) if len(sounding) else 0.0
    hum_hz, hum_db = mains_hum(centred, sample_rate_hz)
    return FileSurvey(
        name=name,
        seconds=len(audio) / sample_rate_hz,
        dc_offset=dc_offset,
        clipped_share=clipped_share(audio),
        overload_share=overload_share(centred, pre_emphasis),
        silent_share=1.0 - len(sounding) / len(level_db),
        loudness_db=gain_to_db(float(loudness)),
        hum_hz=hum_hz,
        hum_db=hum_db,
    )


def seconds_rms_db(audio: Audio, sample_rate_hz: int) -> NDArray[np.float64]:
    """RMS of each whole second in dBFS; of all of it where it is shorter than one."""
    length = min(sample_rate_hz, len(audio))
    seconds = audio[: len(audio) // length * length].reshape(-1, length)
    power = np.einsum("st,st->s", seconds, seconds, dtype=np.float64) / length
    level_db: NDArray[np.float64] = 10.0 * np.log10(np.maximum(power, 1e-16))
    return level_db


def clipped_share(audio: Audio) -> float:
    """Share of samples at full scale or on a flattened peak."""
    magnitude = np.abs(audio)
    peak = float(magnitude.max())
    if peak == 0.0:
        return 0.0
    near = np.concatenate([[False], magnitude >= peak * (1.0 - _PLATEAU), [False]])
    edges = np.flatnonzero(near[1:] != near[:-1]).reshape(-1, 2)
    clipped = magnitude >= RAIL
    for start, stop in edges[edges[:, 1] - edges[:, 0] >= 3]:
        clipped[start:stop] = True
    return float(np.mean(clipped))


def overload_share(audio: Audio, pre_emphasis: float) -> float:
    """Share of samples beyond full scale once they are pre-emphasised."""
    emphasised = audio.copy()
    emphasised[1:] -= np.float32(pre_emphasis) * audio[:-1]
    return float(np.mean(np.abs(emphasised) > 1.0))


def mains_hum(audio: Audio, sample_rate_hz: int) -> tuple[float, float]:
    """Mains frequency and level of a steady hum, `(0, silence)` where there is none.

    Notes come and go and hum stays: at least two of the first harmonics must stand out of their surroundings in
    the quietest fifth of all windows.
    """
    length = _HUM_WINDOW_S * sample_rate_hz
    count = len(audio) // length
    if count < 5:
        return 0.0, SILENT_DB
    window = np.hanning(length + 1)[:-1]
    scale = 4.0 / length  # a sine of amplitude 1 reads 1
    bins = int(_MAINS_HZ[-1] * _HUM_HARMONICS + 12.0) * _HUM_WINDOW_S
    spectra = np.stack(
        [np.abs(np.fft.rfft(audio[i * length : (i + 1) * length] * window)[:bins]) * scale for i in range(count)]
    )
    floor_db = 20.0 * np.log10(np.maximum(np.quantile(spectra, 0.2, axis=0), 1e-9))
    best = (0.0, SILENT_DB)
    for mains_hz in _MAINS_HZ:
        levels = []
        for harmonic in range(1, _HUM_HARMONICS + 1):
            centre = round(mains_hz * harmonic * _HUM_WINDOW_S)
            line = float(floor_db[centre - 1 : centre + 2].max())
            around = np.concatenate([floor_db[centre - 16 : centre - 5], floor_db[centre + 6 : centre + 17]])
            if line > _HUM_FLOOR_DB and line - float(np.median(around)) > _HUM_ABOVE_DB:
                levels.append(line)
        if len(levels) >= 2 and max(levels) > best[1]:
            best = (mains_hz, max(levels))
    return best
