"""A compiled kernel on the current device: loaded, checked for room, launched on torch's stream."""

import ctypes
from typing import Any

import torch

from livernn.errors import DeviceError
from livernn.synth.cuda.partition import THREADS, Partition

MOST_WORKERS = 64
"""Of a group: more would wait longer for each other than they save."""


class Kernel:
    """Of one partition, in the context that torch has made current as it is loaded. A launch waits for nothing."""

    def __init__(self, cubin: bytes, parts: Partition, groups: int) -> None:
        """Raises DeviceError where so many groups find no room on the device, or the driver fails."""
        self._driver = driver = _driver()
        self._parts = parts
        self._context = self._checked(driver.cuCtxGetCurrent())
        if not self._device_attribute(driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH):
            raise DeviceError("GPU kernel", "the device does not promise to run all of it at once", "Use the graphs.")
        self._module = self._checked(driver.cuModuleLoadData(cubin))
        self._function = self._checked(driver.cuModuleGetFunction(self._module, b"segment"))
        self._shared_bytes = max(parts.shared_bytes, parts.worker_bytes)
        attribute = driver.CUfunction_attribute
        self._set(attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, self._shared_bytes)
        if parts.cluster:
            self._set(attribute.CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1)
        self.workers = workers_for(self._room(), parts.group, groups)
        """Of each group."""
        self._ctas = groups * (parts.group + self.workers)

    def launch(self, params: ctypes.Structure) -> None:
        """Queue all groups on torch's current stream; `params` are copied."""
        self._checked(self._driver.cuCtxSetCurrent(self._context))  # another thread may have loaded it
        pointers = (ctypes.c_void_p * 1)(ctypes.addressof(params))
        config = self._config(self._ctas)
        config.hStream = torch.cuda.current_stream().cuda_stream
        together = self._driver.CUlaunchAttribute()
        together.id = self._driver.CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_COOPERATIVE
        together.value.cooperative = 1
        config.attrs = [*config.attrs, together]
        config.numAttrs = len(config.attrs)
        self._checked(self._driver.cuLaunchKernelEx(config, self._function, ctypes.addressof(pointers), 0))

    def _config(self, ctas: int) -> Any:
        config = self._driver.CUlaunchConfig()
        config.gridDimX, config.gridDimY, config.gridDimZ = ctas, 1, 1
        config.blockDimX, config.blockDimY, config.blockDimZ = THREADS, 1, 1
        config.sharedMemBytes = self._shared_bytes
        if self._parts.cluster:
            cluster = self._driver.CUlaunchAttribute()
            cluster.id = self._driver.CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION
            size = cluster.value.clusterDim
            size.x, size.y, size.z = self._parts.group, 1, 1
            config.attrs, config.numAttrs = [cluster], 1
        return config

    def _room(self) -> int:
        """CTAs that the device holds at once."""
        driver, parts = self._driver, self._parts
        if parts.cluster:
            clusters = driver.cuOccupancyMaxActiveClusters(self._function, self._config(parts.group))
            return int(self._checked(clusters)) * parts.group
        each = driver.cuOccupancyMaxActiveBlocksPerMultiprocessor(self._function, THREADS, self._shared_bytes)
        count = driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
        return int(self._checked(each)) * self._device_attribute(count)

    def _device_attribute(self, attribute: Any) -> int:
        device = self._checked(self._driver.cuCtxGetDevice())
        return int(self._checked(self._driver.cuDeviceGetAttribute(attribute, device)))

    def _set(self, attribute: Any, value: int) -> None:
        self._checked(self._driver.cuFuncSetAttribute(self._function, attribute, value))

    def _checked(self, answer: tuple[Any, ...]) -> Any:
        """The one value of an answer, whose first is its error code."""
        code, *values = answer
        if code != self._driver.CUresult.CUDA_SUCCESS:
            raise DeviceError("GPU kernel", f"the driver fails ({code.name})", "Play on the CPU.")
        return values[0] if values else None


def workers_for(room: int, group: int, groups: int) -> int:
    """Workers of each group, whole clusters of them, that find a place beside the CTAs that draw.

    Raises:
        DeviceError: there is not one cluster for each.
    """
    workers = min(room // groups - group, MOST_WORKERS) // group * group
    if workers < group:
        raise DeviceError(
            "GPU kernel", f"it needs {2 * group * groups} blocks at once, not {room}", "Use fewer voices."
        )
    return workers


def _driver() -> Any:
    try:
        from cuda.bindings import driver
    except ImportError as error:
        raise DeviceError("GPU kernel", "cuda-bindings is not installed", "pip install cuda-bindings") from error
    return driver
