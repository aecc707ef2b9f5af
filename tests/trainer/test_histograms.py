"""Histograms of pitch class and loudness."""

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer.histograms import LOUDNESS_EDGES_DB, histograms, overlap

RATE_HZ = 8000


def tone(frequency_hz: float, amplitude: float, seconds: float = 2.0) -> NDArray[np.float32]:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2.0 * np.pi * frequency_hz * times_s)).astype(np.float32)


@pytest.mark.parametrize(("frequency_hz", "pitch_class"), [(440.0, 0), (880.0, 0), (523.25, 3)])
def test_a_tone_is_one_pitch_class(frequency_hz: float, pitch_class: int) -> None:
    classes = histograms([tone(frequency_hz, 0.5)], RATE_HZ, 0.0).pitch_classes
    assert np.argmax(classes) == pitch_class
    assert sum(classes) == pytest.approx(1.0)


def test_loudness_counts_seconds() -> None:
    recordings = [tone(440.0, 0.5, 3.0), tone(440.0, 0.05, 1.0), np.zeros(RATE_HZ, np.float32)]
    loudness = histograms(recordings, RATE_HZ, 0.0).loudness
    found = {LOUDNESS_EDGES_DB[place]: share for place, share in enumerate(loudness) if share}
    assert found == {-60: pytest.approx(0.2), -30: pytest.approx(0.2), -10: pytest.approx(0.6)}


def test_silence_has_no_pitch_class() -> None:
    assert sum(histograms([np.zeros(2 * RATE_HZ, np.float32)], RATE_HZ, 0.0).pitch_classes) == 0.0


def test_overlap_is_what_both_have() -> None:
    assert overlap([0.5, 0.5, 0.0], [0.0, 0.5, 0.5]) == 0.5
    assert overlap([0.2, 0.8], [0.2, 0.8]) == pytest.approx(1.0)
