"""The checkpoint file: round trip, and one clear error for everything else."""

import contextlib
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.checkpoint import FORMAT, FORMAT_VERSION, load_checkpoint, random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig

CONFIG = ModelConfig(frame_sizes=(4, 8), dims=(8, 8, 8), embed_dim=4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    checkpoint = random_checkpoint(CONFIG)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, CONFIG, checkpoint.weights, {"licence": "CC0", "steps": 3})
    return path


def test_round_trip(path: Path) -> None:
    loaded = load_checkpoint(path)
    assert loaded.config == CONFIG
    assert loaded.provenance == {"licence": "CC0", "steps": 3}
    assert len(loaded.sha256) == 64
    for name, array in random_checkpoint(CONFIG).weights.items():
        np.testing.assert_array_equal(loaded.weights[name], array)
        assert loaded.weights[name].dtype == np.float32


def test_saving_replaces_whole_or_not_at_all(path: Path) -> None:
    before = path.read_bytes()
    broken = {name: array * np.float32(np.nan) for name, array in random_checkpoint(CONFIG).weights.items()}
    with pytest.raises(BadInputError, match="NaN"):
        save_checkpoint(path, CONFIG, broken, {})
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir() if entry.name != "livernn-home"] == [path.name]


def test_a_full_disk_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LiveRNNError, match="No space left"):
        save_checkpoint(path, CONFIG, random_checkpoint(CONFIG, 1).weights, {})
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir() if entry.name != "livernn-home"] == [path.name]


def rewrite(path: Path, *, metadata: dict[str, str] | None = None, **weights: np.ndarray) -> None:
    checkpoint = random_checkpoint(CONFIG)
    arrays = {name: array.astype(np.float16) for name, array in checkpoint.weights.items()} | weights
    fields = {"format": FORMAT, "version": str(FORMAT_VERSION), "config": CONFIG.to_json(), "provenance": "{}"}
    save_file(arrays, path, fields | (metadata or {}))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": "other"}, "not a liveRNN checkpoint"),
        ({"version": "99"}, "newer"),
        ({"version": "x"}, "version is unreadable"),
        ({"version": "²"}, "version is unreadable"),
        ({"config": "{"}, "model configuration"),
        ({"config": json.dumps({"dims": [1]})}, "dims must be one longer"),
        ({"config": json.dumps({"colour": 1})}, "colour"),
        ({"config": replace(CONFIG, dims=(8, 8, 16)).to_json()}, "has shape"),
        ({"config": replace(CONFIG, layers=2).to_json()}, "missing"),
        ({"provenance": "[]"}, "provenance"),
        ({"provenance": "[" * 100_000}, "recursion"),
    ],
)
def test_foreign_and_newer_metadata(path: Path, metadata: dict[str, str], message: str) -> None:
    rewrite(path, metadata=metadata)
    with pytest.raises(BadInputError, match=message) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_weights(path: Path) -> None:
    rewrite(path, **{"sample_tier.hidden.bias": np.zeros(9, np.float16)})
    with pytest.raises(BadInputError, match="shape"):
        load_checkpoint(path)
    rewrite(path, **{"sample_tier.hidden.bias": np.full(8, np.inf, np.float16)})
    with pytest.raises(BadInputError, match="NaN or infinity"):
        load_checkpoint(path)
    rewrite(path, **{"sample_tier.hidden.bias": np.zeros(8, np.float64)})
    with pytest.raises(BadInputError, match="float64"):
        load_checkpoint(path)
    rewrite(path, surplus=np.zeros(1, np.float16))
    with pytest.raises(BadInputError, match="not expected"):
        load_checkpoint(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="No such file"):
        load_checkpoint(tmp_path / "nothing.safetensors")
    with pytest.raises(BadInputError, match="directory"):
        load_checkpoint(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_never_escapes_as_a_bug(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    damaged = path.with_name("damaged.safetensors")
    if data.draw(st.booleans()):
        damaged.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        with pytest.raises(BadInputError):
            load_checkpoint(damaged)
    else:
        for _ in range(4):
            content[data.draw(st.integers(0, min(4000, len(content) - 1)))] = data.draw(st.integers(0, 255))
        damaged.write_bytes(content)
        with contextlib.suppress(BadInputError):  # a flipped bit of a weight is still a weight
            load_checkpoint(damaged)


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_one_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    with pytest.raises(BadInputError):
        load_checkpoint(file)
