"""Where MIDI maps are kept: one for all presets, and beside a preset one of its own."""

import contextlib
import json
from pathlib import Path

from livernn.control.midimap import MidiMap
from livernn.control.midimap_json import from_json, to_json
from livernn.control.preset import CHECKPOINT_FILE, Preset
from livernn.errors import BadInputError, LiveRNNError
from livernn.paths import data_dir
from livernn.replacing import replace_text

MAP_FILE = "midi.json"

_LIMIT_BYTES = 1 << 20
_ASIDE = ".unreadable"


def read_map(path: Path) -> MidiMap | None:
    """The map in a file; None where there is no file.

    Raises:
        BadInputError: the file cannot be read, or holds no map of this version.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise BadInputError(str(path), "it is too large for a MIDI map", "Learn the controllers again.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInputError(
            str(path), f"it cannot be read ({error.strerror})", "Learn the controllers again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(str(path), "it is not JSON", "Learn the controllers again.") from error
    try:
        return from_json(content)
    except BadInputError as error:
        raise BadInputError(str(path), error.why, error.remedy) from error


def write_map(path: Path, midi_map: MidiMap) -> None:
    """Replace the file in one go.

    Raises:
        LiveRNNError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(to_json(midi_map), indent=2) + "\n")
    except OSError as error:
        raise LiveRNNError(
            str(path), f"it could not be written ({error.strerror})", "Free some space; until then this is not kept."
        ) from error


def _read_or_set_aside(path: Path) -> MidiMap | None:
    """As `read_map`; what cannot be used is renamed, so that the next change does not overwrite it."""
    try:
        return read_map(path)
    except BadInputError:
        with contextlib.suppress(OSError):
            path.replace(path.with_name(f"{path.name}{_ASIDE}"))
        raise


class MapShelf:
    """The map that holds now: that of the preset if it has one, else the one for all."""

    def __init__(self) -> None:
        self.map = MidiMap()
        self.own = False
        """Whether the map is the preset's own."""
        self._shared = MidiMap()
        self._shared_path = data_dir() / MAP_FILE
        self._own_path: Path | None = None

    @property
    def path(self) -> Path:
        """Where the map that holds is kept."""
        return self._own_path if self.own and self._own_path is not None else self._shared_path

    def open(self) -> None:
        """Read the map for all.

        Raises:
            BadInputError: it cannot be used, and is set aside.
        """
        self._shared = _read_or_set_aside(self._shared_path) or MidiMap()
        self.map = self._shared

    def turn_to(self, preset: Preset) -> None:
        """Use the map of a preset; a bare checkpoint has none.

        Raises:
            BadInputError: it cannot be used, and is set aside; the one for all holds.
        """
        self.map, self.own, self._own_path = self._shared, False, None
        if preset.checkpoint.name != CHECKPOINT_FILE:
            return
        self._own_path = preset.folder / MAP_FILE
        own = _read_or_set_aside(self._own_path)
        if own is not None:
            self.map, self.own = own, True

    def keep(self, midi_map: MidiMap) -> None:
        """Change the map that holds, and its file.

        Raises:
            LiveRNNError: it cannot be written; until the end of the program it holds all the same.
        """
        self.map = midi_map
        if not self.own:
            self._shared = midi_map
        write_map(self.path, midi_map)

    def make_own(self, own: bool) -> None:
        """Give the preset a map of its own, at first a copy of the one for all; or take it away.

        Raises:
            LiveRNNError: the file cannot be written or removed; nothing has changed.
        """
        path = self._own_path
        if own == self.own or path is None:
            return
        if own:
            write_map(path, self.map)
        else:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise LiveRNNError(
                    str(path), f"it could not be removed ({error.strerror})", "Remove it by hand."
                ) from error
            self.map = self._shared
        self.own = own
