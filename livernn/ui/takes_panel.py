"""What was recorded, and what can be done with it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from livernn.control.takes import Take
from livernn.ui.field import Field
from livernn.ui.file_dialog import ask_where
from livernn.ui.parts import caption, row, small_button
from livernn.ui.record_button import as_clock
from livernn.ui.recordings import Recordings
from livernn.ui.take_outline import TakeOutline

_NONE_YET = "Nothing is recorded yet. R records, the last minute included."


class TakesPanel(QWidget):
    """A list; what is beside it is of the take that is chosen there."""

    def __init__(self, recordings: Recordings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._shown: list[Take] = []
        self._outlined: Path | None = None
        self._scale = 1.0
        self.list = QListWidget()
        self.list.setAccessibleName("Takes")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setToolTip("What was recorded. Enter listens, F2 renames, Delete deletes, Ctrl+Z undoes")
        self.outline = TakeOutline()
        self.name = Field("Name of the take", "What the take is called (F2)")
        self.begin = Field("Trim from, s", "Keep the take from here on, in seconds; nothing is erased")
        self.end = Field("Trim to, s", "Keep the take up to here, in seconds; nothing is erased")
        self.listen = small_button("Listen", "Play the take beside the instrument, which is not disturbed (Enter)")
        self.normalise = small_button("Normalise", "Export with the peak at -1 dB")
        self.normalise.setCheckable(True)
        self.export = small_button("Export…", "Write what is kept to a WAV anywhere")
        self.delete = small_button("Delete", "Take it off the list (Delete)")
        self.undo = small_button("Undo", "Bring back the take that was deleted last (Ctrl+Z)")
        self._lay_out()
        self._connect()
        self._show()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self._scale = scale
        for field in (self.begin, self.end):
            field.setFixedWidth(round(96 * scale))

    @property
    def take(self) -> Take | None:
        """The one that is chosen."""
        at = self.list.currentRow()
        return self._shown[at] if 0 <= at < len(self._shown) else None

    def _lay_out(self) -> None:
        upper = row(self.listen, caption("From"), self.begin, caption("to"), self.end, caption("s"))
        upper.addStretch()
        lower = row(self.export, self.normalise, self.delete, self.undo)
        lower.addStretch()
        beside = QVBoxLayout()
        beside.setSpacing(6)
        beside.addWidget(self.name)
        beside.addWidget(self.outline, 1)
        beside.addLayout(upper)
        beside.addLayout(lower)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.list, 1)
        layout.addLayout(beside, 1)

    def _connect(self) -> None:
        recordings = self._recordings
        self.list.currentRowChanged.connect(self._show_take)
        self.list.itemActivated.connect(lambda: self._of_take(recordings.audition))
        self.listen.clicked.connect(lambda: self._of_take(recordings.audition))
        self.export.clicked.connect(lambda: self._of_take(self._ask_where))
        self.delete.clicked.connect(lambda: self._of_take(recordings.delete))
        self.undo.clicked.connect(recordings.undo)
        self.name.taken.connect(lambda name: self._of_take(lambda take: recordings.rename(take, name)))
        self.begin.taken.connect(lambda text: self._trim(text, None))
        self.end.taken.connect(lambda text: self._trim(None, text))
        for key, action in (
            (QKeySequence(QKeySequence.StandardKey.Delete), lambda: self._of_take(recordings.delete)),
            (QKeySequence("F2"), self.name.setFocus),
        ):
            shortcut = QShortcut(key, self.list, action)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        recordings.changed.connect(self._show)
        recordings.state_changed.connect(self._show_take)
        recordings.outlined.connect(self._show_outline)

    def _show(self) -> None:
        before = self.take
        at = self.list.currentRow()
        newer = len(self._recordings.takes) > len(self._shown)
        self._shown = list(self._recordings.takes)
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([_describe(take) for take in self._shown] or [_NONE_YET])
        self.list.item(0).setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        names = [take.path for take in self._shown]
        same = names.index(before.path) if before is not None and before.path in names else at
        self.list.setCurrentRow(0 if newer else min(max(same, 0), len(self._shown) - 1))
        self.list.blockSignals(False)
        self._show_take()

    def _show_take(self) -> None:
        take = self.take
        for widget in (self.name, self.begin, self.end, self.listen, self.normalise, self.export, self.delete):
            widget.setEnabled(take is not None)
        self.name.show_text(take.name if take is not None else "")
        self.name.setCursorPosition(0)
        begin, end = take.kept if take is not None else (0, 0)
        for field, frame in ((self.begin, begin), (self.end, end)):
            field.show_text(f"{frame / take.card.rate_hz:.3f}" if take is not None else "")
        playing = take is not None and self._recordings.auditioned == take.path
        self.listen.setText("Stop" if playing else "Listen")
        if take is not None:
            self.outline.show_kept(begin / max(1, take.frames), end / max(1, take.frames))
        if take is None or take.path != self._outlined:
            self._outlined = take.path if take is not None else None
            self.outline.show_peaks(np.empty(0, np.float32))
            if take is not None:
                self._recordings.outline(take)

    def _show_outline(self, take: Take, peaks: NDArray[np.float32]) -> None:
        if self.take is not None and self.take.path == take.path:
            self.outline.show_peaks(peaks)

    def _of_take(self, action: Callable[[Take], object]) -> None:
        if self.take is not None:
            action(self.take)

    def _trim(self, begin: str | None, end: str | None) -> None:
        take = self.take
        if take is None:
            return
        kept_s = [frame / take.card.rate_hz for frame in take.kept]
        try:
            begin_s, end_s = (
                float(text.replace(",", ".")) if text is not None else before
                for text, before in zip((begin, end), kept_s, strict=True)
            )
            self._recordings.trim(take, begin_s, end_s)
        except (ValueError, OverflowError):
            self._show_take()

    def _ask_where(self, take: Take) -> None:
        name, export = f"{take.name}.wav", partial(self._export, take)
        ask_where(self, "Export the take", name, "WAV (*.wav)", self._scale, export)

    def _export(self, take: Take, path: Path) -> None:
        self._recordings.export(take, path, normalise=self.normalise.isChecked())


def _describe(take: Take) -> str:
    try:
        when = f"{datetime.fromisoformat(take.card.recorded):%d %b %Y %H:%M}"
    except ValueError:
        when = take.card.recorded
    return f"{take.name}\n{as_clock(take.seconds)}   {take.card.preset}   {when}"
