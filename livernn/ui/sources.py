"""What a file or folder that the performer picks or drops is meant to be."""

from enum import Enum
from pathlib import Path

from livernn.control.preset import PATCH_FILE
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
