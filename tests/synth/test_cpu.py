"""The CPU kernel against the reference, stage by stage: logits, then codes, then any block split."""

from dataclasses import replace
from typing import cast, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import DEFAULT_PRECISION, Precision
from livernn.synth.emit import TOP_LEVEL
from livernn.synth.generator import Generator
from livernn.synth.philox import fill_uniforms
from livernn.synth.reference import Reference, distribution, draw

LOGIT_TOLERANCE = 1e-4
EDGE_TOLERANCE = 1e-5

CONFIGS = {
    "two tiers": ModelConfig(frame_sizes=(8,), dims=(24, 40)),
    "three tiers": ModelConfig(dims=(32, 48, 64)),
    "odd sizes": ModelConfig(frame_sizes=(3, 9), dims=(33, 17, 21), embed_dim=5, q_levels=200),
    "four tiers": ModelConfig(frame_sizes=(4, 8, 32), dims=(16, 24, 32, 40)),
    "lstm": ModelConfig(dims=(32, 32, 32), cell="lstm"),
    "deep gru": ModelConfig(dims=(32, 32, 32), layers=2),
    "deep lstm, shared": ModelConfig(dims=(32, 24, 16), cell="lstm", layers=3, upsampler="shared"),
    "shared": ModelConfig(dims=(32, 48, 64), upsampler="shared", quantiser="linear"),
}


def codes_for(config: ModelConfig, count: int) -> np.ndarray:
    """A wandering line, as audio is: codes near each other, all levels visited."""
    random = np.random.default_rng(5)
    walk = np.cumsum(random.normal(0.0, config.q_levels / 12, count))
    return np.abs((walk + config.q_levels / 2) % (2 * config.q_levels - 2) - config.q_levels + 1).astype(np.uint8)


def reference_logits(checkpoint: Checkpoint, precision: Precision, codes: np.ndarray) -> np.ndarray:
    voice = Reference(checkpoint, precision, TOP_LEVEL)
    rows = []
    for code in codes:
        rows.append(voice.logits())
        voice.push(int(code))
    return np.array(rows)


def codes_at_edges(logits: np.ndarray, patch: Patch, uniform: float) -> set[int]:
    """What is drawn where rounding moves the uniform across a CDF edge, or a level across the patch's thresholds."""
    ordered = np.sort(logits)[::-1]
    ranks = [patch.top_k]
    if patch.top_k and ordered[int(patch.top_k) - 1] - ordered[int(patch.top_k)] < EDGE_TOLERANCE:
        ranks.append(patch.top_k + 1)
    moved = [
        replace(patch, top_k=top_k, top_p=patch.top_p + top_p, min_p=patch.min_p + min_p)
        for top_k in ranks
        for top_p in (-EDGE_TOLERANCE, 0.0, EDGE_TOLERANCE)
        for min_p in (-EDGE_TOLERANCE, 0.0, EDGE_TOLERANCE)
    ]
    offsets = (-EDGE_TOLERANCE, 0.0, EDGE_TOLERANCE)
    return {draw(distribution(logits, near), uniform + offset) for near in moved for offset in offsets}


@pytest.fixture(params=CONFIGS, scope="module")
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return random_checkpoint(CONFIGS[request.param], seed=3)


@pytest.fixture(params=get_args(Precision), scope="module")
def precision(request: pytest.FixtureRequest) -> Precision:
    return cast(Precision, request.param)


def test_teacher_forced_logits_equal_the_reference(checkpoint: Checkpoint, precision: Precision) -> None:
    codes = codes_for(checkpoint.config, 3 * checkpoint.config.lookback_samples + 7)
    expected = reference_logits(checkpoint, precision, codes)
    assert expected.std() > 0.1
    logits = Generator(checkpoint, seed=0, precision=precision).forced_logits(codes)
    if precision == "int8":
        assert_equal_but_for_rounding(logits, expected)
    else:
        np.testing.assert_allclose(logits, expected, atol=LOGIT_TOLERANCE)


def assert_equal_but_for_rounding(logits: np.ndarray, expected: np.ndarray) -> None:
    """An activation whose level float32 and float64 round differently moves all logits, and what follows, a little."""
    error = np.abs(logits - expected)
    assert np.median(error) < 0.003 * expected.std()
    assert error.max() < 0.1 * expected.std()


def test_smaller_formats_are_near_the_exact_logits(checkpoint: Checkpoint) -> None:
    codes = codes_for(checkpoint.config, 2 * checkpoint.config.lookback_samples)
    exact, bf16, int8 = (
        Generator(checkpoint, seed=0, precision=precision).forced_logits(codes) for precision in get_args(Precision)
    )
    error_bf16, error_int8 = np.abs(bf16 - exact).mean(), np.abs(int8 - exact).mean()
    assert 0.0 < error_bf16 < error_int8 < 0.05 * exact.std()


