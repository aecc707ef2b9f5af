import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn import paths
from livernn.control.map_shelf import MAP_FILE, read_map, write_map
from livernn.control.midimap import MidiMap
from livernn.control.own_presets import is_own, own_folder, save_as
from livernn.control.patch import Patch
from livernn.control.preset import About, Preset, find_presets, load_preset, save_patch
from livernn.errors import BadInputError, LiveRNNError

PATCH = Patch(temperature=0.8, gain_db=-3.0)


@pytest.fixture
def piano(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Preset:
    root = tmp_path / "bundled"
    folder = root / "piano"
    folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "BUNDLED_PRESETS", root)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "CARD.md").write_text("Credit: a pianist")
    (folder / "patch.json").write_text(json.dumps({"format": 1, "name": "Piano", "patch": Patch().to_dict()}))
    return load_preset("piano")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_sound_becomes_a_preset_with_model_and_credit(piano: Preset) -> None:
    saved = save_as(" Night piano ", About(), PATCH, piano)
    assert saved == load_preset("Night piano")
    assert (saved.title, saved.patch) == ("Night piano", PATCH)
    assert saved.checkpoint.read_bytes() == b"weights"
    assert (saved.folder / "CARD.md").read_text() == "Credit: a pianist"
    assert is_own(saved)
    assert not is_own(piano)
    assert [preset.title for preset in find_presets()] == ["Night piano", "Piano"]


def test_what_its_maker_says_is_kept_beside_the_credit_of_the_network(piano: Preset) -> None:
    about = About("A. Performer", "CC BY-SA 4.0", "Low temperature.\nSlowly.")
    saved = save_as("Night", about, PATCH, piano)
    assert saved.about == load_preset("Night").about == about
    assert (saved.folder / "CARD.md").read_text() == "Credit: a pianist"
    save_patch(saved.folder, Patch())
    assert load_preset("Night").about == about
    assert save_as("Night", About(), PATCH, saved).about == About()


def test_a_map_of_its_own_goes_along(piano: Preset) -> None:
    write_map(piano.folder / MAP_FILE, MidiMap(follows_transport=False))
    assert read_map(save_as("Night", About(), PATCH, piano).folder / MAP_FILE) == MidiMap(follows_transport=False)


def test_without_links_the_model_is_copied(piano: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert save_as("Night", About(), PATCH, piano).checkpoint.read_bytes() == b"weights"


def test_a_preset_of_the_same_title_is_replaced_whole(piano: Preset) -> None:
    first = save_as("Night", About(), PATCH, piano)
    (first.folder / "stale").touch()
    again = save_as("Night", About(), Patch(temperature=1.5), first)
    assert again.folder == first.folder
    assert again.patch.temperature == 1.5
    assert files(again.folder) == ["CARD.md", "model.safetensors", "patch.json"]
    assert files(again.folder.parent) == ["Night"]


def test_of_a_bare_checkpoint_only_the_checkpoint_is_taken(piano: Preset, tmp_path: Path) -> None:
    model = tmp_path / "downloads" / "harp.safetensors"
    model.parent.mkdir()
    model.write_bytes(b"harp")
    (model.parent / "CARD.md").write_text("of something else")
    saved = save_as("Harp", About(), PATCH, Preset("harp", "harp", model.parent, model, Patch()))
    assert saved.checkpoint.read_bytes() == b"harp"
    assert files(saved.folder) == ["model.safetensors", "patch.json"]


def test_a_failed_save_keeps_what_was(piano: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    first = save_as("Night", About(), PATCH, piano)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(LiveRNNError, match="No space left"):
        save_as("Night", About(), Patch(), piano)
    assert load_preset("Night") == first
    assert files(first.folder.parent) == ["Night"]


@pytest.mark.parametrize("title", ["", "  ", "..", "/", "___", "\x00"])
def test_a_title_without_a_name_in_it_is_refused(title: str) -> None:
    with pytest.raises(BadInputError, match="Type another"):
        own_folder(title)


@given(st.text(max_size=120))
def test_any_title_stays_in_the_folder_of_presets(title: str) -> None:
    try:
        folder = own_folder(title)
    except BadInputError:
        return
    assert folder.parent == (paths.data_dir() / "presets").resolve()
    assert folder.name == folder.name.strip()
    assert not folder.name.startswith((".", "_"))
    assert not set('\\/:*?"<>|\0') & set(folder.name)


@pytest.mark.parametrize("title", ["con", "NUL.txt", "Lpt1"])
def test_names_that_windows_keeps_for_itself_are_not_used(title: str) -> None:
    assert own_folder(title).name == f"{title} preset"


def test_a_card_is_for_a_source_that_has_none(piano: Preset, tmp_path: Path) -> None:
    assert (save_as("Mine", About(), Patch(), piano, "# Mine").folder / "CARD.md").read_text() == "Credit: a pianist"
    model = tmp_path / "best.safetensors"
    model.write_bytes(b"weights")
    bare = Preset("best", "best", tmp_path, model, Patch())
    assert (save_as("Bare", About(), Patch(), bare, "# Bare").folder / "CARD.md").read_text() == "# Bare"
