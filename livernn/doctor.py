"""What this machine has, what it lacks, and how to get it."""

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from livernn import __version__
from livernn.buglog import log_folder
from livernn.control.preset import find_presets
from livernn.engine.messages import Device
from livernn.errors import DeviceError, LiveRNNError
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.nvidia import gpu_names
from livernn.paths import cache_dir, data_dir, preset_folders

PROBE_PATIENCE_S = 10.0

_NONE = "none"

_PACKAGES = (
    ("numpy", "everything"),
    ("numba", "the CPU kernel"),
    ("safetensors", "checkpoints"),
    ("soundfile", "sound files"),
    ("soxr", "sound files"),
    ("sounddevice", "audio output"),
    ("python-rtmidi", "MIDI"),
    ("python-osc", "OSC"),
    ("PySide6-Essentials", "the window"),
    ("pyqtgraph", "the window"),
    ("torch", "training"),
    ("tqdm", "training"),
)


@dataclass
class Finding:
    """One topic: what there is, and for what is missing, the line that says how to get it."""

    topic: str
    lines: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def examine() -> Iterator[Finding]:
    """Each topic as it is examined; devices are probed in processes of their own, since they can hang."""
    for topic, look in _TOPICS.items():
        finding = Finding(topic)
        try:
            look(finding)
        except LiveRNNError as error:
            finding.lines.append(error.why)
            finding.missing.append(str(error))
        except ImportError as error:
            finding.lines.append(str(error))
        yield finding


def _versions(finding: Finding) -> None:
    finding.lines.append(f"liveRNN {__version__}, Python {platform.python_version()}, {platform.platform()}")
    found = []
    for package, purpose in _PACKAGES:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            finding.missing.append(f"{package}, for {purpose}: pip install {package}")
    finding.lines.append(", ".join(found))


def _kernels(finding: Finding) -> None:
    from livernn.synth.instructions import candidates, runnable
    from livernn.synth.kernel_cache import use_kernel_cache

    folder = use_kernel_cache()
    compiled = len(list(folder.rglob("*.nbi")))
    finding.lines.append(f"{_processor()}, {os.cpu_count()} logical cores")
    finding.lines.append(f"vector instructions: {candidates()[0]}, of {', '.join(runnable())}")
    finding.lines.append(f"{compiled} functions compiled for this version, in {folder}")
    if not compiled:
        finding.lines.append("the first start will take a minute longer, to tune them for this processor")


def _processor() -> str:
    """Its name; Linux tells platform.processor() the architecture only."""
    try:
        listing = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        listing = ""
    names = [line.partition(":")[2].strip() for line in listing.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _gpu(finding: Finding) -> None:
    try:
        finding.lines += gpu_names()
    except DeviceError as error:
        finding.lines.append(f"{error.why}; the CPU plays")
        return
    from livernn.synth.cuda.back_ends import why_no_kernel, why_not

    reason = why_not()
    finding.lines.append("torch's CUDA graphs play" if reason is None else f"the CPU plays: {reason}")
    if reason is None:
        reason = why_no_kernel(random_checkpoint(ModelConfig()))
        finding.lines.append("the kernel plays" if reason is None else f"the kernel does not play: {reason}")


def _audio(finding: Finding) -> None:
    from livernn.engine.devices import list_outputs

    _list_devices(finding, list_outputs(PROBE_PATIENCE_S))
    if finding.lines == [_NONE]:
        finding.missing.append("an audio output: connect one, or start the sound server")


def _microphones(finding: Finding) -> None:
    from livernn.engine.devices import list_inputs

    _list_devices(finding, list_inputs(PROBE_PATIENCE_S))


def _list_devices(finding: Finding, devices: Sequence[Device]) -> None:
    for device in devices:
        default = " (default)" if device.is_default else ""
        finding.lines.append(f"{device.full_name}: {device.channels} channels, {device.default_rate_hz:g} Hz{default}")
    finding.lines = finding.lines or [_NONE]


def _midi(finding: Finding) -> None:
    from livernn.inputs.ports import list_ports

    finding.lines += list_ports(PROBE_PATIENCE_S) or [_NONE]


def _presets(finding: Finding) -> None:
    finding.lines += [f"{preset.name}: {preset.title}, {preset.folder}" for preset in find_presets()]
    if not finding.lines:
        finding.lines.append(_NONE)
        finding.missing.append(f"a preset: put one into {preset_folders()[0]}")


def _folders(finding: Finding) -> None:
    finding.lines += [f"yours: {data_dir()}", f"cache: {cache_dir()}", f"logs: {log_folder()}"]


_TOPICS: dict[str, Callable[[Finding], None]] = {
    "Versions": _versions,
    "Processor and kernels": _kernels,
    "GPU": _gpu,
    "Audio outputs": _audio,
    "Microphones": _microphones,
    "MIDI inputs": _midi,
    "Presets": _presets,
    "Folders": _folders,
}
