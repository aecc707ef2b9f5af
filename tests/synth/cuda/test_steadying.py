"""The knob Steady in the GPU sampler's eager form: what the reference does, and the CPU's kernel."""

import numpy as np
import pytest
import torch

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.foresight import Foresight
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.network import Network
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.reference import Reference, Steadying, distribution
from livernn.synth.state import excess_place
from tests.fixtures.networks import stating
from tests.synth.cuda.drawing import assert_drawn_as_specified

STEADY = Patch(temperature=0.9, steady=0.4)
CUT = Patch(temperature=1.2, steady=0.3, top_p=0.9)
KNOWN = Foresight(5.0, trained_bits=4.0)


def sampler(checkpoint: Checkpoint, voices: int = 1) -> TorchGenerator:
    return TorchGenerator(Network(checkpoint, torch.device("cpu")), seed=11, voices=voices)


def reference_excess_bits(checkpoint: Checkpoint, codes: np.ndarray, patch: Patch) -> float:
    steadying = Steadying(checkpoint)
    for logits, code in zip(Reference(checkpoint).forced_logits(codes), codes, strict=True):
        steadying.push(distribution(logits, steadying.patch(patch))[code])
    return steadying.excess_bits


@pytest.mark.parametrize("name", ["three tiers", "lstm", "odd sizes"])
def test_codes_are_the_references_for_the_same_noise(name: str) -> None:
    checkpoint = stating(KNOWN, name)
    codes = sampler(checkpoint, voices=2).render(600, [STEADY, CUT])
    assert (codes[0] != sampler(checkpoint).render(600, [Patch(temperature=0.9, steady=0.0)])[0]).any()
    for voice, patch in enumerate((STEADY, CUT)):
        assert_drawn_as_specified(checkpoint, codes[voice], patch, 11, voice, 1e-4)


@pytest.mark.parametrize("cuts", [[1] * 20, [7, 64, 3, 40], [63, 2, 65]])
def test_any_block_split_gives_the_same_samples(cuts: list[int]) -> None:
    checkpoint = stating(KNOWN)
    whole = sampler(checkpoint).render(sum(cuts), [STEADY])
    voice = sampler(checkpoint)
    np.testing.assert_array_equal(np.concatenate([voice.render(cut, [STEADY]) for cut in cuts], axis=1), whole)


def test_it_is_kept_as_the_cpus_kernel_keeps_it_and_handed_over() -> None:
    checkpoint = stating(KNOWN)
    place = excess_place(checkpoint.config)
    cpu, gpu = Generator(load_kernel(checkpoint, "fp32"), seed=11), sampler(checkpoint)
    for voice in (cpu, gpu):
        (codes,) = voice.render(250, [STEADY])
        excess_bits = reference_excess_bits(checkpoint, codes, STEADY)
        assert voice.snapshot().state[0, place] == pytest.approx(excess_bits, abs=1e-4)
    gpu.restore(cpu.snapshot())
    np.testing.assert_array_equal(gpu.snapshot().state[0, place:], cpu.snapshot().state[0, place:])


def test_a_checkpoint_that_states_nothing_is_played_at_its_temperature() -> None:
    checkpoint = stating(None)
    plain = sampler(checkpoint).render(500, [Patch(temperature=0.9, steady=0.0)])
    np.testing.assert_array_equal(sampler(checkpoint).render(500, [STEADY]), plain)


def test_a_prime_is_gone_on_from_at_the_temperature_itself() -> None:
    checkpoint = stating(Foresight(3.0))
    voice, place = sampler(checkpoint), excess_place(checkpoint.config)
    voice.render(300, [STEADY])
    assert voice.snapshot().state[0, place : place + 2].min() > 0.05
    voice.prime(np.full(300, 90, np.uint8))
    assert not voice.snapshot().state[0, place : place + 2].any()
