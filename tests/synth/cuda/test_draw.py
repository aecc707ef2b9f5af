"""The GPU's way to draw: noise as specified, the right levels left out, the right shares of the others."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.synth.cuda.draw import cuts, draw, patch_values
from livernn.synth.cuda.noise import Noise
from livernn.synth.philox import fill_gumbels
from livernn.synth.reference import distribution

LEVELS = 64
DRAWS = 6_000
LOGITS = np.random.default_rng(2).normal(0.0, 2.0, LEVELS)


def noise_of(seed: int, start: int, count: int, voices: int = 1, levels: int = LEVELS) -> torch.Tensor:
    noise = Noise(voices, levels, torch.device("cpu"))
    noise.set_seed(seed)
    return noise.gumbels(torch.tensor(start), count)


def drawn(logits: np.ndarray, patch: Patch, count: int = DRAWS) -> np.ndarray:
    """`count` codes from the same logits, as if of so many voices."""
    out = torch.empty(count, dtype=torch.int64)
    rows = torch.from_numpy(logits).float().expand(count, -1)
    draw(rows, noise_of(1, 0, count)[:, 0], patch_values([patch] * count, len(logits)), cuts(patch, len(logits)), out)
    return out.numpy()


@pytest.mark.parametrize("seed", [7, 2**40 + 9])
@pytest.mark.parametrize("start", [0, 2**32 - 2])
@pytest.mark.parametrize("levels", [LEVELS, 6])
def test_noise_is_that_of_the_specification(seed: int, start: int, levels: int) -> None:
    found = noise_of(seed, start, 5, voices=3, levels=levels)
    for voice in range(3):
        expected = np.empty((5, levels))
        fill_gumbels(expected, seed=seed, voice=voice, start=start)
        np.testing.assert_allclose(found[:, voice], expected, atol=1e-5)


def chi_square_is_plausible(codes: np.ndarray, probabilities: np.ndarray) -> bool:
    expected = probabilities * len(codes)
    likely = expected >= 5.0
    expected = np.append(expected[likely], expected[~likely].sum())
    observed = np.bincount(codes, minlength=len(probabilities))
    observed = np.append(observed[likely], observed[~likely].sum())
    freedom = len(expected) - 1
    chi_square = ((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum()
    return bool(chi_square < freedom + 4.0 * np.sqrt(2.0 * freedom))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("cut", [{}, {"top_k": 12}, {"top_p": 0.7}, {"min_p": 0.05}], ids=str)
def test_shares_are_those_of_the_distribution(temperature: float, cut: dict[str, float]) -> None:
    patch = Patch(temperature=temperature, **cut)
    probabilities = distribution(LOGITS, patch)
    codes = drawn(LOGITS, patch)
    assert (probabilities[codes] > 0.0).all()
    assert chi_square_is_plausible(codes, probabilities)
    assert not chi_square_is_plausible(codes, distribution(LOGITS, Patch(temperature=0.8 * temperature, **cut)))


def test_no_mass_outside_top_k() -> None:
    codes = drawn(LOGITS, Patch(temperature=2.0, top_k=5))
    assert set(codes) == set(np.argsort(LOGITS)[-5:])


@settings(max_examples=20)
@given(
    steps=st.lists(st.integers(-12, 12), min_size=LEVELS, max_size=LEVELS),
    top_k=st.integers(0, LEVELS + 1),
    top_p=st.sampled_from([0.05, 0.33, 0.71, 0.97, 1.0]),
    min_p=st.sampled_from([0.0, 0.013, 0.29]),
)
def test_what_is_drawn_is_never_left_out_even_among_equals(
    steps: list[int], top_k: int, top_p: float, min_p: float
) -> None:
    logits = np.array(steps) / 4.0
    patch = Patch(top_k=top_k, top_p=top_p, min_p=min_p)
    kept = distribution(logits, patch) > 0.0
    codes = drawn(logits, patch, 1000)
    assert kept[codes].all()
    assert set(np.flatnonzero(distribution(logits, patch) > 0.02)) <= set(codes)
