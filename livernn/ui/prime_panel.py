"""The shelf of primes, what can be done with them, and the microphone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from livernn.control.actions import Action
from livernn.control.midimap import Target
from livernn.control.primes import KeptPrime
from livernn.ui.field import Field
from livernn.ui.microphone_panel import MicrophonePanel
from livernn.ui.parts import caption, row, small_button
from livernn.ui.priming import Priming
from livernn.ui.take_outline import TakeOutline

_NONE_YET = "None is kept yet. Drop a sound file, or hold L and play."


class PrimePanel(QWidget):
    """A list; what is beside it is of the prime that is chosen there, and below it is the microphone."""

    def __init__(self, priming: Priming, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._priming = priming
        self._shown: list[KeptPrime] = []
        self._outlined: Path | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("Primes")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setToolTip("Sounds to continue. Enter continues, F2 renames, Delete deletes, Ctrl+Z undoes")
        self.outline = TakeOutline()
        self.outline.setAccessibleName("Outline of the prime")
        self.name = Field("Name of the prime", "What the prime is called (F2)")
        self.begin = Field("Continue from, s", "Continue the prime from here on, in seconds; nothing is erased")
        self.end = Field("Continue to, s", "Continue the prime up to here, in seconds; nothing is erased")
        self.go_on = small_button("Continue", "Have the sound go on from this one, of which 30 s are heard (Enter)")
        self.preview = small_button("Preview", "Play this part beside the instrument")
        self.delete = small_button("Delete", "Take it off the shelf (Delete)")
        self.undo = small_button("Undo", "Bring back the prime that was deleted last (Ctrl+Z)")
        self.microphone = MicrophonePanel(priming)
        self._lay_out()
        self._connect()
        self._show()

    @property
    def prime(self) -> KeptPrime | None:
        """The one that is chosen."""
        at = self.list.currentRow()
        return self._shown[at] if 0 <= at < len(self._shown) else None

    def targets(self) -> dict[Target, QWidget]:
        """What a controller can move, and the widget that stands for it."""
        return {Target.action(Action.LISTEN): self.microphone.hold}

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.microphone.set_scale(scale)
        for field in (self.begin, self.end):
            field.setFixedWidth(round(84 * scale))

    def _lay_out(self) -> None:
        acts = row(self.go_on, self.preview, caption("From"), self.begin, caption("to"), self.end, caption("s"))
        acts.addStretch()
        acts.addWidget(self.delete)
        acts.addWidget(self.undo)
        beside = QVBoxLayout()
        beside.setSpacing(6)
        beside.addWidget(self.name)
        beside.addWidget(self.outline, 1)
        beside.addLayout(acts)
        beside.addSpacing(6)
        beside.addWidget(self.microphone)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.list, 2)
        layout.addLayout(beside, 3)

    def _connect(self) -> None:
        priming = self._priming
        self.list.currentRowChanged.connect(self._show_prime)
        self.list.itemActivated.connect(lambda: self._of_prime(priming.continue_prime))
        self.go_on.clicked.connect(lambda: self._of_prime(priming.continue_prime))
        self.preview.clicked.connect(lambda: self._of_prime(priming.audition))
        self.delete.clicked.connect(lambda: self._of_prime(priming.delete))
        self.undo.clicked.connect(priming.undo)
        self.name.taken.connect(lambda name: self._of_prime(lambda prime: priming.rename(prime, name)))
        self.begin.taken.connect(lambda text: self._trim(text, None))
        self.end.taken.connect(lambda text: self._trim(None, text))
        for key, action in (
            (QKeySequence(QKeySequence.StandardKey.Delete), lambda: self._of_prime(priming.delete)),
            (QKeySequence("F2"), self.name.setFocus),
        ):
            shortcut = QShortcut(key, self.list, action)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        priming.changed.connect(self._show)
        priming.state_changed.connect(self._show_prime)
        priming.outlined.connect(self._show_outline)

    def _show(self) -> None:
        before, at = self.prime, self.list.currentRow()
        newer = len(self._priming.primes) > len(self._shown)
        self._shown = list(self._priming.primes)
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([_describe(prime) for prime in self._shown] or [_NONE_YET])
        paths = [prime.path for prime in self._shown]
        same = paths.index(before.path) if before is not None and before.path in paths else at
        self.list.setCurrentRow(0 if newer else min(max(same, 0), max(0, len(paths) - 1)))
        self.list.blockSignals(False)
        self._show_prime()

    def _show_prime(self) -> None:
        prime = self.prime
        for widget in (self.name, self.begin, self.end, self.go_on, self.preview, self.delete):
            widget.setEnabled(prime is not None)
        self.name.show_text(prime.name if prime is not None else "")
        self.name.setCursorPosition(0)
        begin_s, end_s = prime.part if prime is not None else (0.0, 0.0)
        for field, time_s in ((self.begin, begin_s), (self.end, end_s)):
            field.show_text(f"{time_s:.3f}" if prime is not None else "")
        playing = prime is not None and self._priming.auditioned == prime.path
        self.preview.setText("Stop" if playing else "Preview")
        if prime is not None:
            self.outline.show_kept(begin_s / max(prime.seconds, 1e-3), end_s / max(prime.seconds, 1e-3))
        if prime is None or prime.path != self._outlined:
            self._outlined = prime.path if prime is not None else None
            self.outline.show_peaks(np.empty(0, np.float32))
            if prime is not None:
                self._priming.outline(prime)

    def _show_outline(self, prime: KeptPrime, peaks: NDArray[np.float32]) -> None:
        if self.prime is not None and self.prime.path == prime.path:
            self.outline.show_peaks(peaks)

    def _of_prime(self, action: Callable[[KeptPrime], object]) -> None:
        if self.prime is not None:
            action(self.prime)

    def _trim(self, begin: str | None, end: str | None) -> None:
        prime = self.prime
        if prime is None:
            return
        try:
            begin_s, end_s = (
                float(text.replace(",", ".")) if text is not None else before
                for text, before in zip((begin, end), prime.part, strict=True)
            )
        except ValueError:
            self._show_prime()
        else:
            self._priming.trim(prime, begin_s, end_s)


def _describe(prime: KeptPrime) -> str:
    begin_s, end_s = prime.part
    return f"{prime.name}   {end_s - begin_s:.1f} s"
