import numpy as np
import pytest
from numpy.typing import NDArray

from tests.fixtures.corpus import tune
from trainer.sound import (
    chroma,
    chroma_distance,
    frechet_distance,
    looping,
    measure,
    noise_like,
    onset_times_s,
    peak_cents,
    tuning_cents,
)
from trainer.spectra import log_mel, mel_filters, second_spectra

RATE_HZ = 16000
MUSIC = tune(12.0, 1, RATE_HZ)
NOISE = (0.1 * np.random.default_rng(0).standard_normal(12 * RATE_HZ)).astype(np.float32)
SILENCE = np.zeros(12 * RATE_HZ, np.float32)


def tones(*frequencies_hz: float, seconds: float = 4.0) -> NDArray[np.float32]:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (0.2 * sum(np.sin(2 * np.pi * hz * time_s) for hz in frequencies_hz)).astype(np.float32)


def test_mel_bands_cover_the_spectrum_and_follow_pitch() -> None:
    filters = mel_filters(1024, RATE_HZ)
    assert np.allclose(filters.sum(axis=1), 1.0)
    assert np.all(filters[:, 5:500].sum(axis=0) > 0.0)
    loudest = [log_mel(tones(hz), RATE_HZ).mean(axis=0).argmax() for hz in (100.0, 500.0, 2000.0, 7000.0)]
    assert loudest == sorted(set(loudest))
    assert np.all(log_mel(SILENCE, RATE_HZ) == -90.0)


def test_music_is_neither_dead_nor_looping() -> None:
    found = measure([MUSIC], RATE_HZ, 0.0)
    assert (found.seconds, found.silent_share, found.noise_share, found.looping_share) == (12, 0.0, 0.0, 0.0)
    assert found.onsets_per_s == pytest.approx(2.0, abs=0.2)
    assert found.in_tune_share > 0.9


def test_noise_and_silence_are_told_apart() -> None:
    found = measure([NOISE, SILENCE, MUSIC], RATE_HZ, 0.0)
    assert (found.silent_share, found.noise_share) == pytest.approx((1 / 3, 1 / 3))
    assert found.looping_share == 0.0


@pytest.mark.parametrize(("period_s", "loops"), [(1, True), (4, True), (8, True), (9, False)])
def test_a_pattern_loops_if_it_comes_back_within_eight_seconds(period_s: int, loops: bool) -> None:
    pattern = MUSIC[: period_s * RATE_HZ]
    repeated = np.concatenate([pattern, pattern])
    found = looping(second_spectra(repeated, RATE_HZ))
    assert list(found[period_s:]) == [loops] * period_s
    assert not found[:period_s].any()


def test_a_held_tone_loops() -> None:
    assert list(looping(second_spectra(tones(440.0), RATE_HZ))) == [False, True, True, True]


def test_onsets_are_where_notes_begin() -> None:
    times = onset_times_s(MUSIC, RATE_HZ)
    assert len(times) == 23
    assert np.allclose(times, np.arange(1, 24) / 2, atol=0.04)


def test_held_tones_vibrato_and_silence_have_no_onsets() -> None:
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    vibrato = (0.3 * np.sin(2 * np.pi * 440.0 * time_s + 3.0 * np.sin(2 * np.pi * 6.0 * time_s))).astype(np.float32)
    for audio in (tones(440.0), vibrato, SILENCE, MUSIC[:100]):
        assert len(onset_times_s(audio, RATE_HZ)) == 0


@pytest.mark.parametrize("cents", [-40.0, -3.0, 0.0, 17.0, 45.0])
def test_tuning_is_found_to_a_cent(cents: float) -> None:
    factor = 2.0 ** (cents / 1200.0)
    audio = tones(110.0 * factor, 277.18263 * factor, 880.0 * factor)
    assert tuning_cents([audio], RATE_HZ) == pytest.approx(cents, abs=1.0)
    assert measure([audio], RATE_HZ, cents).in_tune_share == 1.0
    assert measure([audio], RATE_HZ, cents + 20.0).in_tune_share == 0.0


def test_peaks_are_the_partials_and_nothing_else() -> None:
    cents = peak_cents(second_spectra(tones(220.0, 445.0), RATE_HZ))
    assert np.allclose(cents.reshape(4, 2).T[np.argsort(cents[:2])], [[-1200.0] * 4, [19.56] * 4], atol=0.5)
    assert len(peak_cents(second_spectra(SILENCE, RATE_HZ))) == 0


def test_chroma_tells_harmonies_and_not_octaves() -> None:
    a_major = chroma(tones(220.0, 277.18, 329.63), RATE_HZ, 0.0)
    higher = chroma(tones(880.0, 1108.73, 1318.51), RATE_HZ, 0.0)
    e_flat = chroma(tones(311.13, 392.0, 466.16), RATE_HZ, 0.0)
    assert set(np.argsort(-a_major)[:3]) == {0, 4, 7}
    assert np.linalg.norm(a_major) == pytest.approx(1.0)
    assert chroma_distance(a_major, higher) < 0.1 < 0.5 < chroma_distance(a_major, e_flat)
    assert not chroma(SILENCE, RATE_HZ, 0.0).any()


def test_frechet_distance_is_zero_for_the_same_and_grows_with_the_difference() -> None:
    other = tune(12.0, 2, RATE_HZ)
    assert frechet_distance([MUSIC], [MUSIC], RATE_HZ) == pytest.approx(0.0, abs=0.05)
    near, far = (frechet_distance([MUSIC], [audio], RATE_HZ) for audio in (other, NOISE))
    assert 0.05 < near < far / 5
    assert frechet_distance([NOISE], [MUSIC], RATE_HZ) == pytest.approx(far, rel=1e-4)


def test_a_gain_moves_the_mean_of_every_band() -> None:
    distance = frechet_distance([NOISE], [2.0 * NOISE], RATE_HZ)
    assert distance == pytest.approx(64 * (2.0 * np.log(2.0)) ** 2, rel=1e-3)


def test_noise_has_the_level_length_and_colour_of_the_recordings() -> None:
    noise = noise_like([MUSIC, tones(6000.0)], RATE_HZ)
    assert len(noise) == 16 * RATE_HZ
    energy = float(np.sum(MUSIC.astype(float) ** 2) + np.sum(tones(6000.0).astype(float) ** 2))
    assert float(np.sum(noise.astype(float) ** 2)) == pytest.approx(energy, rel=1e-3)
    spectrum = second_spectra(noise, RATE_HZ).mean(axis=0)
    assert spectrum[5980:6020].mean() > 100.0 * spectrum[4900:5100].mean()
    assert measure([noise], RATE_HZ, 0.0).onsets_per_s < 0.5
