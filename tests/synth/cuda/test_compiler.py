"""The kernel compiles for every architecture that it is meant for, and fits its registers, without a GPU."""

import ctypes
import re
from typing import Any

import pytest

from livernn.control.preset import find_presets
from livernn.errors import DeviceError
from livernn.model.checkpoint import load_checkpoint
from livernn.model.config import ModelConfig
from livernn.paths import cache_dir
from livernn.synth.cuda import compiler
from livernn.synth.cuda.compiler import compile_kernel, load_cubin
from livernn.synth.cuda.kernel_player import FrameTier, Params, params_with
from livernn.synth.cuda.partition import GROUPS, Partition, partition

pytest.importorskip("cuda.bindings.nvrtc", reason="NVRTC is not installed")

MOST_SPILL_BYTES = 256


def parts_of(config: ModelConfig, voices: int, architecture: int) -> Partition:
    parts = partition(config, voices, architecture)
    assert isinstance(parts, Partition), parts
    return parts


@pytest.mark.parametrize(
    ("architecture", "dim"),
    [*((90, dim) for dim in GROUPS), *((other, dim) for other in (80, 86, 89, 120) for dim in (512, 1024))],
)
def test_it_compiles_and_keeps_its_weights_in_registers(architecture: int, dim: int) -> None:
    config = ModelConfig(dims=(dim, 256, 256))
    for voices in (1, 8) if architecture == 90 else (8,):
        compiled = compile_kernel(parts_of(config, voices, architecture), architecture)
        assert compiled.cubin.startswith(b"\x7fELF")
        assert compiled.spill_bytes <= (0 if dim <= 512 and architecture == 90 else MOST_SPILL_BYTES)


def test_nothing_of_a_bundled_preset_is_spilled_on_an_h100() -> None:
    for preset in find_presets():
        config = load_checkpoint(preset.checkpoint).config
        parts = partition(config, 1, 90)
        assert isinstance(parts, str) or compile_kernel(parts, 90).spill_bytes == 0


def test_machine_code_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parts_of(ModelConfig(), 1, 90)
    first = load_cubin(parts, 90)
    monkeypatch.setattr(compiler, "compile_kernel", None)
    assert load_cubin(parts, 90) == first
    assert [path.read_bytes() for path in (cache_dir() / "gpu").iterdir()] == [first]


def test_a_source_that_does_not_compile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_sources", lambda: {compiler.MAIN: b"nonsense"})
    with pytest.raises(DeviceError, match=r"NVRTC refuses it .*nonsense"):
        compile_kernel(parts_of(ModelConfig(), 1, 90), 90)
    assert not (cache_dir() / "gpu").exists()


@pytest.mark.parametrize(("name", "fields"), [("FrameTier", FrameTier._fields_), ("Params", Params._fields_)])
def test_parameters_are_those_of_the_source(name: str, fields: Any) -> None:
    struct = compiler._sources()["types.cuh"].decode().split(f"struct {name} {{")[1].split("};")[0]
    lines = [line.split("//")[0].strip().rstrip(";") for line in struct.strip().splitlines()]
    found = []
    for line in lines[: lines.index("FrameTier tiers[TIERS]") if name == "Params" else None]:
        kind, names = re.fullmatch(r"(?:const )?(\w+\*?)(?: const)? ([\w, ]+)", line).groups()  # type: ignore[union-attr]
        found += [(field, 4 if kind in ("int", "float") else 8) for field in names.split(", ")]
    assert found == [(field, ctypes.sizeof(kind)) for field, kind in fields]
    assert params_with(2).tiers.offset % 8 == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("which", ["shared_bytes", "worker_bytes"])
def test_shared_memory_is_what_the_source_says(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(Partition, which).fget
    monkeypatch.setattr(Partition, which, property(lambda parts: right(parts) + 16))
    with pytest.raises(DeviceError, match=r"partition\.py"):
        compile_kernel(parts_of(ModelConfig(), 3, 90), 90)
