"""A file is replaced whole or stays, and nothing is left beside it."""

from pathlib import Path

import pytest

from livernn.replacing import replace_text, replacing


def test_a_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    replace_text(path, "one")
    with replacing(path) as unfinished:
        unfinished.write_text("two", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "one"
    assert path.read_text(encoding="utf-8") == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_it_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    replace_text(path, "one")
    with pytest.raises(IsADirectoryError):
        _write_half_and_fail(path)
    assert path.read_text(encoding="utf-8") == "one"
    assert list(tmp_path.iterdir()) == [path]


def _write_half_and_fail(path: Path) -> None:
    with replacing(path) as unfinished:
        unfinished.write_text("tw", encoding="utf-8")
        path.parent.write_text("o", encoding="utf-8")
