"""The GPU sampler's eager form against the reference: logits, then codes for the same noise, then state."""

import numpy as np
import pytest
import torch

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.cuda import board, generator, player
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.stream import Clock
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.reference import Reference
from tests.fixtures.networks import CONFIGS, codes_for
from tests.synth.cuda.drawing import assert_drawn_as_specified

CPU = torch.device("cpu")
TOLERANCE = 1e-4
CUT = Patch(temperature=1.4, top_k=60, top_p=0.9, min_p=0.01)
NOISY = Patch(noise_fast=0.3, noise_slow=0.5)


@pytest.fixture(params=CONFIGS, scope="module")
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return random_checkpoint(CONFIGS[request.param], seed=3)


def sampler(checkpoint: Checkpoint, seed: int = 4, voices: int = 1) -> TorchGenerator:
    return TorchGenerator(Network(checkpoint, CPU), seed=seed, voices=voices)


def test_teacher_forced_logits_equal_the_reference(checkpoint: Checkpoint) -> None:
    codes = codes_for(checkpoint.config, 3 * checkpoint.config.lookback_samples + 7)
    expected = Reference(checkpoint).forced_logits(codes)
    for logits in sampler(checkpoint, voices=2).forced_logits(codes).swapaxes(0, 1):
        assert np.abs(logits - expected).max() < TOLERANCE
        assert np.abs(np.roll(logits, 1, axis=0) - expected).max() > 0.1


@pytest.mark.parametrize(
    "patch",
    [Patch(), CUT, NOISY, Patch(noise_fast=0.3), Patch(noise_slow=0.5)],
    ids=["plain", "cut", "noisy", "fast noise", "slow noise"],
)
def test_codes_and_surprisal_are_the_references_for_the_same_noise(checkpoint: Checkpoint, patch: Patch) -> None:
    patches = [patch, Patch(temperature=0.6)]
    generator = sampler(checkpoint, seed=11, voices=2)
    for voice, codes in enumerate(generator.render(150, patches)):
        assert len(set(codes.tolist())) > 5
        bits = assert_drawn_as_specified(checkpoint, codes, patches[voice], 11, voice, TOLERANCE)
        assert generator.surprisal_bits[voice] == pytest.approx(bits.mean(), rel=0.01)


@pytest.mark.parametrize("cuts", [[1] * 20, [7, 64, 3, 40], [63, 2, 65]])
def test_any_block_split_gives_the_same_samples(checkpoint: Checkpoint, cuts: list[int]) -> None:
    patches = [Patch(temperature=0.9), CUT]
    whole = sampler(checkpoint, voices=2).render(sum(cuts), patches)
    split = sampler(checkpoint, voices=2)
    np.testing.assert_array_equal(np.concatenate([split.render(cut, patches) for cut in cuts], axis=1), whole)


