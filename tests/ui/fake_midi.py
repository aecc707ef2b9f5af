"""A MIDI input that a test plays."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from livernn.control.midi_message import MidiMessage
from livernn.inputs.midi import MidiPorts

KNOBS = "Knobs"


class FakeMidi:
    """A MidiInput that says what the test tells it to, on the test's thread."""

    def __init__(self, on_message: Callable[[str, MidiMessage], None], on_ports: Callable[[MidiPorts], None]) -> None:
        self._on_message = on_message
        self._on_ports = on_ports
        self.wanted: list[list[str] | None] = []
        self.closed = False

    def start(self, wanted: list[str] | None = None) -> None:
        self.wanted.append(wanted)

    choose = start

    def close(self) -> None:
        self.closed = True

    def play(self, *messages: MidiMessage) -> None:
        for message in messages:
            self._on_message(KNOBS, message)
        QApplication.processEvents()

    def plug(self, *names: str, trouble: str | None = None) -> None:
        self._on_ports(MidiPorts(names, names, trouble))
        QApplication.processEvents()
