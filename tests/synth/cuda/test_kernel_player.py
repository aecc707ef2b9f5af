"""What the kernel is handed, and what its CTAs wait for: here its replica is launched, in the same memory."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.kernel_player import KernelPlayer, Weights
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.partition import Partition, pack, pack_frame_tier, partition
from livernn.synth.reference import Reference
from tests.fixtures.networks import codes_for
from tests.synth.cuda.drawing import assert_drawn_as_specified
from tests.synth.cuda.launch import KernelReplica

SEED = 7 + 2**33
TOLERANCE_SD = 0.02
NEAR = 0.05
CONFIGS = {
    "two frame tiers": ModelConfig(frame_sizes=(6, 12), dims=(256, 64, 32), embed_dim=4, q_levels=200),
    "shared, three": ModelConfig(frame_sizes=(3, 9, 36), dims=(256, 32, 64, 32), embed_dim=4, upsampler="shared"),
    "one": ModelConfig(frame_sizes=(16,), dims=(256, 32), embed_dim=4),
}


@pytest.fixture(params=CONFIGS, scope="module")
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return random_checkpoint(CONFIGS[request.param], seed=3)


def made(checkpoint: Checkpoint, voices: int = 2, order: int = 0, workers: int = 2) -> TorchGenerator:
    """A generator whose kernel is a replica, which runs its CTAs in this order."""
    device = torch.device("cpu")
    parts = partition(checkpoint.config, voices, 90)
    assert isinstance(parts, Partition)
    packed = [pack_frame_tier(checkpoint, tier) for tier in range(1, checkpoint.config.tiers)]
    kernel = KernelReplica(parts, pack(checkpoint, parts), packed, workers, order)
    player: Any = partial(KernelPlayer, kernel, parts, Weights(checkpoint, parts, device))
    return TorchGenerator(Network(checkpoint, device), player, seed=SEED, voices=voices)


def test_forced_logits_equal_the_reference(checkpoint: Checkpoint) -> None:
    count = 2 * checkpoint.config.lookback_samples + 1
    codes = codes_for(checkpoint.config, count)
    expected = Reference(checkpoint).forced_logits(codes)
    generator = made(checkpoint)
    generator.prime(codes[:8])
    logits = generator.forced_logits(codes[8:])
    for voice in range(2):
        assert np.abs(logits[:, voice] - expected[8:]).max() < TOLERANCE_SD * expected.std()


def test_codes_are_drawn_as_specified_across_frames_and_blocks(checkpoint: Checkpoint) -> None:
    patches = [Patch(noise_fast=0.4, noise_slow=0.4), Patch(temperature=0.7, top_k=24, min_p=0.02)]
    generator = made(checkpoint)
    codes = np.concatenate([generator.render(count, patches) for count in (5, 14)], axis=1)
    for voice, patch in enumerate(patches):
        bits = assert_drawn_as_specified(checkpoint, codes[voice], patch, SEED, voice, NEAR)
        assert generator.surprisal_bits[voice] == pytest.approx(bits[5:].mean(), abs=0.1)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_order_in_which_ctas_go_on_changes_nothing(workers: int) -> None:
    checkpoint = random_checkpoint(CONFIGS["two frame tiers"], seed=3)
    patches, plain = [Patch(noise_slow=0.4)] * 2, made(checkpoint)
    codes, state = plain.render(25, patches), plain.snapshot().state
    for order in range(1, 5):
        other = made(checkpoint, order=order, workers=workers)
        np.testing.assert_array_equal(other.render(25, patches), codes)
        np.testing.assert_array_equal(other.snapshot().state, state)


def test_each_group_has_its_own_workers() -> None:
    checkpoint = random_checkpoint(CONFIGS["two frame tiers"], seed=3)
    patches = [Patch()] * 9
    codes = made(checkpoint, voices=9).render(13, patches)
    for voice in (0, 4, 5, 8):
        assert_drawn_as_specified(checkpoint, codes[voice], patches[voice], SEED, voice, NEAR)


def test_state_goes_from_one_player_to_another() -> None:
    checkpoint = random_checkpoint(CONFIGS["two frame tiers"], seed=3)
    kernel, torches = made(checkpoint), TorchGenerator(Network(checkpoint, torch.device("cpu")), seed=SEED, voices=2)
    codes = kernel.render(20, [Patch()] * 2)
    for voice in range(2):
        torches.prime(codes[voice])
        expected = torches.snapshot().state[voice]
        assert np.abs(kernel.snapshot().state[voice] - expected).max() < TOLERANCE_SD
        torches.reset()


def test_a_launch_that_waited_in_vain_is_an_error(checkpoint: Checkpoint) -> None:
    generator = made(checkpoint)
    with torch.inference_mode():
        generator._player._failed[0] = 1  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="in vain"):
        generator.render(1, [Patch()] * 2)
