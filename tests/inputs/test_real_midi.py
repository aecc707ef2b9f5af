"""MIDI through real ports of another process, on a JACK server."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from livernn.control.midi_message import Kind, MidiMessage
from livernn.inputs.midi import MidiInput, MidiPorts
from livernn.inputs.ports import API_VARIABLE, list_ports
from tests.control.midi import cc
from tests.fixtures.controllers import Controller
from tests.fixtures.servers import Server

pytestmark = pytest.mark.midi

PATIENCE_S = 30.0


class Front:
    """A MIDI input and what came in by it."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, MidiMessage]] = []
        self.ports = MidiPorts()
        self.midi = MidiInput(lambda port, message: self.messages.append((port, message)), self.take_ports)

    def take_ports(self, ports: MidiPorts) -> None:
        self.ports = ports

    def wait_until_open(self, *names: str) -> None:
        wait_for(lambda: set(self.ports.opened) == set(names), self)


def wait_for(condition: Callable[[], object], front: Front) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, (front.ports, front.messages)
        time.sleep(0.01)


@pytest.fixture
def front(jack_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    monkeypatch.setenv(API_VARIABLE, "jack")
    front = Front()
    yield front
    front.midi.close()


def test_every_message_of_another_process_comes_in_order(front: Front) -> None:
    with Controller("Knobs") as knobs:
        front.midi.start()
        front.wait_until_open(knobs.port)
        sent = [cc(21, value) for value in range(128)]
        knobs.send(*([0xB0, 21, value] for value in range(128)))
        knobs.send([0xF0, 1, 2, 0xF7], [0xF8], [0xFA])
        wait_for(lambda: len(front.messages) == 129, front)
        assert front.messages == [(knobs.port, message) for message in [*sent, MidiMessage(Kind.START)]]


def test_a_controller_that_is_plugged_in_again_is_heard_again(front: Front) -> None:
    front.midi.start()
    front.wait_until_open()
    for value in (1, 2):
        with Controller("Knobs") as knobs:
            front.wait_until_open(knobs.port)
            knobs.send([0xB0, 21, value])
            wait_for(lambda count=value: len(front.messages) == count, front)
        front.wait_until_open()
    assert [message.value for _, message in front.messages] == [1, 2]


def test_only_the_wanted_port_is_heard(front: Front) -> None:
    with Controller("Knobs") as knobs, Controller("Keys") as keys:
        front.midi.start([keys.port])
        front.wait_until_open(keys.port)
        assert knobs.port in front.ports.names
        knobs.send([0xB0, 21, 1])
        keys.send([0x90, 60, 100])
        wait_for(lambda: front.messages, front)
        assert front.messages == [(keys.port, MidiMessage(Kind.NOTE_ON, 1, 60, 100))]


def test_a_control_goes_on_while_others_are_plugged_in_and_out(front: Front) -> None:
    """Were JACK's thread to wait for Python's lock, the server would stall for seconds."""
    moved_for_s = 4.0
    with Controller("Knobs") as knobs:
        front.midi.start()
        front.wait_until_open(knobs.port)
        sent = 0

        def move() -> None:
            nonlocal sent
            end = time.monotonic() + moved_for_s
            while time.monotonic() < end:
                knobs.send([0xB0, sent // 128, sent % 128])
                sent += 1
                time.sleep(0.003)

        mover = threading.Thread(target=move)
        mover.start()
        while mover.is_alive():
            with Controller("Keys") as keys:
                front.wait_until_open(knobs.port, keys.port)
            front.wait_until_open(knobs.port)
        mover.join()
        wait_for(lambda: len(front.messages) == sent, front)
        assert [message for _, message in front.messages] == [cc(at // 128, at % 128) for at in range(sent)]


def test_after_a_crash_of_the_server_it_is_heard_again(front: Front, jack_server: Server) -> None:
    with Controller("Knobs") as knobs:
        front.midi.start()
        front.wait_until_open(knobs.port)
        jack_server.kill()
        front.wait_until_open()
        wait_for(lambda: front.ports.trouble, front)
    jack_server.start()
    with Controller("Knobs") as knobs:
        front.wait_until_open(knobs.port)
        knobs.send([0xB0, 21, 9])
        wait_for(lambda: front.messages, front)


def test_a_scan_finds_the_port(front: Front) -> None:
    with Controller("Knobs") as knobs:
        assert list_ports() == [knobs.port]


def test_a_listener_ends_with_its_starter(front: Front) -> None:
    command = [sys.executable, "-m", "livernn.inputs.midi_listener"]
    listener = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    out, _ = listener.communicate('{"wanted": null}\n', timeout=PATIENCE_S)
    assert listener.returncode == 0
    assert out.startswith('{"ports"')
