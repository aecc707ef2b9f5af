"""Help and credits."""

import html
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

import livernn
from livernn.control.params import PARAMS
from livernn.control.preset import Preset
from livernn.ui.credits import card_page, credits_page
from livernn.ui.keys import Key

KNOB_KEYS = (
    ("Tab, then arrows", "Reach a knob and turn it; Shift: fine; PgUp, PgDown: coarse; Home, End: to the end"),
    ("Enter or double click on a number", "Type a value"),
    ("Double click on a knob, or Delete", "Back to the default"),
)

_FIRST_STEPS = (
    "Press <b>Space</b>. A trained network makes up sound, sample by sample. <b>Esc</b> silences it at once.",
    "Turn <b>Temperature</b>: low is smooth and dark, high is rough and noisy.",
    "Drop a sound file on the window: the network continues it.",
    "<b>New seed</b> (Ctrl+R) starts over when it gets stuck.",
    "Turn <b>Gain</b> down when the meter goes red. When <b>DROP</b> lights up, deepen the ring under <b>Audio…</b>.",
    "Like what you hear? <b>Save</b> keeps the knobs as a preset of your own, the star puts it first in the list.",
    "Right click a knob, <b>Learn</b>, move a MIDI controller: it turns that knob. <b>MIDI</b> shows all mappings.",
    "Drop a checkpoint (.safetensors) or a preset folder: it plays that instead.",
    "<b>Train</b> (Ctrl+N) teaches a network your own recordings, while you play and listen to what it has learnt.",
)

_LICENCES = (
    "liveRNN is free software under the MIT licence. It stands on Python, NumPy, numba, PyTorch, Qt and PySide6 "
    "(LGPL), pyqtgraph, PortAudio, RtMidi, libsndfile (LGPL), soxr (LGPL) and safetensors."
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
        self.page.setAccessibleName(title)
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


def about_dialog(parent: QWidget, scale: float, presets: Iterable[Preset], playing: Preset | None) -> TextDialog:
    """Version, licences, to whom every preset owes its sound, and all that the card of the one that plays says."""
    dialog = TextDialog("About", scale, parent)
    parts = [f"# liveRNN {livernn.__version__}", "Plays trained SampleRNN models live.", _LICENCES, "## Presets"]
    parts += [f"### {preset.title}\n\n{credits_page(preset)}" for preset in presets]
    if playing is not None:
        parts += ["---", card_page(playing)]
    dialog.page.setMarkdown("\n\n".join(parts))
    return dialog


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td width='38%'><b>{left}</b></td><td>{right}</td></tr>" for left, right in rows)
    return f"<table cellspacing='0' cellpadding='4'>{cells}</table>"
