"""Presets: folders that hold a checkpoint and the patch to play it with."""

import contextlib
import json
import logging
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from livernn.control.patch import Patch
from livernn.errors import BadInputError, LiveRNNError
from livernn.paths import preset_folders
from livernn.replacing import replace_text

FORMAT = 1
PATCH_FILE = "patch.json"
CHECKPOINT_FILE = "model.safetensors"
CARD_FILE = "CARD.md"

_LIMIT_BYTES = 1 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class About:
    """What whoever made a preset says of it, in plain text; of its network the checkpoint tells."""

    author: str = ""
    licence: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Preset:
    """`name` is what commands call it by (its folder's name), `title` what the performer reads."""

    name: str
    title: str
    folder: Path
    checkpoint: Path
    patch: Patch
    about: About = About()


def find_presets() -> list[Preset]:
    """All presets by name; the user's own hide bundled ones of the same name. Broken ones are left out and logged."""
    found: dict[str, Preset] = {}
    for name, folder in _named_folders().items():
        try:
            found[name] = _read(folder)
        except LiveRNNError as error:
            _log.warning("preset left out: %s", error)
    return [found[name] for name in sorted(found)]


def load_preset(name_or_path: str) -> Preset:
    """The preset of that name, in that folder, or around that file; a checkpoint outside of presets is a bare one.

    Raises:
        BadInputError: there is none, or it is broken.
    """
    folders = _named_folders()
    path = folders.get(name_or_path) or _existing(name_or_path)
    if path is not None:
        return _around(path)
    names = ", ".join(sorted(folders)) or "none"
    raise BadInputError(
        f"preset {name_or_path!r}",
        "there is no preset of that name, and no such file",
        f"Presets here: {names}; your own go into {preset_folders()[0]}.",
    )


def bare_preset(checkpoint: Path, name: str | None = None) -> Preset:
    """A checkpoint by itself, called after its file if not otherwise: it plays with the default patch."""
    name = name or checkpoint.stem
    return Preset(name, name, checkpoint.parent, checkpoint, Patch())


def save_patch(folder: Path, patch: Patch, title: str | None = None, about: About | None = None) -> None:
    """Make `patch` the one that the preset in `folder` starts with; what else it says stays unless that is given, too.

    Raises:
        LiveRNNError: the folder is missing, its patch is of a newer version, or the file cannot be written.
    """
    path = folder / PATCH_FILE
    if title is None or about is None:
        kept_title, kept_about, _ = _read_patch(path) if path.exists() else (folder.name, About(), None)
        title = kept_title if title is None else title
        about = kept_about if about is None else about
    told = {key: text for key, text in asdict(about).items() if text}
    text = json.dumps({"format": FORMAT, "name": title, **told, "patch": patch.to_dict()}, indent=2) + "\n"
    try:
        replace_text(path, text)
    except OSError as error:
        raise LiveRNNError(
            str(path), f"it could not be written ({error.strerror})", "Save under another name, or free some space."
        ) from error


def _named_folders() -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for root in reversed(preset_folders()):
        with contextlib.suppress(OSError):  # missing, or not to be looked into
            folders |= {
                folder.name: folder
                for folder in root.iterdir()
                if folder.is_dir() and not folder.name.startswith((".", "_"))
            }
    return folders


def _existing(text: str) -> Path | None:
    # It may be too long for a path, or begin with the ~ of a user who is not there.
    with contextlib.suppress(OSError, RuntimeError):
        path = Path(text).expanduser()
        return path if text and (path.is_dir() or path.is_file()) else None
    return None


def _around(path: Path) -> Preset:
    if path.is_dir():
        return _read(path)
    if path.name == PATCH_FILE or (path.name == CHECKPOINT_FILE and path.with_name(PATCH_FILE).is_file()):
        return _read(path.parent)
    return bare_preset(path.absolute())  # it is remembered, and the next start may be in another folder


def _read(folder: Path) -> Preset:
    folder = folder.resolve()
    checkpoint = folder / CHECKPOINT_FILE
    if not checkpoint.is_file():
        raise BadInputError(str(folder), f"it holds no {CHECKPOINT_FILE}", "Put the exported checkpoint there.")
    title, about, patch = _read_patch(folder / PATCH_FILE)
    return Preset(folder.name, title, folder, checkpoint, patch, about)


def _read_patch(path: Path) -> tuple[str, About, Patch]:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise BadInputError(str(path), "it is too large for a patch", "Save the patch again.")
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(str(path), f"it cannot be read ({error.strerror})", "Save the patch again.") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(str(path), "it is not JSON", "Save the patch again.") from error
    version = content.get("format") if isinstance(content, dict) else None
    if type(version) is not int:
        raise BadInputError(str(path), "it is not a liveRNN patch", "Save the patch again.")
    if version > FORMAT:
        raise BadInputError(
            str(path), f"it was saved by a newer liveRNN (format {version}, this one reads {FORMAT})", "Update liveRNN."
        )
    title, values = content.get("name"), content.get("patch")
    if not isinstance(title, str) or not isinstance(values, dict):
        raise BadInputError(str(path), "its name or patch is missing", "Save the patch again.")
    told = {field.name: content[field.name] for field in fields(About) if field.name in content}
    if not all(isinstance(text, str) for text in told.values()):
        raise BadInputError(str(path), "its author, licence or notes are no text", "Save the preset again.")
    try:
        return title, About(**told), Patch.from_dict(values)
    except (BadInputError, OverflowError) as error:
        raise BadInputError(str(path), str(error).rstrip("."), "Correct it, or save the patch again.") from error
