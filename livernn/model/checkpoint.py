"""The one checkpoint format: a safetensors file of fp16 weights whose metadata holds config and provenance."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.config import ModelConfig
from livernn.model.foresight import Foresight

FORMAT = "livernn-samplernn"
FORMAT_VERSION = 1
LIMIT_BYTES = 1 << 30

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Checkpoint:
    """A trained network. `provenance` says where it comes from: data, licence, credit, settings, bits per sample."""

    config: ModelConfig
    weights: Weights
    provenance: Mapping[str, Any]
    sha256: str

    @property
    def foresight(self) -> Foresight | None:
        """As measured when training ended; None where that is not stated."""
        return Foresight.of(self.provenance)


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight, as `SampleRNN.plain_state` names them."""
    dim = config.dims[0]
    gates = 3 if config.cell == "gru" else 4
    shapes: dict[str, tuple[int, ...]] = {
        "sample_tier.embedding.weight": (config.q_levels, config.embed_dim),
        "sample_tier.input.weight": (dim, config.taps * config.embed_dim),
        "sample_tier.hidden.weight": (dim, dim),
        "sample_tier.hidden.bias": (dim,),
        "sample_tier.output.weight": (config.q_levels, dim),
        "sample_tier.output.bias": (config.q_levels,),
    }
    for tier in range(1, config.tiers):
        prefix = f"frame_tiers.{tier - 1}"
        dim, below, ratio = config.dims[tier], config.dims[tier - 1], config.ratio(tier)
        shapes[f"{prefix}.initial"] = (1 if config.cell == "gru" else 2, config.layers, dim)
        shapes[f"{prefix}.input.weight"] = (dim, config.frame_sizes[tier - 1])
        shapes[f"{prefix}.input.bias"] = (dim,)
        for layer in range(config.layers):
            shapes[f"{prefix}.rnn.weight_ih_l{layer}"] = (gates * dim, dim)
            shapes[f"{prefix}.rnn.weight_hh_l{layer}"] = (gates * dim, dim)
            shapes[f"{prefix}.rnn.bias_ih_l{layer}"] = (gates * dim,)
            shapes[f"{prefix}.rnn.bias_hh_l{layer}"] = (gates * dim,)
        positions = ratio if config.upsampler == "full" else 1
        shapes[f"{prefix}.upsample.weight"] = (positions * below, dim)
        shapes[f"{prefix}.upsample.bias"] = (ratio, below)
    return shapes


def save_checkpoint(path: Path, config: ModelConfig, weights: Weights, provenance: Mapping[str, Any]) -> None:
    """Write atomically: an existing file is replaced whole or not at all.

    Raises:
        BadInputError: the weights are not those of `config`, or not finite in fp16.
        LiveRNNError: the file cannot be written; what was there is still there.
    """
    halves = {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in weights.items()}
    _check(path, config, halves)
    metadata = {
        "format": FORMAT,
        "version": str(FORMAT_VERSION),
        "config": config.to_json(),
        "provenance": json.dumps(dict(provenance)),
    }
    try:
        _replace_file(path, save(halves, metadata))
    except OSError as error:
        raise LiveRNNError(
            str(path), f"it cannot be written ({error.strerror})", "Make room, or choose another folder."
        ) from error


def _replace_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp's 0600 would make a shared preset unreadable
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load_checkpoint(path: Path) -> Checkpoint:
    """Read and verify a checkpoint; weights come back as float32.

    Raises:
        BadInputError: missing, truncated, foreign, newer, of the wrong shape or not finite.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > LIMIT_BYTES:
            raise _unusable(path, f"{size_bytes >> 20} MiB is more than a checkpoint holds")
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(str(path), error.strerror or str(error), "Choose an existing .safetensors file.") from error
    metadata = _metadata(path, content)
    if metadata.get("format") != FORMAT:
        raise _unusable(path, "this is not a liveRNN checkpoint")
    version = metadata.get("version", "")
    if not version.isdecimal():
        raise _unusable(path, "its format version is unreadable")
    if int(version) > FORMAT_VERSION:
        raise BadInputError(
            str(path), f"its format {version} is newer than {FORMAT_VERSION}, the newest known here", "Update liveRNN."
        )
    try:
        config = ModelConfig.from_json(metadata["config"])
        provenance = json.loads(metadata["provenance"])
        if not isinstance(provenance, dict):
            raise ValueError("provenance is not an object")
        halves = load(content)
    except (KeyError, ValueError, RecursionError, SafetensorError, BadInputError) as error:
        raise _unusable(path, str(error)) from error
    _check(path, config, halves)
    weights = {name: array.astype(np.float32) for name, array in halves.items()}
    return Checkpoint(config, weights, provenance, hashlib.sha256(content).hexdigest())


def read_provenance(path: Path) -> Mapping[str, Any]:
    """Where a checkpoint comes from, as its header says: the weights are not read.

    Raises:
        BadInputError: missing, or not a checkpoint.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            provenance = json.loads((file.metadata() or {})["provenance"])
    except (OSError, KeyError, ValueError, RecursionError, SafetensorError) as error:
        raise _unusable(path, f"its header tells no provenance ({error})") from error
    if not isinstance(provenance, dict):
        raise _unusable(path, "provenance is not an object")
    return provenance


def random_checkpoint(config: ModelConfig, seed: int = 0) -> Checkpoint:
    """An untrained network with logits of a trained one's spread: for tests and benchmarks."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in weight_shapes(config).items():
        if name.endswith("bias") or "bias_" in name:
            scale = 0.05
        elif name.endswith(("initial", "embedding.weight")):
            scale = 0.5
        else:
            scale = 1.4 / np.sqrt(shape[-1])
        array = random.standard_normal(shape) * scale
        weights[name] = array.astype(np.float16).astype(np.float32)
    return Checkpoint(config, weights, {"data": "none: random weights"}, f"random-{seed}")


def _metadata(path: Path, content: bytes) -> dict[str, str]:
    """The string map of a safetensors header (8 bytes of length, then JSON): the library exposes it for files only."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise _unusable(path, "the file is truncated or not a safetensors file")
    try:
        header = json.loads(content[8 : 8 + length])
        metadata = header.get("__metadata__", {})
        return {str(key): str(value) for key, value in metadata.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise _unusable(path, "its header is not that of a safetensors file") from error


def _check(path: Path, config: ModelConfig, weights: Mapping[str, NDArray[Any]]) -> None:
    expected = weight_shapes(config)
    if set(weights) != set(expected):
        odd = min(set(weights) ^ set(expected))
        raise _unusable(path, f"weight {odd!r} is {'not expected' if odd in weights else 'missing'}")
    for name, array in weights.items():
        if array.shape != expected[name]:
            raise _unusable(path, f"weight {name!r} has shape {array.shape}, not {expected[name]}")
        if array.dtype != np.float16:
            raise _unusable(path, f"weight {name!r} is {array.dtype}, not float16")
        if not np.isfinite(array).all():
            raise _unusable(path, f"weight {name!r} holds NaN or infinity")


def _unusable(path: Path, why: str) -> BadInputError:
    return BadInputError(str(path), why, "Export it again with 'python -m trainer export', or choose another file.")
