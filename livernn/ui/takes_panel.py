"""What was recorded, and what can be done with it."""

from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QVBoxLayout

from livernn.control.takes import Take
from livernn.ui.file_dialog import ask_where
from livernn.ui.parts import caption, row, small_button
from livernn.ui.record_button import as_clock
from livernn.ui.recordings import Recordings
from livernn.ui.sound_panel import SoundPanel


class TakesPanel(SoundPanel[Take]):
    """A list; what is beside it is of the take that is chosen there."""

    none_yet = "Nothing is recorded yet. R records, the last minute included."

    def __init__(self, recordings: Recordings) -> None:
        super().__init__(recordings, noun="take", verb="Keep", listen="Listen")
        self._recordings = recordings
        self._scale = 1.0
        self.list.setToolTip("What was recorded. Enter listens, F2 renames, Delete deletes, Ctrl+Z undoes")
        self.listen.setToolTip("Play the take beside the instrument, which is not disturbed (Enter)")
        self.normalise = small_button("Normalise", "Export with the peak at -1 dB")
        self.normalise.setCheckable(True)
        self.export = small_button("Export…", "Write what is kept to a WAV anywhere")
        self._of_chosen += [self.normalise, self.export]
        self.list.itemActivated.connect(lambda: self._with_chosen(recordings.audition))
        self.export.clicked.connect(lambda: self._with_chosen(self._ask_where))
        self._lay_out(self._below(), 1, 1)
        self._show()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self._scale = scale
        for field in (self.begin, self.end):
            field.setFixedWidth(round(96 * scale))

    def _describe(self, sound: Take) -> str:
        try:
            when = f"{datetime.fromisoformat(sound.card.recorded):%d %b %Y %H:%M}"
        except ValueError:
            when = sound.card.recorded
        return f"{sound.name}\n{as_clock(sound.seconds)}   {sound.card.preset}   {when}"

    def _below(self) -> QVBoxLayout:
        upper = row(self.listen, caption("From"), self.begin, caption("to"), self.end, caption("s"))
        upper.addStretch()
        lower = row(self.export, self.normalise, self.delete, self.undo)
        lower.addStretch()
        below = QVBoxLayout()
        below.setSpacing(6)
        below.addLayout(upper)
        below.addLayout(lower)
        return below

    def _ask_where(self, take: Take) -> None:
        name, export = f"{take.name}.wav", partial(self._export, take)
        ask_where(self, "Export the take", name, "WAV (*.wav)", self._scale, export)

    def _export(self, take: Take, path: Path) -> None:
        self._recordings.export(take, path, normalise=self.normalise.isChecked())
