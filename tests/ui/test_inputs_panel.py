"""Which inputs are listened to, on the Control page."""

import socket
import time

import pytest
from PySide6.QtTest import QTest
from pythonosc.osc_message_builder import OscMessageBuilder

from livernn.inputs.osc import ANY_ADDRESS, LOOPBACK
from livernn.ui.main_window import MainWindow
from livernn.ui.settings import OscChoice, Settings
from tests.ui.fake_client import FakeEngineClient
from tests.ui.fake_midi import KNOBS, FakeMidi

pytestmark = pytest.mark.usefixtures("midi")


def free_port() -> int:
    """Free a moment ago, that is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def test_inputs_are_chosen_and_remembered(window: MainWindow, knobs: FakeMidi) -> None:
    panel = window.control.inputs
    knobs.plug(KNOBS, "Keys")
    panel.inputs.setCurrentText("Keys")
    panel.inputs.activated.emit(panel.inputs.currentIndex())
    assert knobs.wanted == [None, ["Keys"]]
    assert Settings().midi_inputs == ["Keys"]
    knobs.plug(KNOBS, trouble="the MIDI system does not answer")
    assert panel.inputs.currentText() == "Keys"
    assert "does not answer" in panel.state.text()


@pytest.mark.parametrize("wanted", [["nano", "Keys"], ["nano"], []], ids=str)
def test_the_page_shows_the_inputs_that_the_command_line_named(
    midi: list[FakeMidi], window: MainWindow, wanted: list[str]
) -> None:
    panel = window.control.inputs
    window.controllers.start(wanted)
    midi[0].plug(KNOBS)
    assert panel.inputs.currentText() == (", ".join(wanted) or "No MIDI input")
    assert Settings().midi_inputs is None
    panel.inputs.activated.emit(panel.inputs.currentIndex())
    assert (midi[0].wanted[-1], Settings().midi_inputs) == (wanted, wanted)
    panel.inputs.setCurrentText(KNOBS)
    panel.inputs.activated.emit(panel.inputs.currentIndex())
    assert midi[0].wanted[-1] == [KNOBS]


@pytest.mark.parametrize("host", [ANY_ADDRESS, "localhost"])
def test_the_page_shows_and_edits_the_osc_that_the_command_line_opened(window: MainWindow, host: str) -> None:
    panel, controllers = window.control.inputs, window.controllers
    port, other_port = free_port(), free_port()
    controllers.start(osc=(host, port))
    assert panel.osc.isChecked()
    assert panel.osc_open.isChecked() == (host == ANY_ADDRESS)
    assert panel.osc_port.text() == str(port)
    assert Settings().osc == OscChoice()
    panel.osc_port.taken.emit(str(other_port))
    assert controllers.osc is not None
    assert controllers.osc.port == other_port
    assert Settings().osc == OscChoice(on=True, port=other_port, host=host)
    for address in (LOOPBACK, ANY_ADDRESS) if panel.osc_open.isChecked() else (ANY_ADDRESS, LOOPBACK):
        panel.osc_open.click()
        assert controllers.osc is not None
        assert (controllers.osc.host, panel.osc_open.isChecked()) == (address, address == ANY_ADDRESS)


def test_osc_plays_too_and_says_what_it_could_not_understand(
    window: MainWindow, knobs: FakeMidi, client: FakeEngineClient
) -> None:
    port = free_port()
    window.controllers.choose_osc(OscChoice(on=True, port=port))
    message = OscMessageBuilder("/livernn/temperature")
    message.add_arg(0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in (b"junk", message.build().dgram):
            sender.sendto(data, (LOOPBACK, port))
    deadline = time.monotonic() + 10.0
    while window.session.patch.temperature != 0.5:
        assert time.monotonic() < deadline
        QTest.qWait(10)
    window.control.inputs.refresh()
    assert window.control.inputs.osc_state.text().endswith("1 messages, 0 unknown, 1 malformed.")
    assert Settings().osc == OscChoice(on=True, port=port)


def test_an_osc_port_that_is_taken_is_told(window: MainWindow, knobs: FakeMidi) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        window.controllers.choose_osc(OscChoice(on=True, port=taken.getsockname()[1]))
    assert "OSC on" in window.banner.message.text()
    assert not window.control.inputs.osc.isChecked()
