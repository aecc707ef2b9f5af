"""What a file or folder that the performer picks or drops is meant to be."""

from enum import Enum
from pathlib import Path

from livernn.control.patch import Patch
from livernn.control.preset import CHECKPOINT_FILE, PATCH_FILE, Preset, load_preset
from livernn.errors import BadInputError

CHECKPOINT_SUFFIX = ".safetensors"
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".au", ".caf", ".opus", ".w64", ".rf64")


class Source(Enum):
    """The two things that can be done with a file."""

    SOUND_MODEL = "load"
    PRIME = "prime"


def classify(path: Path) -> Source:
    """By name alone.

    Raises:
        BadInputError: it is neither.
    """
    suffix = path.suffix.lower()
    if path.is_dir() or suffix == CHECKPOINT_SUFFIX or path.name == PATCH_FILE:
        return Source.SOUND_MODEL
    if suffix in SOUND_SUFFIXES:
        return Source.PRIME
    raise BadInputError(
        path.name,
        "it is neither a preset folder, a checkpoint nor a sound file",
        f"Drop a folder, a {CHECKPOINT_SUFFIX} file, or a WAV, FLAC, OGG or MP3 file.",
    )


def open_sound_model(path: Path) -> Preset:
    """The preset in a folder, or around the checkpoint of one; a bare checkpoint plays with the default patch.

    Raises:
        BadInputError: there is no such file, or the preset is broken.
    """
    path = path.absolute()  # it is remembered, and the next start may be in another folder
    if path.is_dir():
        return load_preset(str(path))
    if not path.is_file():
        raise BadInputError(str(path), "there is no such file", "Choose a checkpoint or a preset folder.")
    if path.name == PATCH_FILE or (path.name == CHECKPOINT_FILE and path.with_name(PATCH_FILE).is_file()):
        return load_preset(str(path.parent))
    return Preset(path.stem, path.stem, path.parent, path, Patch())