@pytest.mark.parametrize("patch", [Patch(), NOISY], ids=["plain", "noisy"])
def test_blocks_longer_than_the_buffers(patch: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = random_checkpoint(ModelConfig(frame_sizes=(4, 24), dims=(16, 16, 16)), seed=3)
    plain = sampler(checkpoint)
    whole = plain.render(100, [patch])
    for module in (generator, board, player):
        monkeypatch.setattr(module, "SEGMENT_SAMPLES", 10)
    monkeypatch.setattr(generator, "_BLOCK_SAMPLES", 32)
    cut = sampler(checkpoint)
    np.testing.assert_array_equal(cut.render(100, [patch]), whole)
    assert cut.surprisal_bits == pytest.approx(plain.surprisal_bits, rel=1e-4)


def test_noise_does_not_depend_on_blocks_company_or_what_was_before(checkpoint: Checkpoint) -> None:
    whole = sampler(checkpoint).render(200, [NOISY])
    voice = sampler(checkpoint)
    parts = [voice.render(count, [NOISY]) for count in (1, 62, 37)]
    before = voice.snapshot()
    parts.append(voice.render(100, [NOISY]))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    voice.restore(before)
    np.testing.assert_array_equal(voice.render(100, [NOISY]), parts[-1])
    company = sampler(checkpoint, voices=3).render(200, [NOISY, Patch(), NOISY])
    np.testing.assert_array_equal(company[:1], whole)
    np.testing.assert_array_equal(company[1], sampler(checkpoint, voices=2).render(200, [Patch()] * 2)[1])
    assert (company[2] != whole[0]).any()


def test_noise_that_comes_and_goes_within_a_frame_depends_on_state_and_patch_alone(checkpoint: Checkpoint) -> None:
    voice = sampler(checkpoint)
    for patch in (NOISY, Patch(), Patch(noise_fast=0.9), NOISY):
        fresh = sampler(checkpoint, seed=5)
        fresh.restore(voice.snapshot())
        np.testing.assert_array_equal(voice.render(21, [patch]), fresh.render(21, [patch]))


def test_what_is_there_already_is_heard_without_noise(checkpoint: Checkpoint) -> None:
    voice = sampler(checkpoint)
    voice.render(37, [NOISY])
    before = voice.snapshot()
    codes = codes_for(checkpoint.config, 50)
    logits = voice.forced_logits(codes)
    voice.restore(before)
    np.testing.assert_array_equal(voice.forced_logits(codes), logits)


def test_a_restored_snapshot_repeats_bit_for_bit(checkpoint: Checkpoint) -> None:
    voice = sampler(checkpoint, voices=2)
    patches = [Patch(), CUT]
    voice.render(37, patches)
    snapshot = voice.snapshot()
    first = voice.render(70, patches)
    logits = voice.forced_logits(first[0, :20])
    voice.reset(5)
    voice.restore(snapshot)
    np.testing.assert_array_equal(voice.render(70, patches), first)
    np.testing.assert_array_equal(voice.forced_logits(first[0, :20]), logits)


def test_priming_continues_like_rendered_codes(checkpoint: Checkpoint) -> None:
    voice = sampler(checkpoint)
    (heard,) = voice.render(75, [Patch()])
    rest = voice.render(30, [Patch()])
    other = sampler(checkpoint)
    other.prime(heard)
    np.testing.assert_array_equal(other.render(30, [Patch()]), rest)


def test_reset_repeats_and_seeds_differ() -> None:
    voice = sampler(random_checkpoint(CONFIGS["shared"], seed=3))
    first = voice.render(70, [Patch()])
    voice.reset()
    np.testing.assert_array_equal(voice.render(70, [Patch()]), first)
    voice.reset(5 + 2**32)
    assert (voice.render(70, [Patch()]) != first).any()


def test_a_snapshot_of_something_else_is_refused() -> None:
    voice = sampler(random_checkpoint(CONFIGS["shared"], seed=3))
    for other in (
        sampler(random_checkpoint(CONFIGS["lstm"], seed=3)),
        sampler(random_checkpoint(CONFIGS["shared"]), voices=2),
    ):
        with pytest.raises(ValueError, match="of another"):
            voice.restore(other.snapshot())


def test_the_time_of_what_is_rendered_is_told() -> None:
    clock, checkpoint = Clock(), random_checkpoint(CONFIGS["shared"], seed=3)
    voices = [TorchGenerator(Network(checkpoint, CPU), seed=4, voices=count, clock=clock) for count in (1, 2)]
    voices[0].prime(codes_for(checkpoint.config, 50))
    assert clock.spent_ms == 0.0
    spent_ms = []
    for voice in voices:
        voice.render(64, [Patch()] * voice.voices)
        spent_ms.append(clock.spent_ms)
    assert 0.0 < spent_ms[0] < spent_ms[1]


def test_patches_are_one_per_voice() -> None:
    with pytest.raises(ValueError, match="1 patches for 2 voices"):
        sampler(random_checkpoint(CONFIGS["shared"], seed=3), voices=2).render(1, [Patch()])


def test_either_sampler_goes_on_where_the_other_was(checkpoint: Checkpoint) -> None:
    """After 37 samples, within frames: the CPU's kernel hands over, and takes back."""
    codes = codes_for(checkpoint.config, 110)
    expected = Reference(checkpoint).forced_logits(codes)
    cpu, gpu = Generator(load_kernel(checkpoint, "fp32"), seed=1), sampler(checkpoint)
    cpu.prime(codes[:37])
    gpu.restore(cpu.snapshot())
    assert np.abs(gpu.forced_logits(codes[37:75])[:, 0] - expected[37:75]).max() < TOLERANCE
    cpu.restore(gpu.snapshot())
    assert np.abs(cpu.forced_logits(codes[75:])[:, 0] - expected[75:]).max() < TOLERANCE
