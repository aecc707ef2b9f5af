"""Help and credits."""

import html
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

import livernn
from livernn.control.params import PARAMS
from livernn.control.preset import CARD_FILE, Preset
from livernn.ui.keys import Key

KNOB_KEYS = (
    ("Tab, then arrows", "Reach a knob and turn it; Shift: fine; PgUp, PgDown: coarse; Home, End: to the end"),
    ("Enter or double click on a number", "Type a value"),
    ("Double click on a knob, or Delete", "Back to the default"),
)

_FIRST_STEPS = (
    "Press <b>Space</b>. A trained network makes up sound, sample by sample.",
    "Turn <b>Temperature</b>: low is smooth and dark, high is rough and noisy.",
    "Drop a sound file on the window: the network continues it.",
    "Drop a checkpoint (.safetensors) or a preset folder: it plays that instead.",
    "Turn <b>Gain</b> down when the meter goes red.",
)

_LICENCES = (
    "liveRNN is free software under the MIT licence. It stands on Python, NumPy, numba, PyTorch, Qt and PySide6 "
    "(LGPL), pyqtgraph, PortAudio, libsndfile (LGPL), soxr (LGPL) and safetensors."
)


class TextDialog(QDialog):
    """A page to read; `scale` as told by `theme.scale_for`."""

    def __init__(self, title: str, scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(round(820 * scale), round(640 * scale))
        self.page = QTextBrowser()
        self.page.setOpenExternalLinks(True)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.addStretch()
        bottom.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 18, 18, 18)
        layout.setSpacing(12)
        layout.addWidget(self.page)
        layout.addLayout(bottom)


def help_dialog(parent: QWidget, scale: float, window_keys: Iterable[Key]) -> TextDialog:
    """First steps, keys, and what each knob does."""
    dialog = TextDialog("Help", scale, parent)
    steps = "".join(f"<li>{step}</li>" for step in _FIRST_STEPS)
    named = [(" or ".join(key.keys), key.effect) for key in window_keys]
    keys = _table((html.escape(key), html.escape(what)) for key, what in (*named, *KNOB_KEYS))
    knobs = _table((html.escape(spec.label), html.escape(spec.help)) for spec in PARAMS.values())
    dialog.page.setHtml(f"<h2>First steps</h2><ol>{steps}</ol><h2>Keys</h2>{keys}<h2>Knobs</h2>{knobs}")
    return dialog


def about_dialog(parent: QWidget, scale: float, preset: Preset | None) -> TextDialog:
    """Version, licences, and the card of the preset that plays: its data, credits and licence."""
    dialog = TextDialog("About", scale, parent)
    page = f"# liveRNN {livernn.__version__}\n\nPlays trained SampleRNN models live.\n\n{_LICENCES}\n"
    if preset is not None:
        card = preset.folder / CARD_FILE
        try:
            page += f"\n---\n\n{card.read_text(encoding='utf-8')}"
        except (OSError, UnicodeDecodeError):
            page += f"\n---\n\n## {preset.title}\n\nThis preset has no card: its data and licence are not known.\n"
    dialog.page.setMarkdown(page)
    return dialog


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td width='38%'><b>{left}</b></td><td>{right}</td></tr>" for left, right in rows)
    return f"<table cellspacing='0' cellpadding='4'>{cells}</table>"
