"""A page of kept sounds: a list, and what can be done with the one that is chosen there."""

import math
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Generic

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from livernn.ui.field import Field
from livernn.ui.parts import small_button
from livernn.ui.shelf_keeper import ShelfKeeper, Sound
from livernn.ui.sound_outline import SoundOutline


class SoundPanel(QWidget, Generic[Sound]):
    """What pages of takes and of primes have in common; each lays it out, adds what is its own, and ends in `_show`.

    `noun` is what a sound is called, `verb` what is done to the part of it that trimming leaves.
    """

    none_yet: str
    """What the list says when it is empty."""

    def __init__(self, keeper: ShelfKeeper[Sound], noun: str, verb: str, listen: str) -> None:
        super().__init__()
        self._keeper = keeper
        self._shown: list[Sound] = []
        self._outlined: Path | None = None
        self._listen_text = listen
        self.list = QListWidget()
        self.list.setAccessibleName(f"{noun.capitalize()}s")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.outline = SoundOutline()
        self.outline.setAccessibleName(f"Outline of the {noun}")
        self.name = Field(f"Name of the {noun}", f"What the {noun} is called (F2)")
        self.begin = Field(f"{verb} from, s", f"{verb} the {noun} from here on, in seconds; nothing is erased")
        self.end = Field(f"{verb} to, s", f"{verb} the {noun} up to here, in seconds; nothing is erased")
        self.listen = small_button(listen, "")
        self.delete = small_button("Delete", "Take it off the list (Delete)")
        self.undo = small_button("Undo", f"Bring back the {noun} that was deleted last (Ctrl+Z)")
        self._of_chosen: list[QWidget] = [self.name, self.begin, self.end, self.listen, self.delete]
        """What there is nothing to do with unless a sound is chosen."""
        self._connect()

    @property
    def chosen(self) -> Sound | None:
        """What is beside the list is of this one."""
        at = self.list.currentRow()
        return self._shown[at] if 0 <= at < len(self._shown) else None

    @abstractmethod
    def _describe(self, sound: Sound) -> str:
        """What the list says of it."""

    def _lay_out(self, below: QVBoxLayout, list_share: int, rest_share: int) -> None:
        """The list, beside it name and outline, and what goes `below` these."""
        beside = QVBoxLayout()
        beside.setSpacing(6)
        beside.addWidget(self.name)
        beside.addWidget(self.outline, 1)
        beside.addLayout(below)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.list, list_share)
        layout.addLayout(beside, rest_share)

    def _connect(self) -> None:
        keeper = self._keeper
        self.list.currentRowChanged.connect(self._show_chosen)
        self.listen.clicked.connect(lambda: self._with_chosen(keeper.audition))
        self.delete.clicked.connect(lambda: self._with_chosen(keeper.delete))
        self.undo.clicked.connect(keeper.undo)
        self.name.taken.connect(lambda name: self._with_chosen(lambda sound: keeper.rename(sound, name)))
        self.begin.taken.connect(lambda text: self._trim(text, None))
        self.end.taken.connect(lambda text: self._trim(None, text))
        for key, action in (
            (QKeySequence(QKeySequence.StandardKey.Delete), lambda: self._with_chosen(keeper.delete)),
            (QKeySequence("F2"), self.name.setFocus),
        ):
            shortcut = QShortcut(key, self.list, action)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        keeper.changed.connect(self._show)
        keeper.state_changed.connect(self._show_chosen)
        keeper.outlined.connect(self._show_outline)

    def _show(self) -> None:
        before, at = self.chosen, self.list.currentRow()
        newer = len(self._keeper.sounds) > len(self._shown)
        self._shown = list(self._keeper.sounds)
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([self._describe(sound) for sound in self._shown] or [self.none_yet])
        paths = [sound.path for sound in self._shown]
        same = paths.index(before.path) if before is not None and before.path in paths else at
        self.list.setCurrentRow(0 if newer else min(max(same, 0), max(0, len(paths) - 1)))
        self.list.blockSignals(False)
        self._show_chosen()

    def _show_chosen(self) -> None:
        sound = self.chosen
        for widget in self._of_chosen:
            widget.setEnabled(sound is not None)
        self.name.show_text(sound.name if sound is not None else "")
        self.name.setCursorPosition(0)
        begin_s, end_s = sound.part if sound is not None else (0.0, 0.0)
        for field, time_s in ((self.begin, begin_s), (self.end, end_s)):
            field.show_text(f"{time_s:.3f}" if sound is not None else "")
        playing = sound is not None and self._keeper.auditioned == sound.path
        self.listen.setText("Stop" if playing else self._listen_text)
        if sound is not None:
            whole_s = max(sound.whole_s, 1e-3)
            self.outline.show_kept(begin_s / whole_s, end_s / whole_s)
        if sound is None or sound.path != self._outlined:
            self._outlined = sound.path if sound is not None else None
            self.outline.show_peaks(np.empty(0, np.float32))
            if sound is not None:
                self._keeper.outline(sound)

    def _show_outline(self, sound: Sound, peaks: NDArray[np.float32]) -> None:
        if self.chosen is not None and self.chosen.path == sound.path:
            self.outline.show_peaks(peaks)

    def _with_chosen(self, action: Callable[[Sound], object]) -> None:
        if self.chosen is not None:
            action(self.chosen)

    def _trim(self, begin: str | None, end: str | None) -> None:
        sound = self.chosen
        if sound is None:
            return
        try:
            begin_s, end_s = (
                float(text.replace(",", ".")) if text is not None else before
                for text, before in zip((begin, end), sound.part, strict=True)
            )
        except ValueError:
            begin_s = end_s = math.nan
        if math.isfinite(begin_s) and math.isfinite(end_s):
            self._keeper.trim(sound, begin_s, end_s)
        else:
            self._show_chosen()
