import json
import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livernn import paths
from livernn.control.patch import Patch
from livernn.control.preset import About, Preset, bare_preset, find_presets, load_preset, save_patch
from livernn.errors import BadInputError, LiveRNNError

PATCH = Patch(temperature=0.8, gain_db=-3.0)


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    monkeypatch.setattr(paths, "BUNDLED_PRESETS", folder)
    return folder


def make(root: Path, name: str, patch: Patch = PATCH, title: str = "Title") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "patch.json").write_text(json.dumps({"format": 1, "name": title, "patch": patch.to_dict()}))
    return folder


def test_a_preset_is_found_by_name_and_by_folder(bundled: Path) -> None:
    folder = make(bundled, "piano", title="Piano")
    expected = Preset("piano", "Piano", folder, folder / "model.safetensors", PATCH)
    assert load_preset("piano") == expected
    assert load_preset(str(folder)) == expected
    assert find_presets() == [expected]


def test_a_checkpoint_or_a_patch_stands_for_the_preset_around_it(bundled: Path) -> None:
    folder = make(bundled, "piano")
    for name in ("model.safetensors", "patch.json"):
        assert load_preset(str(folder / name)) == load_preset("piano")


def test_a_checkpoint_outside_of_presets_plays_with_the_default_patch(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, lost = tmp_path / "best.safetensors", tmp_path / "model.safetensors"
    for path in (alone, lost):
        path.touch()
    monkeypatch.chdir(tmp_path)
    assert load_preset("best.safetensors") == Preset("best", "best", tmp_path, alone, Patch()) == bare_preset(alone)
    assert load_preset("model.safetensors").checkpoint == lost


def test_a_name_is_a_preset_before_it_is_a_file(bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(bundled, "piano")
    (tmp_path / "piano").touch()
    monkeypatch.chdir(tmp_path)
    assert load_preset("piano").folder == bundled / "piano"
    assert load_preset("./piano").checkpoint == tmp_path / "piano"


def test_the_users_own_hides_the_bundled_one(bundled: Path) -> None:
    make(bundled, "piano")
    make(bundled, "choir")
    own = make(paths.data_dir() / "presets", "piano", Patch(temperature=1.5))
    assert load_preset("piano").folder == own
    assert [(preset.name, preset.patch.temperature) for preset in find_presets()] == [("choir", 0.8), ("piano", 1.5)]


def test_a_missing_preset_names_those_there_are(bundled: Path) -> None:
    make(bundled, "piano")
    make(bundled, "choir")
    for name in ("organ", "", "/nowhere"):
        with pytest.raises(BadInputError, match="Presets here: choir, piano"):
            load_preset(name)


def test_no_preset_folders_at_all(bundled: Path) -> None:
    bundled.rmdir()
    assert find_presets() == []
    with pytest.raises(BadInputError, match="Presets here: none"):
        load_preset("piano")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no json", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a liveRNN patch"),
        (b'{"format": "1"}', "not a liveRNN patch"),
        (b'{"format": 2, "name": "x", "patch": {}}', "newer liveRNN"),
        (b'{"format": 1, "patch": {}}', "missing"),
        (b'{"format": 1, "name": "x", "patch": []}', "missing"),
        (b'{"format": 1, "name": "x", "patch": {"warmth": 1}}', "warmth"),
        (b'{"format": 1, "name": "x", "author": 1, "patch": {}}', "no text"),
        (b'{"format": 1, "name": "x", "patch": {"temperature": "hot"}}', "not a number"),
        (b'{"format": 1, "name": "x", "patch": {"temperature": 1%s}}' % (b"0" * 400), "too large"),
        (b" " * (2 << 20), "too large"),
        (None, "cannot be read"),
    ],
)
def test_a_broken_patch_is_refused_by_name_and_left_out_of_the_list(
    bundled: Path, content: bytes | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    make(bundled, "good")
    path = make(bundled, "broken") / "patch.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match=why) as caught:
        load_preset("broken")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [preset.name for preset in find_presets()] == ["good"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(path) in caplog.text
    caplog.clear()


def test_a_folder_without_a_checkpoint_says_what_it_lacks(bundled: Path) -> None:
    (make(bundled, "piano") / "model.safetensors").unlink()
    with pytest.raises(BadInputError, match=r"no model\.safetensors"):
        load_preset("piano")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(temperature=st.floats(0.1, 2.0), top_k=st.integers(0, 256), top_p=st.floats(0.05, 1), gain_db=st.floats(-60, 12))
def test_a_saved_patch_comes_back_exactly(
    bundled: Path, temperature: float, top_k: int, top_p: float, gain_db: float
) -> None:
    folder = bundled / "piano"
    if not folder.exists():
        make(bundled, "piano", title="Grand")
    patch = Patch(temperature=temperature, top_k=top_k, top_p=top_p, gain_db=gain_db)
    save_patch(folder, patch)
    assert load_preset("piano").patch == patch
    assert load_preset("piano").title == "Grand"
    assert sorted(path.name for path in folder.iterdir()) == ["model.safetensors", "patch.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(author=st.text(), licence=st.text(), notes=st.text())
def test_what_is_said_of_a_preset_comes_back_and_outlives_its_knobs(
    bundled: Path, author: str, licence: str, notes: str
) -> None:
    folder = bundled / "piano"
    if not folder.exists():
        make(bundled, "piano", title="Grand")
    about = About(author, licence, notes)
    save_patch(folder, PATCH, about=about)
    save_patch(folder, Patch())
    assert load_preset("piano").about == about
    assert load_preset("piano").title == "Grand"


def test_a_first_patch_takes_the_folders_name(bundled: Path) -> None:
    folder = make(bundled, "mine")
    (folder / "patch.json").unlink()
    save_patch(folder, PATCH)
    assert load_preset("mine").title == "mine"


def test_a_save_that_cannot_be_keeps_what_was(bundled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(bundled, "piano") / "patch.json"
    before = path.read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(LiveRNNError, match="No space left"):
        save_patch(path.parent, Patch())
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 2
    with pytest.raises(LiveRNNError, match="could not be written"):
        save_patch(bundled / "none", Patch())


def test_a_newer_patch_is_not_overwritten(bundled: Path) -> None:
    path = make(bundled, "piano") / "patch.json"
    path.write_text('{"format": 2}')
    with pytest.raises(BadInputError, match="newer"):
        save_patch(path.parent, PATCH)
    assert path.read_text() == '{"format": 2}'
