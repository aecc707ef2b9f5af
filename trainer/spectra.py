"""Short-time spectra that the measures of sound are built on. Hann windows; frames only where they are whole."""

import numpy as np

from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import Spectra, power_spectra

MEL_BANDS = 64
MEL_WINDOW_S = 0.064
MEL_HOP_S = 0.032
MEL_FLOOR_DB = -90.0


def second_spectra(audio: Audio, sample_rate_hz: int) -> Spectra:
    """The power spectrum of each whole second, bins 1 Hz apart, `[seconds, rate / 2 + 1]`."""
    return power_spectra(audio, sample_rate_hz, sample_rate_hz)


def log_mel(audio: Audio, sample_rate_hz: int, *, hop_s: float = MEL_HOP_S, floor_db: float = MEL_FLOOR_DB) -> Spectra:
    """Level of each mel band in dB, `[frames, MEL_BANDS]`, in windows of 64 ms."""
    window = round(MEL_WINDOW_S * sample_rate_hz)
    power = power_spectra(audio, window, round(hop_s * sample_rate_hz)) @ mel_filters(window, sample_rate_hz).T
    level_db: Spectra = 10.0 * np.log10(np.maximum(power, np.float32(10.0 ** (floor_db / 10.0))))
    return level_db


def mel_filters(window_samples: int, sample_rate_hz: int, lowest_hz: float = 30.0) -> Spectra:
    """Triangles equally wide in mel (O'Shaughnessy), `[MEL_BANDS, bins]`, each of sum 1."""
    frequencies_hz = np.fft.rfftfreq(window_samples, 1.0 / sample_rate_hz)
    top_mel = 2595.0 * np.log10(1.0 + sample_rate_hz / 2.0 / 700.0)
    edges_mel = np.linspace(2595.0 * np.log10(1.0 + lowest_hz / 700.0), top_mel, MEL_BANDS + 2)
    edges_hz = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    # A band narrower than the spacing of bins would be empty.
    width_hz = np.maximum(np.diff(edges_hz), sample_rate_hz / window_samples)
    rising = (frequencies_hz - edges_hz[1:-1, None]) / width_hz[:-1, None] + 1.0
    falling = (edges_hz[1:-1, None] - frequencies_hz) / width_hz[1:, None] + 1.0
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters /= filters.sum(axis=1, keepdims=True)
    return filters.astype(np.float32)
