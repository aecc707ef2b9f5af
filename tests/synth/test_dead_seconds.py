import numpy as np
import pytest

from livernn.synth.dead_seconds import flatness, power_spectra

RATE_HZ = 16000
TONE = (0.2 * np.sin(2 * np.pi * 1000.0 * np.arange(4 * RATE_HZ) / RATE_HZ)).astype(np.float32)
NOISE = (0.1 * np.random.default_rng(0).standard_normal(12 * RATE_HZ)).astype(np.float32)


def test_a_full_scale_sine_reads_0_db() -> None:
    spectrum = power_spectra(5.0 * TONE, 1024, 512)
    assert spectrum.shape == ((4 * RATE_HZ - 1024) // 512 + 1, 513)
    assert np.allclose(spectrum[:, 64], 1.0, atol=1e-3)
    assert power_spectra(TONE[:1023], 1024, 512).shape == (0, 513)


def test_flatness_of_white_noise_is_that_of_an_exponential() -> None:
    assert flatness(power_spectra(NOISE, RATE_HZ, RATE_HZ)) == pytest.approx(np.exp(-np.euler_gamma), abs=0.02)
    assert np.all(flatness(power_spectra(TONE, RATE_HZ, RATE_HZ)) < 1e-3)
