"""Choice of a file to load or to continue."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from livernn.control.preset import PATCH_FILE
from livernn.ui.sources import CHECKPOINT_SUFFIX, SOUND_SUFFIXES

_SOUNDS = " ".join(f"*{suffix}" for suffix in SOUND_SUFFIXES)
SOUND_FILTER = f"Sound files ({_SOUNDS})"
ANY_FILTER = f"Presets, sound models and sound files ({PATCH_FILE} *{CHECKPOINT_SUFFIX} {_SOUNDS})"


def ask_for_file(parent: QWidget, title: str, name_filter: str, scale: float, chosen: Callable[[Path], None]) -> None:
    """Show the dialog and return; `chosen` is called with what was picked, if anything."""
    dialog = QFileDialog(parent, title, "", name_filter)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setOption(QFileDialog.Option.HideNameFilterDetails)
    _open(dialog, scale, chosen)


def ask_for_folder(parent: QWidget, title: str, scale: float, chosen: Callable[[Path], None]) -> None:
    """The same for a folder; what is in it is shown, so that it can be told from others."""
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    _open(dialog, scale, chosen)


def _open(dialog: QFileDialog, scale: float, chosen: Callable[[Path], None]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.resize(round(900 * scale), round(560 * scale))
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.open()
