"""The window and a MIDI port of another process."""

import time
from collections.abc import Callable

import pytest
from PySide6.QtTest import QTest

from livernn.control.midimap import Target
from livernn.inputs.ports import API_VARIABLE
from livernn.ui.main_window import MainWindow
from tests.fixtures.controllers import Controller
from tests.fixtures.servers import Server

PATIENCE_S = 30.0


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        QTest.qWait(10)


@pytest.mark.midi
def test_a_real_control_is_learned_and_turns_the_knob(
    jack_server: Server, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_VARIABLE, "jack")
    controllers, knob = window.controllers, window.transport.knobs["gain_db"]
    with Controller("Knobs") as knobs:
        controllers.start()
        wait_for(lambda: controllers.ports.opened == (knobs.port,))
        controllers.learn(Target.param("gain_db"))
        knobs.send(*([0xB0, 21, value] for value in range(60, 70)))
        wait_for(lambda: controllers.map.bindings)
        knobs.send(*([0xB0, 21, value] for value in range(127, -1, -1)))
        wait_for(lambda: knob.value == -60.0)
    wait_for(lambda: controllers.ports.opened == ())
    with Controller("Knobs") as knobs:
        wait_for(lambda: controllers.ports.opened == (knobs.port,))
        knobs.send([0xB0, 21, 127])
        wait_for(lambda: knob.value == 12.0)
