"""The microphone: holding it to listen, how loud it is, which one it is, and what the sound does meanwhile."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from livernn.engine.client import LOOK_AGAIN_MS
from livernn.ui.chooser import Chooser
from livernn.ui.hold import HoldButton
from livernn.ui.input_meter import InputMeter
from livernn.ui.labels import ElidedLabel
from livernn.ui.parts import caption, row
from livernn.ui.priming import DUCKS_DB, Priming

OFF, DEFAULT, MIX = "No microphone", "The system's microphone", "Mix"


class MicrophonePanel(QWidget):
    """A choice acts at once, and is remembered."""

    def __init__(self, priming: Priming) -> None:
        super().__init__()
        self._priming = priming
        self._names: list[str | None] = []
        self.hold = HoldButton()
        self.meter = InputMeter()
        self.inputs = Chooser()
        self.inputs.setObjectName("small")
        self.inputs.setAccessibleName("Microphone")
        self.inputs.setToolTip("Which input to listen to; open as long as it is chosen, and remembered")
        self.channels = Chooser()
        self.channels.setObjectName("small")
        self.channels.setSizeAdjustPolicy(Chooser.SizeAdjustPolicy.AdjustToContents)
        self.channels.setAccessibleName("Channel of the microphone")
        self.channels.setToolTip("The mean of its first two channels, or one alone; remembered with the microphone")
        self.duck = Chooser()
        self.duck.setObjectName("small")
        self.duck.setAccessibleName("Sound while listening")
        self.duck.setToolTip("What the present sound does while the microphone is listened to")
        self.duck.addItems([_describe_duck(duck_db) for duck_db in DUCKS_DB])
        self.state = ElidedLabel()
        self._look_again = QTimer(self, interval=LOOK_AGAIN_MS)  # for one that is missing, while the page is in sight
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row(self.hold, self.meter))
        inputs = row(self.inputs, self.channels, caption("Meanwhile"), self.duck)
        inputs.setStretch(0, 1)
        layout.addLayout(inputs)
        layout.addWidget(self.state)
        self.hold.held.connect(priming.hold)
        self.hold.let_go.connect(priming.let_go)
        self.inputs.opened.connect(priming.list_microphones)
        self.inputs.activated.connect(self._choose)
        self.channels.activated.connect(lambda at: priming.choose_channel(at or None))
        self.duck.activated.connect(lambda at: priming.set_duck_db(DUCKS_DB[at]))
        self._look_again.timeout.connect(self._look)
        priming.state_changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        self._priming.list_microphones()
        self._look_again.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._look_again.stop()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.hold.setFixedSize(round(170 * scale), round(40 * scale))
        self.meter.setFixedHeight(round(22 * scale))

    def _look(self) -> None:
        if self._priming.lacks_microphone:
            self._priming.list_microphones()

    def _choose(self, at: int) -> None:
        if at == 0:
            self._priming.close_microphone()
        else:
            self._priming.choose_microphone(self._names[at - 1])

    def _show(self) -> None:
        priming, choice = self._priming, self._priming.choice
        self._names = [None, *(device.full_name for device in priming.microphones)]
        if choice.device not in self._names:
            self._names.append(choice.device)
        self.inputs.offer([OFF, *(name or DEFAULT for name in self._names)])
        self.inputs.setCurrentIndex(1 + self._names.index(choice.device) if choice.on else 0)
        there_are = priming.microphone.channels if priming.microphone is not None else 0
        channels = range(1, 1 + max(there_are, choice.channel or 0))
        self.channels.offer([MIX, *(f"Channel {channel}" for channel in channels)])
        self.channels.setCurrentIndex(choice.channel or 0)
        self.channels.setEnabled(len(channels) > 1)
        nearest = min(DUCKS_DB, key=lambda duck_db: abs(duck_db - priming.duck_db))
        self.duck.setCurrentIndex(DUCKS_DB.index(nearest))
        self.hold.show_listening(priming.listening is not None, held=priming.held)
        self.state.setText(self._describe())
        self.state.setToolTip(self.state.text())

    def _describe(self) -> str:
        opened = self._priming.microphone
        if opened is not None:
            return f"{opened.device}, {opened.host_api}, {opened.rate_hz:g} Hz, {opened.latency_ms:.0f} ms"
        if self._priming.unlisted is not None:
            return self._priming.unlisted
        return "No microphone is open. L opens one." if self._priming.microphones else "There is no input device."


def _describe_duck(duck_db: float) -> str:
    if duck_db == 0.0:
        return "goes on"
    return "silent" if duck_db == DUCKS_DB[-1] else f"-{duck_db:g} dB"
