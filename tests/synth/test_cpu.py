"""The CPU kernel against the reference, stage by stage: logits, then codes, then any block split."""

from dataclasses import replace
from typing import cast, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.precision import Precision
from livernn.synth.generator import Generator
from livernn.synth.instructions import SETS, candidates
from livernn.synth.kernel import agree, load_kernel
from livernn.synth.reference import Reference, distribution, draw
from livernn.synth.rounding import LARGEST
from tests.fixtures.draws import draws
from tests.fixtures.networks import CONFIGS, codes_for

EDGE_TOLERANCE = 1e-5


def kernel(checkpoint: Checkpoint, precision: Precision = "int8", seed: int = 0, voices: int = 1) -> Generator:
    return Generator(load_kernel(checkpoint, precision), seed=seed, voices=voices)


def reference_logits(checkpoint: Checkpoint, precision: Precision, codes: np.ndarray) -> np.ndarray:
    return Reference(checkpoint, precision, SETS[candidates()[0]].top_level).forced_logits(codes)


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
    logits = kernel(checkpoint, precision).forced_logits(codes)[:, 0]
    assert agree(logits, expected, precision)
    assert not agree(np.roll(logits, 1, axis=0), expected, precision)


def test_smaller_formats_are_near_the_exact_logits(checkpoint: Checkpoint) -> None:
    codes = codes_for(checkpoint.config, 2 * checkpoint.config.lookback_samples)
    exact, *others = (kernel(checkpoint, precision).forced_logits(codes) for precision in get_args(Precision))
    errors = [np.abs(logits - exact).mean() / exact.std() for logits in others]
    assert 0.0 < errors[0] < errors[1] < errors[2] < 0.25
    assert errors[1] < 0.05


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
    uniforms = draws(count, seed=11)
    (codes,) = kernel(checkpoint, precision, seed=11).render(count, [patch])
    if precision in LARGEST:  # whose logits equal the reference's but for activations that round the other way
        rows = kernel(checkpoint, precision).forced_logits(codes)[:, 0].astype(np.float64)
    else:
        rows = reference_logits(checkpoint, precision, codes)
    for logits, code, uniform in zip(rows, codes, uniforms, strict=True):
        if code != draw(distribution(logits, patch), uniform):
            assert code in codes_at_edges(logits, patch, uniform)
    assert len(set(codes.tolist())) > 5


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(1, 70), min_size=1, max_size=8), name=st.sampled_from(["three tiers", "shared"]))
def test_any_block_split_gives_the_same_samples(cuts: list[int], name: str) -> None:
    checkpoint = random_checkpoint(CONFIGS[name], seed=3)
    patches = [Patch(temperature=0.9), Patch()]
    whole = kernel(checkpoint, voices=2).render(sum(cuts), patches)
    voices = kernel(checkpoint, voices=2)
    np.testing.assert_array_equal(np.concatenate([voices.render(cut, patches) for cut in cuts], axis=1), whole)


@pytest.mark.parametrize("patch", [Patch(), Patch(temperature=0.4, top_p=0.8)], ids=str)
def test_surprisal_is_that_of_the_probabilities_the_codes_were_drawn_with(checkpoint: Checkpoint, patch: Patch) -> None:
    voice = kernel(checkpoint, voices=2)
    codes = voice.render(1200, [patch, Patch()])[0]
    rows = kernel(checkpoint).forced_logits(codes)[:, 0].astype(np.float64)
    bits = [-np.log2(distribution(logits, patch)[code]) for logits, code in zip(rows, codes, strict=True)]
    assert voice.surprisal_bits.shape == (2,)
    assert voice.surprisal_bits[0] == pytest.approx(np.mean(bits), rel=0.01)


def test_blocks_longer_than_the_buffer() -> None:
    checkpoint = random_checkpoint(CONFIGS["two tiers"], seed=3)
    whole = kernel(checkpoint).render(2500, [Patch()])
    voice = kernel(checkpoint)
    np.testing.assert_array_equal(np.concatenate([voice.render(500, [Patch()]) for _ in range(5)], axis=1), whole)


def test_a_voice_plays_the_same_in_any_company(checkpoint: Checkpoint, precision: Precision) -> None:
    patches = [Patch(temperature=0.5 + 0.1 * voice, top_k=10 * voice) for voice in range(8)]
    all_voices = kernel(checkpoint, precision, voices=8).render(70, patches)
    assert len({voice.tobytes() for voice in all_voices}) == 8
    for voices in range(1, 8):
        fewer = kernel(checkpoint, precision, voices=voices).render(70, patches[:voices])
        np.testing.assert_array_equal(fewer, all_voices[:voices])