@pytest.mark.parametrize(
    "patch",
    [
        Patch(),
        Patch(temperature=0.5),
        Patch(top_k=9),
        Patch(top_p=0.7),
        Patch(min_p=0.05),
        Patch(temperature=1.4, top_k=60, top_p=0.9, min_p=0.01),
    ],
    ids=str,
)
def test_codes_equal_the_reference_for_the_same_uniforms(
    checkpoint: Checkpoint, patch: Patch, precision: Precision
) -> None:
    count = 300
    uniforms = np.empty(count)
    fill_uniforms(uniforms, seed=11, voice=0, start=0)
    codes = Generator(checkpoint, seed=11, precision=precision).render(count, patch)
    if precision == "int8":  # whose logits equal the reference's but for activations that round the other way
        rows = Generator(checkpoint, seed=0, precision=precision).forced_logits(codes).astype(np.float64)
    else:
        rows = reference_logits(checkpoint, precision, codes)
    for logits, code, uniform in zip(rows, codes, uniforms, strict=True):
        if code != draw(distribution(logits, patch), uniform):
            assert code in codes_at_edges(logits, patch, uniform)
    assert len(set(codes.tolist())) > 5


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(1, 70), min_size=1, max_size=8))
def test_any_block_split_gives_the_same_samples(cuts: list[int]) -> None:
    checkpoint = random_checkpoint(CONFIGS["three tiers"], seed=3)
    patch = Patch(temperature=0.9)
    whole = Generator(checkpoint, seed=2).render(sum(cuts), patch)
    voice = Generator(checkpoint, seed=2)
    np.testing.assert_array_equal(np.concatenate([voice.render(cut, patch) for cut in cuts]), whole)


def test_blocks_longer_than_the_buffer() -> None:
    checkpoint = random_checkpoint(CONFIGS["two tiers"], seed=3)
    whole = Generator(checkpoint, seed=2).render(2500, Patch())
    voice = Generator(checkpoint, seed=2)
    np.testing.assert_array_equal(np.concatenate([voice.render(500, Patch()) for _ in range(5)]), whole)


def test_no_mass_outside_what_the_patch_keeps() -> None:
    checkpoint = random_checkpoint(CONFIGS["three tiers"], seed=3)
    greedy = Generator(checkpoint, seed=1).render(200, Patch(top_k=1))
    np.testing.assert_array_equal(greedy, Generator(checkpoint, seed=99).render(200, Patch(top_k=1)))


def test_chi_square_of_the_first_draw() -> None:
    checkpoint = random_checkpoint(CONFIGS["three tiers"], seed=3)
    for temperature in (0.6, 1.0, 1.5):
        patch = Patch(temperature=temperature)
        probabilities = distribution(Reference(checkpoint, DEFAULT_PRECISION).logits(), patch)
        voice = Generator(checkpoint, seed=0)
        count = 4000
        drawn = []
        for seed in range(count):
            voice.reset(seed)
            drawn.append(int(voice.render(1, patch)[0]))
        likely = probabilities * count >= 5.0
        observed = np.bincount(drawn, minlength=len(probabilities))
        expected = np.append(probabilities[likely], probabilities[~likely].sum()) * count
        found = np.append(observed[likely], observed[~likely].sum())
        chi_square = ((found - expected) ** 2 / expected).sum()
        freedom = len(expected) - 1
        assert chi_square < freedom + 4.0 * np.sqrt(2.0 * freedom)


def test_a_restored_snapshot_repeats() -> None:
    checkpoint = random_checkpoint(CONFIGS["lstm"], seed=3)
    voice = Generator(checkpoint, seed=4)
    voice.render(37, Patch())
    snapshot = voice.snapshot()
    first = voice.render(90, Patch())
    voice.reset(5)
    voice.restore(snapshot)
    np.testing.assert_array_equal(voice.render(90, Patch()), first)


def test_priming_continues_like_forced_codes() -> None:
    checkpoint = random_checkpoint(CONFIGS["four tiers"], seed=3)
    voice = Generator(checkpoint, seed=4)
    heard = voice.render(130, Patch())
    rest = voice.render(50, Patch())
    other = Generator(checkpoint, seed=4)
    other.prime(heard)
    np.testing.assert_array_equal(other.render(50, Patch()), rest)


def test_reset_repeats_and_seeds_differ() -> None:
    checkpoint = random_checkpoint(CONFIGS["shared"], seed=3)
    voice = Generator(checkpoint, seed=4)
    first = voice.render(100, Patch())
    voice.reset()
    np.testing.assert_array_equal(voice.render(100, Patch()), first)
    voice.reset(5)
    assert (voice.render(100, Patch()) != first).any()


def test_denormal_states_leave_the_caller_unflushed() -> None:
    checkpoint = random_checkpoint(CONFIGS["two tiers"], seed=3)
    scaled = {name: array * np.float32(1e-20) for name, array in checkpoint.weights.items()}
    Generator(replace(checkpoint, weights=scaled), seed=0).render(64, Patch())
    smallest = np.float32(1e-45)
    assert smallest * np.float32(1.0) > 0.0
