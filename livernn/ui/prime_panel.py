"""The shelf of primes, what can be done with them, and the microphone."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from livernn.control.actions import Action
from livernn.control.midimap import Target
from livernn.control.primes import KeptPrime
from livernn.ui.microphone_panel import MicrophonePanel
from livernn.ui.parts import caption, row, small_button
from livernn.ui.priming import Priming
from livernn.ui.sound_panel import SoundPanel


class PrimePanel(SoundPanel[KeptPrime]):
    """A list; what is beside it is of the prime that is chosen there, and below it is the microphone."""

    none_yet = "None is kept yet. Drop a sound file, or hold L and play."

    def __init__(self, priming: Priming) -> None:
        super().__init__(priming, noun="prime", verb="Continue", listen="Preview")
        self.list.setToolTip("Sounds to continue. Enter continues, F2 renames, Delete deletes, Ctrl+Z undoes")
        self.listen.setToolTip("Play this part beside the instrument")
        self.go_on = small_button(
            "Continue", "Have the sound go on from the end of this one, of which the last 30 s are heard (Enter)"
        )
        self._of_chosen.append(self.go_on)
        self.microphone = MicrophonePanel(priming)
        for wish in (self.list.itemActivated, self.go_on.clicked):
            wish.connect(lambda: self._with_chosen(priming.continue_prime))
        self._lay_out(self._below(), 2, 3)
        self._show()

    def targets(self) -> dict[Target, QWidget]:
        """What a controller can move, and the widget that stands for it."""
        return {Target.action(Action.LISTEN): self.microphone.hold}

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.microphone.set_scale(scale)
        for field in (self.begin, self.end):
            field.setFixedWidth(round(84 * scale))

    def _describe(self, sound: KeptPrime) -> str:
        begin_s, end_s = sound.part
        return f"{sound.name}   {end_s - begin_s:.1f} s"

    def _below(self) -> QVBoxLayout:
        acts = row(self.go_on, self.listen, caption("From"), self.begin, caption("to"), self.end, caption("s"))
        acts.addStretch()
        acts.addWidget(self.delete)
        acts.addWidget(self.undo)
        below = QVBoxLayout()
        below.setSpacing(6)
        below.addLayout(acts)
        below.addSpacing(6)
        below.addWidget(self.microphone)
        return below
