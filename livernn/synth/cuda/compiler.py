"""`segment.cu` to machine code by NVRTC, which needs neither a toolkit nor a GPU; kept on disk."""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from livernn.errors import DeviceError
from livernn.paths import cache_dir
from livernn.replacing import replacing
from livernn.synth.cuda.partition import Partition

MAIN = "segment.cu"

_SPILLS = re.compile(r"(\d+) bytes spill (?:stores|loads)")


@dataclass(frozen=True)
class Compiled:
    """Machine code and what the assembler says of it."""

    cubin: bytes
    log: str

    @property
    def spill_bytes(self) -> int:
        """What does not fit registers, stores or loads, whichever are more."""
        return max(map(int, _SPILLS.findall(self.log)))


def load_cubin(parts: Partition, architecture: int) -> bytes:
    """From the cache, or compiled into it.

    Raises:
        DeviceError: NVRTC is missing or refuses the source.
    """
    path = _cached(parts, architecture)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as unfinished:
            unfinished.write_bytes(compile_kernel(parts, architecture).cubin)
    return path.read_bytes()


def compile_kernel(parts: Partition, architecture: int) -> Compiled:
    """For compute capability `architecture`, 90 for 9.0.

    Raises:
        DeviceError: as `load_cubin`.
    """
    nvrtc = _nvrtc()
    headers = {name: text for name, text in _sources().items() if name != MAIN}
    program = _checked(
        nvrtc,
        nvrtc.nvrtcCreateProgram(
            _sources()[MAIN],
            MAIN.encode(),
            len(headers),
            list(headers.values()),
            [name.encode() for name in headers],
        ),
    )
    try:
        options = [option.encode() for option in _options(parts, architecture)]
        (result,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
        size = _checked(nvrtc, nvrtc.nvrtcGetProgramLogSize(program))
        log = bytes(size)
        _checked(nvrtc, nvrtc.nvrtcGetProgramLog(program, log))
        text = log.decode(errors="replace").rstrip("\0")
        if result != nvrtc.nvrtcResult.NVRTC_SUCCESS:
            raise DeviceError("GPU kernel", f"NVRTC refuses it ({' '.join(text.split())})", "Please report it.")
        cubin = bytes(_checked(nvrtc, nvrtc.nvrtcGetCUBINSize(program)))
        _checked(nvrtc, nvrtc.nvrtcGetCUBIN(program, cubin))
    finally:
        nvrtc.nvrtcDestroyProgram(program)
    return Compiled(cubin, text)


def _options(parts: Partition, architecture: int) -> list[str]:
    defines = [f"-D{name}={value}" for name, value in parts.defines().items()]
    return [f"--gpu-architecture=sm_{architecture}", "--std=c++17", "--ptxas-options=-v", *defines]


def _sources() -> dict[str, bytes]:
    folder = files("livernn.synth.cuda")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.endswith((".cu", ".cuh"))}


def _cached(parts: Partition, architecture: int) -> Path:
    _, *version = _nvrtc().nvrtcVersion()
    key = hashlib.sha256(repr((sorted(_sources().items()), _options(parts, architecture), version)).encode())
    return cache_dir() / "gpu" / f"{key.hexdigest()[:32]}.cubin"


def _nvrtc() -> Any:
    try:
        from cuda.bindings import nvrtc

        nvrtc.nvrtcVersion()
    except (ImportError, RuntimeError) as error:
        raise DeviceError(
            "GPU kernel", "NVRTC is not installed", "pip install cuda-bindings nvidia-cuda-nvrtc"
        ) from error
    return nvrtc


def _checked(nvrtc: Any, answer: tuple[Any, ...]) -> Any:
    """The one value of an answer, whose first is its error code."""
    code, *values = answer
    if code != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise DeviceError("GPU kernel", f"NVRTC fails ({code.name})", "Please report it.")
    return values[0] if values else None
