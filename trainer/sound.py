"""What audio sounds like, in figures: dead and looping seconds, onsets, tuning, chroma, distance in timbre.

Levels are of mono audio in [-1, 1]; a second is a whole second from the start of a recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import (
    LOOP_COSINE,
    LOOP_REACH_S,
    NOISE_FLATNESS,
    SILENT_DB,
    Spectra,
    flatness,
    power_spectra,
    unit_spectra,
)
from trainer.spectra import MEL_WINDOW_S, log_mel, second_spectra
from trainer.survey import seconds_rms_db

IN_TUNE_CENTS = 15.0
ONSET_HOP_S = 0.01
PEAK_RANGE_HZ = (80, 2000)

_TINY = 1e-20

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SoundMeasures:
    """Silent, noisy and looping shares of all whole seconds, and how many onsets and spectral peaks there are.

    Silent is below -60 dBFS RMS; noise is a spectral flatness above 0.3; looping and in tune (within 15 cents of an
    equal-tempered note) are as the functions below say.
    """

    seconds: int
    silent_share: float
    noise_share: float
    looping_share: float
    onsets_per_s: float
    peaks_per_s: float
    in_tune_share: float


def measure(recordings: Sequence[Audio], sample_rate_hz: int, tuning: float) -> SoundMeasures:
    """All measures over all recordings, each of a second or more; `tuning` as from `tuning_cents`."""
    silent, noise, loops, peaks = [], [], [], []
    onsets, sounding_s = 0, 0.0
    for audio in recordings:
        spectra = second_spectra(audio, sample_rate_hz)
        quiet = seconds_rms_db(audio, sample_rate_hz)[: len(spectra)] < SILENT_DB
        silent.append(quiet)
        noise.append(~quiet & (flatness(spectra) > NOISE_FLATNESS))
        loops.append(~quiet & looping(spectra))
        onsets += len(onset_times_s(audio, sample_rate_hz))
        sounding_s += len(audio) / sample_rate_hz
        peaks.append(peak_cents(spectra) - tuning)
    off_cents = np.abs((np.concatenate(peaks) + 50.0) % 100.0 - 50.0)
    whole_seconds = sum(len(flags) for flags in silent)
    return SoundMeasures(
        seconds=whole_seconds,
        silent_share=float(np.mean(np.concatenate(silent))),
        noise_share=float(np.mean(np.concatenate(noise))),
        looping_share=float(np.mean(np.concatenate(loops))),
        onsets_per_s=onsets / sounding_s,
        peaks_per_s=len(off_cents) / whole_seconds,
        in_tune_share=float(np.mean(off_cents <= IN_TUNE_CENTS)) if len(off_cents) else 0.0,
    )


def looping(spectra: Spectra) -> Flags:
    """Seconds whose power spectrum has a cosine above 0.995 to one of the 8 seconds before."""
    unit = unit_spectra(spectra)
    cosines = unit @ unit.T
    ages = np.arange(len(unit))[:, None] - np.arange(len(unit))
    return np.asarray(np.any((cosines > LOOP_COSINE) & (ages >= 1) & (ages <= LOOP_REACH_S), axis=1))


def onset_times_s(audio: Audio, sample_rate_hz: int) -> NDArray[np.float64]:
    """Beginnings of notes by spectral flux, after SuperFlux (Boeck and Widmer, DAFx 2013).

    The flux is the rise of the log-mel spectrum every 10 ms over the loudest of three neighbouring bands 20 ms before,
    so that vibrato does not count, averaged over the bands. An onset is its maximum within 30 ms on either side, half
    a dB above its mean over the 100 ms before and at least 50 ms after the last onset.
    """
    level_db = log_mel(audio, sample_rate_hz, hop_s=ONSET_HOP_S, floor_db=-70.0)
    if len(level_db) < 3:
        return np.empty(0)
    padded = np.pad(level_db, ((0, 0), (1, 1)), mode="edge")
    loudest = np.maximum(np.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    flux = np.zeros(len(level_db))
    flux[2:] = np.maximum(0.0, level_db[2:] - loudest[:-2]).mean(axis=1)
    highest = sliding_window_view(np.pad(flux, 3), 7).max(axis=1)
    before = sliding_window_view(np.pad(flux, (10, 0)), 10)[: len(flux)].mean(axis=1)
    times: list[float] = []
    for frame in np.flatnonzero((flux >= highest) & (flux > before + 0.5)):
        time_s = MEL_WINDOW_S / 2.0 + ONSET_HOP_S * float(frame)
        if not times or time_s - times[-1] >= 0.05:
            times.append(time_s)
    return np.array(times)


def peak_cents(spectra: Spectra) -> NDArray[np.float64]:
    """Pitch of the spectral peaks in cents above A4 = 440 Hz, from spectra with bins 1 Hz apart.

    Of each second the 20 loudest between 80 and 2000 Hz, down to 40 dB below its loudest, that stand 10 dB out of the
    median of the 40 Hz around them. Their place between bins is that of the parabola through three levels.
    """
    found = [np.empty(0)]
    low_hz, high_hz = PEAK_RANGE_HZ
    for power in spectra:
        level_db = 10.0 * np.log10(power[: high_hz + 21].astype(np.float64) + _TINY)
        inside = level_db[low_hz:high_hz]
        is_peak = (inside > level_db[low_hz - 1 : high_hz - 1]) & (inside >= level_db[low_hz + 1 : high_hz + 1])
        surroundings = np.median(sliding_window_view(level_db[low_hz - 20 : high_hz + 20], 41), axis=1)
        loud = (inside > inside.max() - 40.0) & (inside > SILENT_DB - 20.0)
        peaks = low_hz + np.flatnonzero(is_peak & loud & (inside > surroundings + 10.0))
        peaks = peaks[np.argsort(-level_db[peaks])[:20]]
        below, at, above = level_db[peaks - 1], level_db[peaks], level_db[peaks + 1]
        found.append(1200.0 * np.log2((peaks + 0.5 * (below - above) / (below - 2.0 * at + above)) / 440.0))
    return np.concatenate(found)


def tuning_cents(recordings: Sequence[Audio], sample_rate_hz: int) -> float:
    """How far an instrument is tuned above A4 = 440 Hz, in -50..50: the circular mean of its spectral peaks."""
    peaks = np.concatenate([peak_cents(second_spectra(audio, sample_rate_hz)) for audio in recordings])
    return float(np.angle(np.exp(2j * np.pi * peaks / 100.0).sum()) * 100.0 / (2.0 * np.pi))


def chroma(audio: Audio, sample_rate_hz: int, tuning: float) -> NDArray[np.float64]:
    """How much of each pitch class sounds, `[12]` from A, of length 1: amplitudes between 80 and 2000 Hz, summed."""
    window = sample_rate_hz // 4
    frequencies_hz = np.fft.rfftfreq(window, 1.0 / sample_rate_hz)
    inside = (frequencies_hz >= PEAK_RANGE_HZ[0]) & (frequencies_hz <= PEAK_RANGE_HZ[1])
    cents = 1200.0 * np.log2(frequencies_hz[inside] / 440.0) - tuning
    amplitudes = np.sqrt(power_spectra(audio, window, window // 4)[:, inside]).sum(axis=0, dtype=np.float64)
    classes = np.bincount(np.round(cents / 100.0).astype(np.int64) % 12, amplitudes, 12)
    return np.asarray(classes / max(float(np.linalg.norm(classes)), _TINY))


def chroma_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """One minus the cosine of two chromas: 0 for the same harmony."""
    return 1.0 - float(one @ other)


def frechet_distance(one: Sequence[Audio], other: Sequence[Audio], sample_rate_hz: int) -> float:
    """Squared Frechet distance between Gaussians fitted to the log-mel frames of two bodies of sound.

    Frames are natural logs of power in 64 mel bands, 64 ms long and 32 ms apart, floored at -90 dB.
    """
    mean_1, covariance_1 = _gaussian(one, sample_rate_hz)
    mean_2, covariance_2 = _gaussian(other, sample_rate_hz)
    root = _square_root(covariance_1)
    cross = np.trace(_square_root(root @ covariance_2 @ root))
    return float(((mean_1 - mean_2) ** 2).sum() + np.trace(covariance_1) + np.trace(covariance_2) - 2.0 * cross)


def noise_like(recordings: Sequence[Audio], sample_rate_hz: int, seed: int = 0) -> Audio:
    """Gaussian noise as long as the recordings, with their level and their mean power spectrum, 16 Hz fine."""
    window = sample_rate_hz // 16
    power = np.concatenate([power_spectra(audio, window, window) for audio in recordings]).mean(axis=0)
    samples = sum(len(audio) for audio in recordings)
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    places = np.linspace(0.0, len(power) - 1.0, len(white))
    noise = np.fft.irfft(white * np.sqrt(np.interp(places, range(len(power)), power)), samples)
    energy = sum(float(np.sum(np.square(audio), dtype=np.float64)) for audio in recordings)
    return np.asarray(noise * np.sqrt(energy / np.sum(noise**2)), np.float32)


def _gaussian(recordings: Sequence[Audio], sample_rate_hz: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    levels_db = np.concatenate([log_mel(audio, sample_rate_hz) for audio in recordings])
    frames = levels_db.astype(np.float64) * (np.log(10.0) / 10.0)
    return frames.mean(axis=0), np.cov(frames, rowvar=False)


def _square_root(symmetric: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(symmetric)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
