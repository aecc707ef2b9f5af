"""What the driver is told of a kernel: here its functions are pretended, its types are not."""

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from livernn.errors import DeviceError
from livernn.model.config import ModelConfig
from livernn.synth.cuda import driver
from livernn.synth.cuda.driver import Kernel
from livernn.synth.cuda.partition import THREADS, Partition, partition

real = pytest.importorskip("cuda.bindings.driver", reason="cuda-bindings is not installed")

STREAM = 7


class Pretended:
    """A device of 20 multiprocessors that hold two CTAs each, or five clusters."""

    def __init__(self, *, cooperative: bool = True, loads: bool = True) -> None:
        self._cooperative, self._loads = cooperative, loads
        self._functions = {
            "cuModuleLoadData": self._load,
            "cuDeviceGetAttribute": self._device_attribute,
            "cuFuncSetAttribute": self._set,
            "cuOccupancyMaxActiveClusters": self._clusters,
            "cuOccupancyMaxActiveBlocksPerMultiprocessor": self._blocks,
            "cuLaunchKernelEx": self._launch,
        }
        self.set: dict[str, int] = {}
        self.launched: list[tuple[Any, bytes]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("CU"):
            return getattr(real, name)
        return self._functions.get(name, lambda *arguments: self._answer(name))

    def _load(self, cubin: bytes) -> tuple[Any, ...]:
        return self._answer(cubin) if self._loads else (real.CUresult.CUDA_ERROR_INVALID_IMAGE, None)

    def _device_attribute(self, attribute: Any, device: str) -> tuple[Any, ...]:
        assert device == "cuCtxGetDevice"
        return self._answer(20 if attribute.name.endswith("MULTIPROCESSOR_COUNT") else int(self._cooperative))

    def _set(self, function: str, attribute: Any, value: int) -> tuple[Any, ...]:
        self.set[attribute.name.removeprefix("CU_FUNC_ATTRIBUTE_")] = value
        return self._answer()

    def _clusters(self, function: str, config: Any) -> tuple[Any, ...]:
        assert config.gridDimX % config.attrs[0].value.clusterDim.x == 0
        return self._answer(5)

    def _blocks(self, function: str, threads: int, size: int) -> tuple[Any, ...]:
        assert threads == THREADS
        return self._answer(2)

    def _launch(self, config: Any, function: str, pointers: int, extra: int) -> tuple[Any, ...]:
        (address,) = (ctypes.c_void_p * 1).from_address(pointers)
        self.launched.append((config, ctypes.string_at(address, 4)))
        return self._answer()

    @staticmethod
    def _answer(*values: object) -> tuple[Any, ...]:
        return real.CUresult.CUDA_SUCCESS, *values


def made(monkeypatch: pytest.MonkeyPatch, pretended: Pretended, architecture: int, voices: int = 1) -> Kernel:
    monkeypatch.setattr(driver, "_driver", lambda: pretended)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: SimpleNamespace(cuda_stream=STREAM))
    parts = partition(ModelConfig(), voices, architecture)
    assert isinstance(parts, Partition)
    return Kernel(b"cubin", parts, 1)


@pytest.mark.parametrize(("architecture", "workers"), [(90, 32), (80, 32)])
def test_a_launch_is_cooperative_on_torch_s_stream_and_fills_the_device(
    architecture: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended = Pretended()
    kernel = made(monkeypatch, pretended, architecture)
    assert kernel.workers == workers
    kernel.launch(ctypes.c_char_p(b"four"))  # type: ignore[arg-type]
    ((config, _),) = pretended.launched
    assert (config.gridDimX, config.blockDimX, int(config.hStream)) == (8 + workers, THREADS, STREAM)
    assert config.sharedMemBytes == pretended.set["MAX_DYNAMIC_SHARED_SIZE_BYTES"] > 0
    assert ("NON_PORTABLE_CLUSTER_SIZE_ALLOWED" in pretended.set) is (architecture == 90)
    *cluster, together = config.attrs
    assert [one.value.clusterDim.x for one in cluster] == ([8] if architecture == 90 else [])
    assert together.id == real.CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_COOPERATIVE
    assert together.value.cooperative == 1


def test_a_device_that_does_not_run_all_at_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceError, match="all of it at once"):
        made(monkeypatch, Pretended(cooperative=False), 90)


def test_a_driver_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceError, match="CUDA_ERROR_INVALID_IMAGE"):
        made(monkeypatch, Pretended(loads=False), 90)
