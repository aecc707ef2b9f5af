import errno
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.config import ModelConfig
from livernn.model.quantize import silence_code, to_codes
from tests.fixtures.corpus import CODEC, RATE_HZ, tune, write_folder
from trainer import prepare as module
from trainer.dataset import SPLITS, load_dataset
from trainer.prepare import encode_recording, prepare

SPLIT_FOLDERS = {"train/a.wav": 20.0, "train/b.wav": 12.0, "valid/c.wav": 2.0, "test/d.wav": 3.0}


@pytest.fixture
def music(tmp_path: Path) -> Path:
    write_folder(tmp_path / "music", SPLIT_FOLDERS)
    return tmp_path / "music"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_codes_are_those_of_the_files(music: Path, tmp_path: Path) -> None:
    report = prepare(music, tmp_path / "data", CODEC, licence="CC0", credit="nobody")
    data = load_dataset(tmp_path / "data")
    assert data.codec == CODEC
    assert (data.licence, data.credit) == ("CC0", "nobody")
    assert report.divided_by == "split folders"
    assert [span.name for span in data.split("train").files] == ["train/a.wav", "train/b.wav"]
    for seed, (name, seconds) in enumerate(SPLIT_FOLDERS.items()):
        split = data.split(name.split("/")[0])
        index = [span.name for span in split.files].index(name)
        audio, _ = soundfile.read(music / name, dtype="float32")
        expected = to_codes((audio - audio.mean(dtype=np.float64)).astype(np.float32), CODEC)
        assert len(expected) == seconds * RATE_HZ
        assert np.array_equal(list(split.recordings())[index], expected), seed
    assert json.loads((tmp_path / "data/dataset.json").read_text())["report"]["minutes"]["test"] == 3.0 / 60.0


def test_the_centre_line_is_put_right(music: Path, tmp_path: Path) -> None:
    soundfile.write(music / "train/a.wav", tune(30.0, 7) + 0.1, RATE_HZ, subtype="FLOAT")
    report = prepare(music, tmp_path / "data", CODEC)
    first = next(load_dataset(tmp_path / "data").split("train").recordings())
    assert abs(np.median(first.astype(int)) - silence_code(CODEC)) <= 1
    assert any("centre line of train/a.wav" in sentence for sentence in report.advice)


def test_other_rates_channels_and_formats_are_read(tmp_path: Path) -> None:
    for split in SPLITS:
        (tmp_path / "music" / split).mkdir(parents=True)
    stereo = np.stack([tune(35.0, 1, 44100), -tune(35.0, 1, 44100)], axis=1)
    soundfile.write(tmp_path / "music/train/anti.flac", stereo, 44100)
    soundfile.write(tmp_path / "music/valid/eight.wav", np.tile(tune(2.0, 2, 192000)[:, None], 8), 192000)
    soundfile.write(tmp_path / "music/test/lossy.ogg", tune(2.0, 3, 22050), 22050)
    prepare(tmp_path / "music", tmp_path / "data", CODEC)
    data = load_dataset(tmp_path / "data")
    assert [data.split(split).samples for split in SPLITS] == [35 * RATE_HZ, 2 * RATE_HZ, 2 * RATE_HZ]
    assert len(np.unique(data.split("train").codes)) > 100


