"""A back end proves itself or says why it does not; here the CPU stands for the GPU."""

import itertools
import logging
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from livernn.control.patch import Patch
from livernn.errors import DeviceError
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import GPU_PRECISION, KERNEL_PRECISION
from livernn.synth.cuda import back_ends, generator
from livernn.synth.cuda.back_ends import KERNEL_VARIABLE, load_again, load_gpu, why_not
from livernn.synth.cuda.draw import draw, surprisal_bits
from livernn.synth.cuda.generator import TorchGenerator
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.noise import Noise
from livernn.synth.cuda.player import TorchPlayer

CHECKPOINT = random_checkpoint(ModelConfig(frame_sizes=(4, 8), dims=(8, 8, 8), embed_dim=4))


@pytest.fixture(autouse=True)
def cpu_for_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    why_not.cache_clear()
    monkeypatch.setattr(back_ends, "gpu_names", lambda: ["pretended GPU"])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "pretended GPU")
    monkeypatch.setattr(back_ends, "_gpu", lambda: torch.device("cpu"))


def test_one_that_agrees_with_the_reference_serves() -> None:
    assert why_not() is None
    model = load_gpu(CHECKPOINT)
    assert model.device_name == "pretended GPU"
    assert model.generator(seed=1, voices=2).render(5, [Patch()] * 2).shape == (2, 5)


def test_one_that_errs_is_left_out_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    right = Network.logits

    def off(network: Network, first: Tensor, out: Tensor) -> None:
        right(network, first, out)
        out += 0.1

    monkeypatch.setattr(Network, "logits", off)
    with pytest.raises(DeviceError, match=r"logits err by 0\.1"):
        load_gpu(CHECKPOINT)
    assert "are left out" in caplog.text
    caplog.clear()


def test_one_that_draws_what_it_should_not_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def off(logits: Tensor, noise: Tensor, *others: Any) -> None:
        draw(logits, noise.flip(1), *others)

    monkeypatch.setattr("livernn.synth.cuda.player.draw", off)
    reason = why_not()
    assert reason is not None
    assert re.search(r"draws \d+ where \d+ is due", reason)
    caplog.clear()


def test_one_whose_noise_is_another_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    right = Noise.normals
    monkeypatch.setattr(Noise, "normals", lambda noise, positions, tier, units: -right(noise, positions, tier, units))
    assert re.search(r"draws \d+ where \d+ is due", why_not() or "")
    caplog.clear()


def test_one_that_draws_other_codes_the_second_time_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    right, times = TorchGenerator.render, itertools.count(1)

    def unsteady(generator: TorchGenerator, count: int, patches: list[Patch]) -> np.ndarray:
        codes = right(generator, count, patches)
        codes[0, -1] ^= next(times) % 2 == 0
        return codes

    monkeypatch.setattr(TorchGenerator, "render", unsteady)
    assert "other codes the second time" in (why_not() or "")
    caplog.clear()


def test_one_that_misjudges_its_surprise_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(generator, "surprisal_bits", lambda *arguments: surprisal_bits(*arguments) + 0.5)
    assert re.search(r"takes [\d.]+ bits for [\d.]+", why_not() or "")
    caplog.clear()


@pytest.mark.parametrize(
    ("asked", "why"), [("", "LIVERNN_GPU_KERNEL=1 only"), ("1", "256, 512, 1024 units of the sample tier, not 8")]
)
def test_graphs_play_where_the_kernel_does_not(
    asked: str, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(KERNEL_VARIABLE, asked)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    with caplog.at_level(logging.INFO):
        assert load_gpu(CHECKPOINT).precision == GPU_PRECISION
    assert why in caplog.text


def test_a_kernel_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class InVain(TorchPlayer):
        def check(self) -> None:
            raise RuntimeError("it waited in vain")

    monkeypatch.setenv(KERNEL_VARIABLE, "1")
    monkeypatch.setattr(back_ends, "KernelModel", lambda *_: SimpleNamespace(make_player=lambda voices: InVain))
    assert load_gpu(CHECKPOINT).precision == GPU_PRECISION
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "waited in vain" in caplog.text
    caplog.clear()


def test_a_kernel_that_agrees_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KERNEL_VARIABLE, "1")
    monkeypatch.setattr(back_ends, "KernelModel", lambda *_: SimpleNamespace(make_player=lambda voices: TorchPlayer))
    model = load_gpu(CHECKPOINT)
    assert model.precision == KERNEL_PRECISION
    assert model.generator(seed=1).render(5, [Patch()]).shape == (1, 5)
    for precision in (KERNEL_PRECISION, GPU_PRECISION):
        assert load_again(CHECKPOINT, precision).precision == precision


def test_a_memory_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise torch.cuda.OutOfMemoryError("no 2 GiB")

    model = load_gpu(CHECKPOINT)
    monkeypatch.setattr(back_ends, "TorchGenerator", full)
    with pytest.raises(DeviceError, match="its memory is full"):
        model.generator(seed=1, voices=64)
    monkeypatch.setattr(back_ends, "Network", full)
    with pytest.raises(DeviceError, match="its memory is full"):
        load_gpu(CHECKPOINT)


def test_a_torch_without_cuda_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="does not use it"):
        load_gpu(CHECKPOINT)
    assert load_again(CHECKPOINT, GPU_PRECISION).device_name == "CPU"
