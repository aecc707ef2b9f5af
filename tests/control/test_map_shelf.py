import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from livernn.control.map_shelf import MAP_FILE, MapShelf, read_map, write_map
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.errors import BadInputError, LiveRNNError
from livernn.paths import data_dir
from tests.control.midi import maps

SHARED = MidiMap((Binding(Control(ControlKind.CC, 1, 21, "Knobs"), Target.param("gain_db")),))
OWN = MidiMap((Binding(Control(ControlKind.NOTE, 1, 60), Target.param("temperature")),), follows_transport=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a preset without a map."""
    folder = tmp_path / "cello"
    folder.mkdir()
    return folder


def reopened(folder: Path) -> MapShelf:
    shelf = MapShelf()
    shelf.open()
    shelf.turn_to(folder)
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


def test_without_a_map_of_its_own_a_preset_has_the_one_for_all(folder: Path) -> None:
    reopened(folder).keep(SHARED)
    shelf = reopened(folder)
    assert (shelf.map, shelf.own) == (SHARED, False)
    assert list(folder.iterdir()) == []


def test_a_map_of_its_own_begins_as_a_copy_and_goes_its_own_way(folder: Path) -> None:
    shelf = reopened(folder)
    shelf.keep(SHARED)
    shelf.make_own(True)
    assert (shelf.map, shelf.own) == (SHARED, True)
    shelf.keep(OWN)
    assert (reopened(folder).map, reopened(folder).own) == (OWN, True)
    shelf.turn_to(folder.parent)
    assert (shelf.map, shelf.own) == (SHARED, False)


def test_without_its_own_map_the_one_for_all_is_back(folder: Path) -> None:
    shelf = reopened(folder)
    shelf.make_own(True)
    shelf.keep(OWN)
    shelf.make_own(False)
    assert (shelf.map, shelf.own) == (MidiMap(), False)
    assert list(folder.iterdir()) == []


def test_a_broken_map_for_all_is_set_aside(folder: Path) -> None:
    data_dir().mkdir(parents=True)
    (data_dir() / MAP_FILE).write_text("{}")
    with pytest.raises(BadInputError):
        reopened(folder)
    reopened(folder).keep(SHARED)
    assert (data_dir() / f"{MAP_FILE}.unreadable").read_text() == "{}"


def test_with_a_broken_map_of_its_own_a_preset_has_the_one_for_all(folder: Path) -> None:
    reopened(folder).keep(SHARED)
    (folder / MAP_FILE).write_text("{}")
    shelf = MapShelf()
    shelf.open()
    with pytest.raises(BadInputError):
        shelf.turn_to(folder)
    assert (shelf.map, shelf.own) == (SHARED, False)
    assert json.loads((folder / MAP_FILE).read_text()) == {}


def test_a_map_that_cannot_be_written_holds_all_the_same(folder: Path) -> None:
    shelf = reopened(folder)
    (data_dir() / MAP_FILE).mkdir(parents=True)
    with pytest.raises(LiveRNNError, match="could not be written"):
        shelf.keep(SHARED)
    assert shelf.map == SHARED
