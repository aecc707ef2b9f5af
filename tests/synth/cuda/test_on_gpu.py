"""On a GPU: both back ends against the reference, against themselves, and in any number."""

import os
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from livernn.control.patch import Patch
from livernn.errors import DeviceError
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.kernel_player import KernelModel
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.player import TorchPlayer
from livernn.synth.reference import Reference
from tests.fixtures.networks import codes_for
from tests.synth.cuda.drawing import assert_drawn_as_specified

pytestmark = pytest.mark.gpu

CUT = Patch(temperature=1.4, top_k=60, top_p=0.9, min_p=0.01)
NOISY = Patch(noise_fast=0.3, noise_slow=0.5)
TOLERANCES_SD = {"graph": 1e-4, "kernel": 0.03}
SOAK_MINUTES = float(os.environ.get("MINUTES", "10"))
NEAR = {"graph": 1e-4, "kernel": 1e-2}

Make = Callable[..., TorchGenerator]


@pytest.fixture(params=["graph", "kernel"])
def back_end(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[256, 512, 1024])
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return random_checkpoint(ModelConfig(dims=(request.param, 64, 32)), seed=3)


@pytest.fixture
def make(back_end: str, checkpoint: Checkpoint) -> Make:
    device = torch.device("cuda", 0)
    network = Network(checkpoint, device)

    def generator(voices: int = 1) -> TorchGenerator:
        if back_end == "graph":
            return TorchGenerator(network, TorchPlayer, seed=4, voices=voices)
        try:
            tier = KernelModel(checkpoint, device).make_player(voices)
        except DeviceError as error:
            if "blocks at once" not in error.why:
                raise
            pytest.skip(str(error))
        return TorchGenerator(network, tier, seed=4, voices=voices)

    return generator


def test_forced_logits_equal_the_reference(make: Make, back_end: str, checkpoint: Checkpoint) -> None:
    codes = codes_for(checkpoint.config, 3 * checkpoint.config.lookback_samples + 7)
    expected = Reference(checkpoint).forced_logits(codes)
    error = np.abs(make().forced_logits(codes)[:, 0] - expected).max()
    assert error < TOLERANCES_SD[back_end] * expected.std()


@pytest.mark.parametrize("voices", [1, 3, 16, 64])
def test_codes_are_drawn_as_specified_and_repeat(
    make: Make, back_end: str, checkpoint: Checkpoint, voices: int
) -> None:
    patches = [(NOISY, CUT, Patch())[voice % 3] for voice in range(voices)]
    generator = make(voices)
    codes = np.concatenate([generator.render(64, patches) for _ in range(8)], axis=1)
    for voice in {0, voices // 2, voices - 1}:
        bits = assert_drawn_as_specified(checkpoint, codes[voice], patches[voice], 4, voice, NEAR[back_end])
        assert generator.surprisal_bits[voice] == pytest.approx(bits[-64:].mean(), abs=0.1)
    np.testing.assert_array_equal(make(voices).render(512, patches), codes)
    generator.reset()
    np.testing.assert_array_equal(generator.render(512, patches), codes)


@pytest.mark.timeout(60.0 * SOAK_MINUTES + 300.0)
@pytest.mark.parametrize("checkpoint", [512], indirect=True)
def test_minutes_on_end_without_waiting_in_vain_and_alike_to_the_bit(make: Make) -> None:
    generator, ends_s = make(8), time.monotonic() + 60.0 * SOAK_MINUTES
    while time.monotonic() < ends_s:
        for patch in (Patch(), CUT, NOISY):
            before = generator.snapshot()
            codes = np.concatenate([generator.render(64, [patch] * 8) for _ in range(50)], axis=1)
            generator.restore(before)
            np.testing.assert_array_equal(generator.render(3200, [patch] * 8), codes)
