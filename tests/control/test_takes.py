"""Takes on their shelf."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.take_card import FORMAT, LOG_BEGIN, TakeCard, card_line, read_card, replace_card
from livernn.control.takes import DELETED, KEPT_DAYS, Take, TakeShelf, export, peaks
from livernn.errors import BadInputError, LiveRNNError
from livernn.wavfile import write_wav

RATE_HZ = 1000
CARD = TakeCard("2026-11-21T03:13:51+01:00", "Piano", RATE_HZ, 1, 500, "liveRNN 0.2")
LOG = b'{"do":"end","heard":3000}\n]}\n'

CARDS = st.builds(
    TakeCard,
    st.text(),
    st.text(),
    st.integers(1, 768_000),
    st.integers(1, 8),
    st.integers(0, 1 << 40),
    st.text(),
    st.none() | st.tuples(st.integers(0, 1000), st.integers(1001, 2000)),
)


def make(folder: Path, name: str, card: TakeCard = CARD) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.wav"
    write_wav(path, np.linspace(-0.5, 0.5, 3000, dtype=np.float32), RATE_HZ)
    path.with_suffix(".json").write_bytes(card_line(card) + LOG_BEGIN + b"\n" + LOG)
    primes = path.with_suffix(".primes")
    primes.mkdir()
    (primes / "prime.wav").touch()
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> TakeShelf:
    return TakeShelf(tmp_path / "takes")


@pytest.fixture
def take(shelf: TakeShelf) -> Take:
    make(shelf.folder, "first")
    return shelf.takes()[0]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != DELETED)


@given(CARDS)
def test_a_card_reads_back_and_the_file_is_json(tmp_path_factory: pytest.TempPathFactory, card: TakeCard) -> None:
    path = tmp_path_factory.mktemp("card") / "take.json"
    path.write_bytes(card_line(card) + LOG_BEGIN + LOG)
    assert read_card(path) == card
    content = json.loads(path.read_text())
    assert content["take"]["preset"] == card.preset
    assert content["log"] == [{"do": "end", "heard": 3000}]


@given(CARDS, CARDS)
def test_another_card_leaves_the_log_alone(
    tmp_path_factory: pytest.TempPathFactory, card: TakeCard, other: TakeCard
) -> None:
    path = tmp_path_factory.mktemp("card") / "take.json"
    path.write_bytes(card_line(card) + LOG_BEGIN + LOG)
    replace_card(path, other)
    assert path.read_bytes() == card_line(other) + LOG_BEGIN + LOG
    assert [left.name for left in path.parent.iterdir()] == ["take.json"]


@given(st.binary(max_size=300))
def test_what_is_no_card_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("card") / "take.json"
    path.write_bytes(content)
    with pytest.raises(BadInputError):
        read_card(path)


@pytest.mark.parametrize(
    "change",
    [
        {"format": FORMAT + 1},
        {"rate_hz": 0},
        {"rate_hz": "1"},
        {"trim": [5, 5]},
        {"trim": 3},
        {"preset": None},
        {"more": 1},
    ],
)
def test_a_card_that_is_off_is_refused(tmp_path: Path, change: dict) -> None:
    path = tmp_path / "take.json"
    content = json.loads(card_line(CARD).rstrip().rstrip(b",") + b"}")["take"]
    path.write_bytes(b'{"take":' + json.dumps({**content, **change}).encode() + b",\n" + LOG_BEGIN + LOG)
    with pytest.raises(BadInputError, match="newer" if "format" in change else "not the JSON of a take"):
        read_card(path)


def test_the_newest_comes_first_and_what_is_no_take_not_at_all(shelf: TakeShelf, tmp_path: Path) -> None:
    assert shelf.takes() == []
    make(shelf.folder, "old")
    make(shelf.folder, "new", TakeCard(**{**vars(CARD), "recorded": "2027-01-01T00:00:00+01:00"}))
    make(shelf.folder, "without its wav").unlink()
    (shelf.folder / "stray.json").write_text("{}")
    (shelf.folder / "stray.wav").write_bytes(b"RIFF")
    assert [take.name for take in shelf.takes()] == ["new", "old"]
    assert shelf.takes()[0].seconds == 3.0


def test_a_wav_that_was_cut_off_has_what_is_there(shelf: TakeShelf, take: Take) -> None:
    os.truncate(take.path, take.path.stat().st_size - 3000)
    assert shelf.takes()[0].frames == 2000


def test_a_new_name_is_that_of_all_its_files(shelf: TakeShelf, take: Take) -> None:
    renamed = shelf.rename(take, " The good one ")
    assert files(shelf.folder) == ["The good one.json", "The good one.primes", "The good one.wav"]
    assert shelf.takes() == [renamed]
    assert shelf.rename(renamed, "The good one") == renamed


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "a\nb", "nul", "taken"])
def test_a_bad_name_changes_nothing(shelf: TakeShelf, take: Take, name: str) -> None:
    make(shelf.folder, "taken")
    before = files(shelf.folder)
    with pytest.raises(BadInputError):
        shelf.rename(take, name)
    assert files(shelf.folder) == before


def test_a_rename_that_fails_halfway_is_taken_back(
    shelf: TakeShelf, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if target.name == "other.json":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(LiveRNNError, match="Permission denied"):
        shelf.rename(take, "other")
    assert files(shelf.folder) == ["first.json", "first.primes", "first.wav"]


def test_trimming_is_remembered_and_reversible(shelf: TakeShelf, take: Take) -> None:
    before = take.path.read_bytes()
    trimmed = shelf.trim(take, 1000, 1500)
    assert trimmed.seconds == 0.5
    assert shelf.takes() == [trimmed]
    assert take.path.read_bytes() == before
    assert shelf.trim(trimmed, -5, 9999) == take
    with pytest.raises(BadInputError, match="nothing would be left"):
        shelf.trim(take, 5, 5)


def test_deleted_takes_come_back(shelf: TakeShelf, take: Take) -> None:
    make(shelf.folder, "second")
    before = files(shelf.folder)
    second = next(one for one in shelf.takes() if one.name == "second")
    take_back, second_back = shelf.delete(take), shelf.delete(second)
    assert shelf.takes() == []
    assert second_back() == second
    assert take_back() == take
    assert files(shelf.folder) == before
    assert not list((shelf.folder / DELETED).iterdir())


def test_a_take_is_not_brought_back_over_another(shelf: TakeShelf, take: Take) -> None:
    bring_back = shelf.delete(take)
    make(shelf.folder, "first")
    with pytest.raises(BadInputError, match="has its name"):
        bring_back()
    shelf.rename(shelf.takes()[0], "other")
    assert bring_back() == take


def test_what_was_deleted_long_ago_goes(shelf: TakeShelf, take: Take) -> None:
    shelf.delete(take)
    (grave,) = (shelf.folder / DELETED).iterdir()
    TakeShelf(shelf.folder)
    assert grave.exists()
    old = grave.stat().st_mtime - KEPT_DAYS * 86400.0 - 1.0
    os.utime(grave, (old, old))
    TakeShelf(shelf.folder)
    assert not grave.exists()


def test_an_export_is_bit_for_bit_what_is_kept(shelf: TakeShelf, take: Take, tmp_path: Path) -> None:
    export(take, tmp_path / "whole.wav", normalise=False)
    assert (tmp_path / "whole.wav").read_bytes() == take.path.read_bytes()
    export(shelf.trim(take, 1000, 1500), tmp_path / "part.wav", normalise=False)
    whole, _ = soundfile.read(take.path)
    part, rate_hz = soundfile.read(tmp_path / "part.wav")
    assert rate_hz == RATE_HZ
    assert np.array_equal(part, whole[1000:1500])


def test_normalised_it_peaks_at_minus_one_db(shelf: TakeShelf, take: Take, tmp_path: Path) -> None:
    export(shelf.trim(take, 1000, 1500), tmp_path / "loud.wav", normalise=True)
    loud, _ = soundfile.read(tmp_path / "loud.wav")
    assert np.abs(loud).max() == pytest.approx(10 ** (-1 / 20), abs=1e-6)
    write_wav(take.path, np.zeros(3000, np.float32), RATE_HZ)
    export(take, tmp_path / "silent.wav", normalise=True)
    assert not soundfile.read(tmp_path / "silent.wav")[0].any()


def test_a_take_is_not_exported_over_itself(take: Take, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the take itself"):
        export(take, take.path, normalise=True)
    with pytest.raises(BadInputError, match="only WAV"):
        export(take, tmp_path / "take.mp3", normalise=True)
    take.path.unlink()
    with pytest.raises(LiveRNNError, match="refuses"):
        export(take, tmp_path / "gone.wav", normalise=False)
    assert not (tmp_path / "gone.wav").exists()


def test_peaks_show_the_whole_take(shelf: TakeShelf, take: Take) -> None:
    shown = peaks(shelf.trim(take, 0, 10), 3)
    assert shown == pytest.approx([0.5, 0.166, 0.5], abs=0.01)
