"""What the kernel is handed: here its replica is launched, which reads the same parameters from the same memory."""

import ctypes
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.kernel_tier import KernelTier, Params
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.partition import LEVELS, PackedTier, Partition, pack, partition
from livernn.synth.philox import fill_gumbels
from livernn.synth.reference import Reference
from tests.fixtures.networks import codes_for
from tests.synth.cuda import replica
from tests.synth.cuda.drawing import assert_drawn_as_specified

TAPS, VOICES = 6, 2
TOLERANCE_SD = 0.02
NEAR = 0.05


def at(address: int, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """What lies there."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * count).from_address(address), dtype).reshape(shape)


class Replica:
    """Stands for the kernel."""

    def __init__(self, parts: Partition, packed: PackedTier) -> None:
        self._parts = parts
        self._packed = packed

    def launch(self, params: Params) -> None:
        shapes = dict(zip(PackedTier._fields, self._packed, strict=True))
        packed = PackedTier(*(at(getattr(params, name), one.shape, one.dtype) for name, one in shapes.items()))
        voices, count = params.voices, params.count
        history = at(params.codes - 8 * TAPS * voices, (TAPS + count, voices), np.int64)
        low, high = at(params.key, (2,), np.int64).tolist()
        start = int(at(params.start, (1,), np.int64)[0]) + params.offset
        patches = at(params.patches, (4, voices), np.float32)
        for t in range(count):
            step = 4 * params.conditioning_step
            first = params.conditioning + 4 * self._parts.dim * t
            where = [first + voice * step for voice in range(voices)]
            conditioning = np.stack([at(address, (self._parts.dim,), np.float32) for address in where])
            rows = replica.logits(self._parts, packed, conditioning, history[t : t + TAPS].T)
            at(params.logits, (count, voices, params.levels), np.float32)[t] = rows[:, : params.levels]
            if params.forced:
                continue
            for voice in range(voices):
                noise = np.empty((1, LEVELS))
                fill_gumbels(noise, seed=low | high << 32, voice=voice, start=start + t)
                history[TAPS + t, voice] = replica.draw(rows[voice], noise[0], patches[:, voice])


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    config = ModelConfig(frame_sizes=(TAPS, 12), dims=(256, 24, 16), embed_dim=4, q_levels=200)
    return random_checkpoint(config, seed=3)


@pytest.fixture
def generator(checkpoint: Checkpoint) -> TorchGenerator:
    parts = partition(checkpoint.config, VOICES, 90)
    assert isinstance(parts, Partition)
    packed = pack(checkpoint, parts)
    weights = [torch.from_numpy(np.ascontiguousarray(array)) for array in packed]
    tier: Any = partial(KernelTier, Replica(parts, packed), parts, weights)
    return TorchGenerator(Network(checkpoint, torch.device("cpu")), tier, seed=7 + 2**33, voices=VOICES)


def test_forced_logits_equal_the_reference(checkpoint: Checkpoint, generator: TorchGenerator) -> None:
    codes = codes_for(checkpoint.config, 21)
    expected = Reference(checkpoint).forced_logits(codes)
    generator.prime(codes[:8])
    logits = generator.forced_logits(codes[8:])
    for voice in range(VOICES):
        assert np.abs(logits[:, voice] - expected[8:]).max() < TOLERANCE_SD * expected.std()


def test_codes_are_drawn_as_specified_across_frames_and_blocks(
    checkpoint: Checkpoint, generator: TorchGenerator
) -> None:
    patches = [Patch(noise_fast=0.4, noise_slow=0.4), Patch(temperature=0.7, top_k=20, min_p=0.02)]
    codes = np.concatenate([generator.render(count, patches) for count in (5, 9)], axis=1)
    for voice, patch in enumerate(patches):
        bits = assert_drawn_as_specified(checkpoint, codes[voice], patch, 7 + 2**33, voice, NEAR)
        assert generator.surprisal_bits[voice] == pytest.approx(bits[5:].mean(), abs=0.1)


def test_a_launch_that_waited_in_vain_is_an_error(generator: TorchGenerator) -> None:
    with torch.inference_mode():
        generator._tier._failed[0] = 1  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="in vain"):
        generator.render(1, [Patch()] * VOICES)
