"""A back end proves itself or says why it does not; here the CPU stands for the GPU."""

import pytest
import torch

from livernn.control.patch import Patch
from livernn.errors import DeviceError
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.cuda import back_ends
from livernn.synth.cuda.back_ends import load_again, load_gpu, why_not
from livernn.synth.cuda.network import Network

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
    monkeypatch.setattr(Network, "logits", lambda network, first: right(network, first) + 0.1)
    with pytest.raises(DeviceError, match=r"they err by 0\.1"):
        load_gpu(CHECKPOINT)
    assert "are left out" in caplog.text
    caplog.clear()


def test_a_torch_without_cuda_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="does not use it"):
        load_gpu(CHECKPOINT)
    assert load_again(CHECKPOINT).device_name == "CPU"
