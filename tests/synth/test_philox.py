"""Philox4x32-10 against the known answers that its authors publish (Random123, kat_vectors)."""

import numpy as np
import pytest

from livernn.synth.philox import add_normals, fill_gumbels, key_of, philox4x32
from tests.fixtures.draws import draws

ONES = 0xFFFFFFFF
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]) -> None:
    words = philox4x32(tuple(np.uint64(word) for word in counter), tuple(np.uint64(word) for word in key))
    assert tuple(int(word) for word in words) == answer


def test_draws_are_uniform_and_inside_the_unit_interval() -> None:
    uniforms = draws(100_000)
    assert uniforms.min() > 0.0
    assert uniforms.max() < 1.0
    counts = np.histogram(uniforms, bins=100, range=(0.0, 1.0))[0]
    chi_square = ((counts - 1000.0) ** 2 / 1000.0).sum()
    assert chi_square < 150.0  # 99 degrees of freedom: exceeded with probability 7e-4


@pytest.mark.parametrize("other", [{"seed": 2}, {"voice": 1}, {"seed": 1 + 2**32}, {"seed": -1}])
def test_streams_differ(other: dict[str, int]) -> None:
    assert np.abs(np.corrcoef(draws(1000), draws(1000, **other))[0, 1]) < 0.15


def test_gumbel_noise_is_of_its_kind_and_depends_on_its_index_alone() -> None:
    noise = np.empty((2000, 50))
    fill_gumbels(noise, seed=1, voice=0, start=0)
    uniforms = np.exp(-np.exp(-noise))
    counts = np.histogram(uniforms, bins=100, range=(0.0, 1.0))[0]
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 150.0  # as above
    part = np.empty((3, 50))
    fill_gumbels(part, seed=1, voice=0, start=700)
    np.testing.assert_array_equal(part, noise[700:703])
    fill_gumbels(part, seed=1, voice=1, start=700)
    assert np.abs(np.corrcoef(part.ravel(), noise[700:703].ravel())[0, 1]) < 0.3


def normals(units: int, *, seed: int = 1, voice: int = 0, tier: int = 1, position: int = 0) -> np.ndarray:
    noise = np.zeros(units)
    add_normals(noise, 1.0, key_of(seed), voice, tier, position)
    return noise


def test_noise_of_units_is_normal() -> None:
    noise = np.concatenate([normals(250, position=position) for position in range(400)])
    expected = [0.0, 1.0, 0.0, 3.0]
    moments = [(noise**power).mean() for power in range(1, 5)]
    np.testing.assert_allclose(moments, expected, atol=0.1)
    assert np.abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 0.02


def test_noise_is_added_as_loud_as_it_is_asked_for() -> None:
    x = np.linspace(-1.0, 1.0, 7, dtype=np.float32)
    noisy = x.copy()
    add_normals(noisy, 0.25, key_of(3), 0, 2, 64)
    np.testing.assert_allclose(noisy - x, 0.25 * normals(7, seed=3, tier=2, position=64), atol=1e-6)
    np.testing.assert_array_equal(normals(7), normals(10)[:7])


@pytest.mark.parametrize("other", [{"seed": 2}, {"voice": 1}, {"tier": 2}, {"position": 16}])
def test_noise_of_tiers_voices_and_frames_differs(other: dict[str, int]) -> None:
    assert np.abs(np.corrcoef(normals(1000), normals(1000, **other))[0, 1]) < 0.15
