"""The driver is asked, and what it lacks is told; here it is one of our own making."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from livernn import nvidia
from livernn.errors import DeviceError
from livernn.nvidia import gpu_names


class FakeDriver:
    def __init__(self, names: list[str], code: int = 0) -> None:
        self._names = names
        self._code = code

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self._code

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = len(self._names)
        return 0

    def cuDeviceGet(self, device: Any, ordinal: int) -> int:  # noqa: N802
        device._obj.value = ordinal
        return 0

    def cuDeviceGetName(self, name: Any, size: int, device: Any) -> int:  # noqa: N802
        name.value = self._names[device.value].encode()[: size - 1]
        return 0


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """The driver is looked for anew, and once more after the test."""
    nvidia._driver.cache_clear()
    yield
    nvidia._driver.cache_clear()


def use(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: driver)


def test_every_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    use(FakeDriver(["NVIDIA H100", "NVIDIA A10"]), monkeypatch)
    assert gpu_names() == ["NVIDIA H100", "NVIDIA A10"]


@pytest.mark.parametrize("driver", [FakeDriver([]), FakeDriver(["NVIDIA H100"], code=100)])
def test_a_driver_without_a_gpu(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    use(driver, monkeypatch)
    with pytest.raises(DeviceError, match="finds none"):
        gpu_names()


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(DeviceError, match="no NVIDIA driver"):
        gpu_names()


def test_looking_again_leaves_nothing_to_the_collector_of_cycles() -> None:
    def look() -> None:
        with suppress(DeviceError):
            gpu_names()

    look()
    gc.collect()
    look()
    assert gc.collect() == 0
