from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.errors import BadInputError
from tests.fixtures.corpus import write_folder
from trainer.dataset import SPLITS
from trainer.sources import MIN_TRAIN_SHARE, Source, divide, find_sources

lengths = st.lists(st.floats(0.1, 1e4), min_size=1, max_size=40)


def sources_of(seconds: list[float]) -> list[Source]:
    return [Source(f"{index}.wav", Path(f"{index}.wav"), length) for index, length in enumerate(seconds)]


@given(lengths, st.integers(0, 2**32))
def test_every_recording_is_in_one_split_and_train_keeps_most(seconds: list[float], seed: int) -> None:
    sources = sources_of(seconds)
    division = divide(sources, seed)
    held = dict.fromkeys(SPLITS, 0.0)
    for source in sources:
        samples = round(source.seconds * 1000)
        parts = division.parts(source, samples)
        assert sum(stop - start for _, start, stop in parts) == samples
        assert [start for _, start, _ in parts] == [0, *(stop for _, _, stop in parts)][:-1]
        for split, start, stop in parts:
            held[split] += (stop - start) / 1000
    assert held["train"] >= 0.99 * MIN_TRAIN_SHARE * sum(held.values())
    if division.kind == "file":
        assert all(held.values())
        assert held["train"] >= MIN_TRAIN_SHARE * sum(seconds) - 0.1


@given(lengths, st.integers(0, 2**32), st.randoms())
def test_division_depends_on_names_and_seed_alone(seconds: list[float], seed: int, random: object) -> None:
    sources = sources_of(seconds)
    shuffled = list(sources)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert divide(sources, seed) == divide(shuffled, seed)


def test_another_seed_holds_out_other_files() -> None:
    sources = sources_of([60.0] * 40)
    assert len({frozenset(divide(sources, seed).splits.items()) for seed in range(5)}) == 5


def test_many_equal_files_hold_out_a_twentieth_each() -> None:
    splits = divide(sources_of([60.0] * 40), seed=0).splits
    assert sorted(splits.values()) == ["test"] * 2 + ["train"] * 36 + ["valid"] * 2


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_files_are_cut_in_three(count: int) -> None:
    sources = sources_of([100.0] * count)
    division = divide(sources, seed=0)
    assert division.kind == "time within each file"
    assert division.parts(sources[0], 1000) == [("train", 0, 900), ("valid", 900, 950), ("test", 950, 1000)]


def test_split_folders_rule_and_what_lies_beside_them_is_left_out() -> None:
    names = ["train/a.wav", "valid/b.wav", "test/deep/c.wav", "d.wav", "other/e.wav"]
    sources = [Source(name, Path(name), 10.0) for name in names]
    division = divide(sources, seed=0)
    assert division.splits == {"train/a.wav": "train", "valid/b.wav": "valid", "test/deep/c.wav": "test"}
    assert [division.has(source) for source in sources] == [True, True, True, False, False]


def test_incomplete_split_folders_are_refused() -> None:
    sources = [Source(name, Path(name), 10.0) for name in ("train/a.wav", "test/b.wav")]
    with pytest.raises(BadInputError, match="no audio in valid"):
        divide(sources, seed=0)


def test_found_are_readable_files_and_not_hidden_ones_nor_the_output(tmp_path: Path) -> None:
    write_folder(tmp_path, {"b.wav": 1.0, "deep/er/a.wav": 2.0, ".hidden/c.wav": 1.0, "._d.wav": 1.0, "out/e.wav": 1.0})
    (tmp_path / "notes.txt").write_text("not audio")
    (tmp_path / "empty.wav").touch()
    sources, unread = find_sources(tmp_path, tmp_path / "out")
    assert [(source.name, source.seconds) for source in sources] == [("b.wav", 1.0), ("deep/er/a.wav", 2.0)]
    assert [name for name, _ in unread] == ["empty.wav", "notes.txt"]
    assert dict(unread)["empty.wav"] == "the file is empty"
