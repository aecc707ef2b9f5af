import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livernn.errors import BadInputError, LiveRNNError
from tests.fixtures.corpus import CODEC, write_folder
from trainer.dataset import SPLITS, load_dataset
from trainer.prepare import prepare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "music", {"train/a.wav": 30.0, "train/b.wav": 1.0, "valid/c.wav": 1.0, "test/d.wav": 1.0})
    prepare(tmp_path / "music", tmp_path / "data", CODEC)
    return tmp_path / "data"


def edit(folder: Path, change: dict[str, Any]) -> None:
    path = folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_codes_are_mapped_read_only(folder: Path) -> None:
    codes = load_dataset(folder).split("train").codes
    assert isinstance(codes, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        codes[0] = 1


def test_an_unknown_split_is_refused(folder: Path) -> None:
    with pytest.raises(BadInputError, match="train, valid, test"):
        load_dataset(folder).split("holdout")


@pytest.mark.parametrize("size", ["shorter", "longer", "gone"])
def test_files_that_do_not_fit_the_index_are_refused(folder: Path, size: str) -> None:
    path = folder / "train.u8"
    if size == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] if size == "shorter" else path.read_bytes() + b"\0")
    with pytest.raises(BadInputError, match=r"train\.u8 holds .* samples where 248000 are listed"):
        load_dataset(folder)


def test_a_folder_without_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="Prepare the data again"):
        load_dataset(tmp_path)


def test_a_newer_format_asks_for_an_update(folder: Path) -> None:
    edit(folder, {"format": 2})
    with pytest.raises(BadInputError, match="Update liveRNN"):
        load_dataset(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "one"},
        {"config": {"sample_rate_hz": 16000}},
        {"config": {"sample_rate_hz": 16000, "q_levels": 1000, "quantiser": "mu-law", "pre_emphasis": 0.0}},
        {"config": None},
        {"splits": {}},
        {"splits": {split: {"files": [], "samples": 0} for split in SPLITS}},
        {"splits": {split: {"files": [{"name": "a", "offset": 1, "samples": 9}], "samples": 10} for split in SPLITS}},
        {"splits": {split: {"files": [{"name": "a", "offset": 0, "samples": -9}], "samples": -9} for split in SPLITS}},
        {"report": 3},
    ],
)
def test_a_garbled_index_is_refused(folder: Path, change: dict[str, Any]) -> None:
    edit(folder, change)
    with pytest.raises(BadInputError):
        load_dataset(folder)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["files", "samples", *SPLITS]), inner),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["format", "config", "splits", "report", "licence", "credit"]), json_values, st.none() | st.binary()
)
def test_any_index_is_read_or_refused_in_words(folder: Path, key: str, value: object, raw: bytes | None) -> None:
    path = folder / "dataset.json"
    whole = path.read_bytes()
    try:
        if raw is None:
            edit(folder, {key: value})
        else:
            path.write_bytes(raw)
        load_dataset(folder)
    except LiveRNNError as error:
        assert error.remedy  # noqa: PT017
    finally:
        path.write_bytes(whole)
