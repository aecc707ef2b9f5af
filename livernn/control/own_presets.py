"""The performer's own presets: where they are, and how a sound becomes one."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from livernn.control.file_names import FORBIDDEN, is_reserved
from livernn.control.map_shelf import MAP_FILE
from livernn.control.patch import Patch
from livernn.control.preset import CARD_FILE, CHECKPOINT_FILE, About, Preset, load_preset, save_patch
from livernn.errors import BadInputError, LiveRNNError
from livernn.paths import preset_folders

_LONGEST_NAME = 80
_NOT_IN_FILE_NAMES = re.compile(rf"[{re.escape(''.join(FORBIDDEN))}\x00-\x1f\x7f]")


def is_own(preset: Preset) -> bool:
    """Whether it may be saved in place."""
    return preset.folder.parent == _own_root() and preset.checkpoint.name == CHECKPOINT_FILE


def own_folder(title: str) -> Path:
    """Where a preset of that title is kept, on any system.

    Raises:
        BadInputError: nothing of the title can be in a file's name.
    """
    name = _NOT_IN_FILE_NAMES.sub(" ", title).strip()[:_LONGEST_NAME].lstrip("._ ").rstrip(". ")
    if not name:
        raise BadInputError(f"preset name {title!r}", "it has no letter or digit", "Type another.")
    return _own_root() / (f"{name} preset" if is_reserved(name) else name)


def save_as(title: str, about: About, patch: Patch, source: Preset, card: str | None = None) -> Preset:
    """A preset of one's own with model, card and MIDI map of `source`, instead of one of the same title if there is.

    Whose sound the network learnt stays with it, in checkpoint and card, whatever `about` says. `card` is for a source
    that has none, such as a bare checkpoint. Takes the time of a copy where no link can be made.

    Raises:
        LiveRNNError: the title cannot be used, or the files cannot be written.
    """
    folder = own_folder(title)
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    replaced = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        unfinished.mkdir(parents=True)
        _link_or_copy(source.checkpoint, unfinished / CHECKPOINT_FILE)
        if source.checkpoint.name == CHECKPOINT_FILE:
            for name in (CARD_FILE, MAP_FILE):
                if (source.folder / name).is_file():
                    shutil.copyfile(source.folder / name, unfinished / name)
        if card is not None and not (unfinished / CARD_FILE).exists():
            (unfinished / CARD_FILE).write_text(card, encoding="utf-8")
        save_patch(unfinished, patch, title.strip(), about)
        if folder.exists():
            folder.rename(replaced)
        unfinished.rename(folder)
    except OSError as error:
        raise LiveRNNError(
            str(folder), f"it could not be written ({error.strerror})", "Free some space, or use another name."
        ) from error
    finally:
        if replaced.exists() and not folder.exists():
            replaced.rename(folder)
        for leftover in (unfinished, replaced):
            shutil.rmtree(leftover, ignore_errors=True)
    return load_preset(str(folder))


def _own_root() -> Path:
    return preset_folders()[0].resolve()


def _link_or_copy(model: Path, to: Path) -> None:
    # A link costs neither time nor space; it cannot be made across disks or on some of them.
    with contextlib.suppress(OSError):
        os.link(model.resolve(), to)
        return
    shutil.copyfile(model, to)
