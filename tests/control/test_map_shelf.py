from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from livernn.control.map_shelf import MAP_FILE, MapShelf, read_map, write_map
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.patch import Patch
from livernn.control.preset import CHECKPOINT_FILE, Preset
from livernn.errors import BadInputError, LiveRNNError
from livernn.paths import data_dir
from tests.control.midi import maps

SHARED = MidiMap((Binding(Control(ControlKind.CC, 1, 21, "Knobs"), Target.param("gain_db")),))
OWN = MidiMap((Binding(Control(ControlKind.NOTE, 1, 60), Target.param("temperature")),), follows_transport=False)


@pytest.fixture
def cello(tmp_path: Path) -> Preset:
    """A preset without a map."""
    (tmp_path / "cello").mkdir()
    return made_up(tmp_path / "cello")


def made_up(folder: Path, model: str = CHECKPOINT_FILE) -> Preset:
    return Preset(folder.name, folder.name, folder, folder / model, Patch())


def reopened(preset: Preset) -> MapShelf:
    shelf = MapShelf()
    shelf.open()
    shelf.turn_to(preset)
    return shelf


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(midi_map=maps)
def test_a_map_survives_its_file(tmp_path: Path, midi_map: MidiMap) -> None:
    write_map(tmp_path / "new folder" / MAP_FILE, midi_map)
    assert read_map(tmp_path / "new folder" / MAP_FILE) == midi_map
    assert len(list((tmp_path / "new folder").iterdir())) == 1


def test_no_file_is_no_map(tmp_path: Path) -> None:
    assert read_map(tmp_path / MAP_FILE) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100000, b"{}", b" " * (1 << 21)])
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / MAP_FILE
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=MAP_FILE) as caught:
        read_map(path)
    assert len(str(caught.value).splitlines()) == 1


def test_without_a_map_of_its_own_a_preset_has_the_one_for_all(cello: Preset) -> None:
    reopened(cello).keep(SHARED)
    shelf = reopened(cello)
    assert (shelf.map, shelf.own) == (SHARED, False)
    assert list(cello.folder.iterdir()) == []


def test_a_map_of_its_own_begins_as_a_copy_and_goes_its_own_way(cello: Preset) -> None:
    shelf = reopened(cello)
    shelf.keep(SHARED)
    shelf.make_own(True)
    assert (shelf.map, shelf.own) == (SHARED, True)
    shelf.keep(OWN)
    assert (reopened(cello).map, reopened(cello).own) == (OWN, True)
    shelf.turn_to(made_up(cello.folder.parent))
    assert (shelf.map, shelf.own) == (SHARED, False)


def test_without_its_own_map_the_one_for_all_is_back(cello: Preset) -> None:
    shelf = reopened(cello)
    shelf.make_own(True)
    shelf.keep(OWN)
    shelf.make_own(False)
    assert (shelf.map, shelf.own) == (MidiMap(), False)
    assert list(cello.folder.iterdir()) == []


def test_a_broken_map_for_all_is_set_aside(cello: Preset) -> None:
    data_dir().mkdir(parents=True)
    (data_dir() / MAP_FILE).write_text("{}")
    with pytest.raises(BadInputError):
        reopened(cello)
    reopened(cello).keep(SHARED)
    assert (data_dir() / f"{MAP_FILE}.unreadable").read_text() == "{}"


def test_a_broken_map_of_its_own_is_set_aside_and_the_one_for_all_holds(cello: Preset) -> None:
    reopened(cello).keep(SHARED)
    (cello.folder / MAP_FILE).write_text("{}")
    shelf = MapShelf()
    shelf.open()
    with pytest.raises(BadInputError):
        shelf.turn_to(cello)
    assert (shelf.map, shelf.own) == (SHARED, False)
    shelf.make_own(True)
    assert reopened(cello).own
    assert (cello.folder / f"{MAP_FILE}.unreadable").read_text() == "{}"


def test_a_map_that_cannot_be_written_holds_all_the_same(cello: Preset) -> None:
    shelf = reopened(cello)
    (data_dir() / MAP_FILE).mkdir(parents=True)
    with pytest.raises(LiveRNNError, match="could not be written"):
        shelf.keep(SHARED)
    assert shelf.map == SHARED


def test_a_bare_checkpoint_has_the_map_for_all(cello: Preset) -> None:
    reopened(cello).keep(SHARED)
    write_map(cello.folder / MAP_FILE, OWN)
    shelf = reopened(made_up(cello.folder, "harp.safetensors"))
    shelf.make_own(True)
    assert (shelf.map, shelf.own) == (SHARED, False)
