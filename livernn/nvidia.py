"""Which NVIDIA GPUs there are, asked of their driver: torch, which could tell too, takes seconds to load."""

import ctypes
import sys
from functools import cache

from livernn.errors import DeviceError

_NAME_BYTES = 128


def gpu_names() -> list[str]:
    """In the driver's order, at least one.

    Raises:
        DeviceError: there is no driver, or no GPU that it can use.
    """
    driver = _driver()
    if driver is None:
        raise DeviceError("GPU", "there is no NVIDIA driver", "Play on the CPU, or install the driver.")
    count = ctypes.c_int()
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value < 1:
        raise DeviceError("GPU", "the NVIDIA driver finds none", "Play on the CPU, or run nvidia-smi to see why.")
    names = []
    for ordinal in range(count.value):
        device, name = ctypes.c_int(), ctypes.create_string_buffer(_NAME_BYTES)
        driver.cuDeviceGet(ctypes.byref(device), ordinal)
        driver.cuDeviceGetName(name, _NAME_BYTES, device)
        names.append(name.value.decode(errors="replace"))
    return names


@cache
def _driver() -> ctypes.CDLL | None:
    """Looked for once: every attempt leaves a cycle, and the engine runs without their collector."""
    try:
        return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
