"""Priming steps the frame tiers many frames at once: to the very bits that the sample loop leaves."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import Precision
from livernn.synth.generator import Generator, Snapshot
from livernn.synth.kernel import load_kernel
from livernn.synth.weights import PackedWeights

CONFIGS = {
    "two tiers": ModelConfig(frame_sizes=(8,), dims=(24, 40)),
    "three tiers": ModelConfig(dims=(32, 48, 64)),
    "odd sizes": ModelConfig(frame_sizes=(3, 9), dims=(33, 17, 21), embed_dim=5, q_levels=200),
    "deep lstm, four tiers": ModelConfig(
        frame_sizes=(2, 4, 24), dims=(16, 24, 32, 40), cell="lstm", layers=2, upsampler="shared"
    ),
    "frames longer than a block": ModelConfig(frame_sizes=(8, 1200), dims=(16, 24, 32)),
}

CHECKPOINTS = {name: random_checkpoint(config, seed=3) for name, config in CONFIGS.items()}


def playing(packed: PackedWeights, voices: int, already: int) -> Generator:
    """In the middle of something, each voice in another."""
    generator = Generator(packed, seed=4, voices=voices)
    generator.render(already, [Patch()] * voices)
    return generator


def assert_same(found: Snapshot, expected: Snapshot) -> None:
    assert found.position == expected.position
    np.testing.assert_array_equal(found.history, expected.history)
    np.testing.assert_array_equal(found.state.view(np.uint32), expected.state.view(np.uint32))


@pytest.mark.parametrize("precision", get_args(Precision))
@pytest.mark.parametrize("name", CONFIGS)
@settings(max_examples=8)
@given(
    voices=st.integers(1, 8),
    already=st.integers(0, 100),
    cuts=st.lists(st.one_of(st.integers(0, 70), st.integers(900, 1300)), min_size=1, max_size=4),
)
def test_any_division_of_a_prime_leaves_the_state_of_the_sample_loop(
    name: str, precision: Precision, voices: int, already: int, cuts: list[int]
) -> None:
    packed = load_kernel(CHECKPOINTS[name], precision)
    codes = np.random.default_rng(sum(cuts)).integers(packed.config.q_levels, size=sum(cuts)).astype(np.uint8)
    expected, primed = playing(packed, voices, already), playing(packed, voices, already)
    expected.forced_logits(codes)
    for piece in np.split(codes, np.cumsum(cuts)[:-1]):
        primed.prime(piece)
    assert_same(primed.snapshot(), expected.snapshot())