def test_unreadable_files_are_named_and_the_rest_is_used(music: Path, tmp_path: Path) -> None:
    (music / "train/text.wav").write_text("this is text")
    (music / "train/empty.wav").touch()
    soundfile.write(music / "train/none.wav", np.zeros(0, np.float32), RATE_HZ)
    soundfile.write(music / "train/nan.wav", np.full(800, np.nan, np.float32), RATE_HZ, subtype="FLOAT")
    soundfile.write(music / "train/flac.flac", tune(2.0, 9), RATE_HZ)
    whole = (music / "train/flac.flac").read_bytes()
    (music / "train/flac.flac").write_bytes(whole[: len(whole) // 2])
    write_folder(music, {"beside.wav": 3.0})
    report = prepare(music, tmp_path / "data", CODEC)
    reasons = dict(report.unread)
    damaged = ("text.wav", "empty.wav", "none.wav", "nan.wav", "flac.flac")
    assert set(reasons) == {"beside.wav", *(f"train/{name}" for name in damaged)}
    assert reasons["beside.wav"] == "it lies outside of train, valid and test"
    assert load_dataset(tmp_path / "data").split("train").samples == 32 * RATE_HZ


def test_a_split_that_lost_its_files_says_why(music: Path, tmp_path: Path) -> None:
    (music / "valid/c.wav").write_bytes((music / "train/a.wav").read_bytes())
    with pytest.raises(BadInputError, match=r"1 files were left out: valid/c\.wav, it is a copy of train/a\.wav"):
        prepare(music, tmp_path / "data", CODEC)


def test_recordings_are_told_from_their_copies(music: Path, tmp_path: Path) -> None:
    (music / "train/z.wav").write_bytes((music / "test/d.wav").read_bytes())
    report = prepare(music, tmp_path / "data", CODEC)
    assert report.unread == [("train/z.wav", "it is a copy of test/d.wav")]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "none of the 0 files"),
        ({"a.wav": 10.0}, "9.0 s of audio for train"),
        ({"train/a.wav": 40.0, "valid/b.wav": 0.5, "test/c.wav": 2.0}, "0.5 s of audio for valid"),
        ({"train/a.wav": 40.0, "valid/b.wav": 2.0}, "no audio in test"),
    ],
)
def test_too_little_is_refused_and_nothing_is_left(tmp_path: Path, files: dict[str, float], why: str) -> None:
    (tmp_path / "music").mkdir()
    write_folder(tmp_path / "music", files)
    with pytest.raises(BadInputError, match=why):
        prepare(tmp_path / "music", tmp_path / "data", CODEC)
    assert [path.name for path in tmp_path.iterdir()] == ["music"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such folder"):
        prepare(tmp_path / "nowhere", tmp_path / "data", CODEC)


def test_one_long_recording_is_cut(tmp_path: Path) -> None:
    write_folder(tmp_path / "music", {"a.wav": 40.0})
    assert prepare(tmp_path / "music", tmp_path / "data", CODEC).divided_by == "time within each file"
    data = load_dataset(tmp_path / "data")
    assert [data.split(split).samples / RATE_HZ for split in SPLITS] == [36.0, 2.0, 2.0]
    whole = np.concatenate([data.split(split).codes for split in SPLITS])
    audio, _ = soundfile.read(tmp_path / "music/a.wav", dtype="float32")
    assert np.array_equal(whole, encode_recording(audio, CODEC))


def test_data_made_before_is_replaced(music: Path, tmp_path: Path) -> None:
    prepare(music, tmp_path / "data", CODEC)
    prepare(music, tmp_path / "data", ModelConfig(sample_rate_hz=RATE_HZ, q_levels=64, quantiser="linear"))
    assert load_dataset(tmp_path / "data").codec.q_levels == 64
    assert load_dataset(tmp_path / "data").split("train").codes.max() < 64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "music"]


def test_a_failure_leaves_the_old_data_whole(music: Path, tmp_path: Path) -> None:
    prepare(music, tmp_path / "data", CODEC)
    before = contents(tmp_path / "data")
    (music / "valid/c.wav").unlink()
    with pytest.raises(BadInputError):
        prepare(music, tmp_path / "data", CODEC)
    assert contents(tmp_path / "data") == before


@pytest.mark.parametrize("where", ["write_index", "add"])
def test_a_full_disk_leaves_the_old_data_whole(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    prepare(music, tmp_path / "data", CODEC)
    before = contents(tmp_path / "data")
    monkeypatch.setattr(module.CorpusWriter, where, full)
    with pytest.raises(LiveRNNError, match="No space left on device"):
        prepare(music, tmp_path / "data", CODEC)
    assert contents(tmp_path / "data") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "music"]


@pytest.mark.parametrize("occupant", ["a file", "a folder", "a data folder with something more"])
def test_what_is_not_ours_is_never_replaced(music: Path, tmp_path: Path, occupant: str) -> None:
    out = tmp_path / "data"
    if occupant == "a file":
        out.write_text("mine")
    else:
        if occupant == "a folder":
            out.mkdir()
        else:
            prepare(music, out, CODEC)
        (out / "thesis.txt").write_text("mine")
    with pytest.raises(BadInputError, match="not a data folder"):
        prepare(music, out, CODEC)
    assert (out if out.is_file() else out / "thesis.txt").read_text() == "mine"


def test_every_file_is_announced(music: Path, tmp_path: Path) -> None:
    said: list[tuple[int, int, str]] = []
    prepare(music, tmp_path / "data", CODEC, on_file=lambda *call: said.append(call))
    assert said == [(index, 4, name) for index, name in enumerate(sorted(SPLIT_FOLDERS))]


@given(
    st.integers(1, 3000),
    st.integers(1, 700),
    st.sampled_from(["mu-law", "linear"]),
    st.sampled_from([0.0, 0.85]),
    st.integers(0, 99),
)
def test_encoding_in_blocks_equals_encoding_at_once(
    samples: int, block: int, quantiser: str, pre_emphasis: float, seed: int
) -> None:
    config = ModelConfig(quantiser=quantiser, pre_emphasis=pre_emphasis)  # type: ignore[arg-type]
    audio = np.random.default_rng(seed).uniform(-1.2, 1.2, samples).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_SAMPLES", block)
        codes = encode_recording(audio, config)
    assert np.array_equal(codes, to_codes(audio - np.float32(np.mean(audio, dtype=np.float64)), config))
