"""Which MIDI inputs and which OSC port are listened to."""

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from livernn.inputs.osc import ANY_ADDRESS, LOOPBACK
from livernn.ui.chooser import Chooser
from livernn.ui.controllers import Controllers
from livernn.ui.field import Field
from livernn.ui.labels import FittedLabel

ALL_INPUTS, NO_INPUT = "All MIDI inputs", "No MIDI input"
_OSC_TIP = "Listen to Open Sound Control: /livernn/temperature 0.9, /livernn/panic"


class InputsPanel(QWidget):
    """A choice acts at once, and is remembered."""

    def __init__(self, controllers: Controllers) -> None:
        super().__init__()
        self._controllers = controllers
        self._choices: list[list[str] | None] = []
        self.inputs = Chooser()
        self.inputs.setObjectName("small")
        self.inputs.setAccessibleName("MIDI input")
        self.inputs.setToolTip("Which MIDI inputs to listen to; one that is plugged in later is opened then")
        self.state = FittedLabel()
        self.transport = toggle("Sequencer plays and stops", "Obey start, continue and stop of a MIDI clock")
        self.osc = toggle("OSC", _OSC_TIP)
        self.osc_port = Field("OSC port", "UDP port for OSC, 1 to 65535")
        self.osc_open = toggle("Network", "Listen to OSC from other machines too; anyone there can play then")
        self.osc_state = FittedLabel()
        osc = QHBoxLayout()
        osc.setSpacing(6)
        for widget in (self.osc, self.osc_port, self.osc_open):
            osc.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.inputs)
        layout.addWidget(self.state, 1)
        layout.addWidget(self.transport)
        layout.addLayout(osc)
        layout.addWidget(self.osc_state, 1)
        self.inputs.activated.connect(lambda at: controllers.choose_inputs(self._choices[at]))
        self.transport.clicked.connect(lambda on: controllers.keep(replace(controllers.map, follows_transport=on)))
        self.osc.clicked.connect(lambda on: self._choose_osc(on=on))
        self.osc_open.clicked.connect(lambda on: self._choose_osc(host=ANY_ADDRESS if on else LOOPBACK))
        self.osc_port.taken.connect(self._take_port)
        controllers.changed.connect(self._show)
        self._show()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        self.setFixedWidth(round(290 * scale))
        self.osc_port.setFixedWidth(round(76 * scale))

    def refresh(self) -> None:
        """Count what OSC has brought."""
        osc = self._controllers.osc
        if osc is not None:
            counts = osc.counts
            self._say(
                self.osc_state,
                f"{osc.host}:{osc.port}: {counts.understood} messages, {counts.unknown} unknown, "
                f"{counts.malformed} malformed.",
            )

    def _show(self) -> None:
        controllers = self._controllers
        wanted, ports = controllers.wanted, controllers.ports
        self._choices = [None, [], *([name] for name in ports.names)]
        if wanted not in self._choices:
            self._choices.append(wanted)
        self.inputs.clear()
        self.inputs.addItems([ALL_INPUTS, NO_INPUT, *(", ".join(names) for names in self._choices if names)])
        self.inputs.setCurrentIndex(self._choices.index(wanted))
        heard = f"Open: {', '.join(ports.opened)}." if ports.opened else "None is open."
        self._say(self.state, f"{heard} {ports.trouble or ''}".strip())
        self.transport.setChecked(controllers.map.follows_transport)
        choice = controllers.osc_choice
        self.osc.setChecked(controllers.osc is not None)
        self.osc_open.setChecked(choice.open)
        self.osc_port.show_text(str(choice.port))
        if controllers.osc is None:
            self._say(self.osc_state, "OSC is off.")
        self.refresh()

    def _say(self, label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)
            label.setToolTip(text)

    def _choose_osc(self, **values: bool | int | str) -> None:
        self._controllers.choose_osc(replace(self._controllers.osc_choice, **values))  # type: ignore[arg-type]

    def _take_port(self, text: str) -> None:
        if text.strip().isdecimal() and 0 < int(text) < 1 << 16:
            self._choose_osc(port=int(text))


def toggle(text: str, tip: str) -> QPushButton:
    """A small button that stays down."""
    button = QPushButton(text)
    button.setObjectName("small")
    button.setCheckable(True)
    button.setToolTip(tip)
    return button
