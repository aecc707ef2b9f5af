"""Choice of files and folders. On no system are these dialogs its own: see `Keys.add_everywhere`."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtWidgets import QFileDialog, QLineEdit, QSplitter, QWidget

from livernn.control.preset import PATCH_FILE
from livernn.ui.sources import CHECKPOINT_SUFFIX, SOUND_SUFFIXES

_SOUNDS = " ".join(f"*{suffix}" for suffix in SOUND_SUFFIXES)
SOUND_FILTER = f"Sound files ({_SOUNDS})"
ANY_FILTER = f"Presets, sound models and sound files ({PATCH_FILE} *{CHECKPOINT_SUFFIX} {_SOUNDS})"

_Place = QStandardPaths.StandardLocation
_PLACES = (
    _Place.HomeLocation, _Place.DesktopLocation, _Place.DocumentsLocation, _Place.DownloadLocation,
    _Place.MusicLocation,
)  # fmt: skip


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


def ask_where(
    parent: QWidget, title: str, name: str, name_filter: str, scale: float, chosen: Callable[[Path], None]
) -> None:
    """The same for a file to write, at first called `name`; its suffix is added if none is typed."""
    dialog = QFileDialog(parent, title, name, name_filter)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(name).suffix)
    _open(dialog, scale, chosen)


def _open(dialog: QFileDialog, scale: float, chosen: Callable[[Path], None]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    places = dict.fromkeys(map(QStandardPaths.writableLocation, _PLACES))
    # "file:" stands for the computer: all drives, on Linux the root.
    dialog.setSidebarUrls([QUrl("file:"), *(QUrl.fromLocalFile(place) for place in places if Path(place).is_dir())])
    dialog.resize(round(900 * scale), round(560 * scale))
    splitter = dialog.findChild(QSplitter)
    assert splitter is not None
    splitter.setSizes([round(200 * scale), round(700 * scale)])  # Qt leaves the places a few letters
    name, parent = dialog.findChild(QLineEdit), dialog.parentWidget()
    assert name is not None
    assert parent is not None
    completions = name.completer().popup()
    assert completions is not None
    completions.setStyleSheet(parent.window().styleSheet())  # it has no parent to be dressed with
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.open()