def test_chi_square_of_the_first_draw() -> None:
    checkpoint = random_checkpoint(CONFIGS["three tiers"], seed=3)
    for temperature in (0.6, 1.0, 1.5):
        patch = Patch(temperature=temperature)
        probabilities = distribution(Reference(checkpoint, "int8").logits(), patch)
        voice = kernel(checkpoint, seed=0)
        count = 4000
        drawn = []
        for seed in range(count):
            voice.reset(seed)
            drawn.append(int(voice.render(1, [patch])[0, 0]))
        likely = probabilities * count >= 5.0
        observed = np.bincount(drawn, minlength=len(probabilities))
        expected = np.append(probabilities[likely], probabilities[~likely].sum()) * count
        found = np.append(observed[likely], observed[~likely].sum())
        chi_square = ((found - expected) ** 2 / expected).sum()
        freedom = len(expected) - 1
        assert chi_square < freedom + 4.0 * np.sqrt(2.0 * freedom)


def test_a_restored_snapshot_repeats() -> None:
    checkpoint = random_checkpoint(CONFIGS["lstm"], seed=3)
    voice = kernel(checkpoint, seed=4)
    voice.render(37, [Patch()])
    snapshot = voice.snapshot()
    first = voice.render(90, [Patch()])
    voice.reset(5)
    voice.restore(snapshot)
    np.testing.assert_array_equal(voice.render(90, [Patch()]), first)


def test_priming_continues_like_forced_codes() -> None:
    checkpoint = random_checkpoint(CONFIGS["four tiers"], seed=3)
    voice = kernel(checkpoint, seed=4)
    (heard,) = voice.render(130, [Patch()])
    rest = voice.render(50, [Patch()])
    other = kernel(checkpoint, seed=4)
    other.prime(heard)
    np.testing.assert_array_equal(other.render(50, [Patch()]), rest)


def test_reset_repeats_and_seeds_differ() -> None:
    checkpoint = random_checkpoint(CONFIGS["shared"], seed=3)
    voice = kernel(checkpoint, seed=4)
    first = voice.render(100, [Patch()])
    voice.reset()
    np.testing.assert_array_equal(voice.render(100, [Patch()]), first)
    voice.reset(5)
    assert (voice.render(100, [Patch()]) != first).any()


def test_denormal_states_leave_the_caller_unflushed() -> None:
    checkpoint = random_checkpoint(CONFIGS["two tiers"], seed=3)
    scaled = {name: array * np.float32(1e-20) for name, array in checkpoint.weights.items()}
    kernel(replace(checkpoint, weights=scaled)).render(64, [Patch()])
    smallest = np.float32(1e-45)
    assert smallest * np.float32(1.0) > 0.0


def test_fetching_ahead_changes_no_sample(precision: Precision) -> None:
    packed = load_kernel(random_checkpoint(CONFIGS["three tiers"]), precision)
    (sample,) = packed.arrays.sample
    rendered = []
    for ahead in (0, 1):
        sample["ahead"] = ahead
        rendered.append(Generator(packed, seed=1, voices=3).render(200, [Patch()] * 3))
    np.testing.assert_array_equal(*rendered)


NOISY = Patch(noise_fast=0.3, noise_slow=0.5)


@pytest.mark.parametrize("patch", [NOISY, Patch(noise_fast=0.3), Patch(noise_slow=0.5)], ids=str)
def test_noise_of_the_tiers_is_the_references(checkpoint: Checkpoint, patch: Patch) -> None:
    (codes,) = kernel(checkpoint, "fp32", seed=2**63 + 11).render(300, [patch])
    uniforms = draws(len(codes), seed=2**63 + 11)
    noisy, quiet = (Reference(checkpoint, patch=heard, seed=2**63 + 11) for heard in (patch, Patch()))
    rows = noisy.forced_logits(codes)
    heard = patch.noise_fast > 0.0 or checkpoint.config.tiers > 2
    assert (np.abs(rows - quiet.forced_logits(codes)).max() > 0.1) == heard
    for logits, code, uniform in zip(rows, codes, uniforms, strict=True):
        if code != draw(distribution(logits, patch), uniform):
            assert code in codes_at_edges(logits, patch, uniform)


def test_noise_does_not_depend_on_blocks_company_or_what_was_before(
    checkpoint: Checkpoint, precision: Precision
) -> None:
    whole = kernel(checkpoint, precision, seed=7).render(300, [NOISY])
    voice = kernel(checkpoint, precision, seed=7)
    parts = [voice.render(count, [NOISY]) for count in (1, 62, 100)]
    before = voice.snapshot()
    parts.append(voice.render(137, [NOISY]))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    voice.restore(before)
    np.testing.assert_array_equal(voice.render(137, [NOISY]), parts[-1])
    company = kernel(checkpoint, precision, seed=7, voices=3).render(300, [NOISY, Patch(), NOISY])
    np.testing.assert_array_equal(company[:1], whole)
    np.testing.assert_array_equal(
        company[1], kernel(checkpoint, precision, seed=7, voices=2).render(300, [Patch()] * 2)[1]
    )
    assert (company[2] != whole[0]).any()


def test_what_is_there_already_is_heard_without_noise(checkpoint: Checkpoint) -> None:
    codes = codes_for(checkpoint.config, 100)
    expected = kernel(checkpoint).forced_logits(codes)
    voice = kernel(checkpoint)
    voice.render(200, [NOISY])
    voice.reset()
    np.testing.assert_array_equal(voice.forced_logits(codes), expected)
