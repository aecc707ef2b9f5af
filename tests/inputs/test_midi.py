"""MidiInput with programs of the test's own in place of the listener."""

import json
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.midi_message import MidiMessage
from livernn.inputs.midi import ENDED, MidiInput, MidiPorts
from tests.control.midi import cc
from tests.fixtures.patience import wait_for

SAYS_WHAT_IT_IS_TOLD = """
import json, sys
for line in sys.stdin:
    opened = json.loads(line)["wanted"] or []
    print(json.dumps({"ports": ["Knobs", "Keys"], "open": opened, "trouble": None}), flush=True)
"""

TALKS = """
import sys
print('a driver says hello', flush=True)
print('{"ports": ["Knobs"], "open": ["Knobs"], "trouble": null}', flush=True)
print('{"message": ["Knobs", [176, 21, 5]]}', flush=True)
print('{"message": ["Knobs", [176, 21, 500]]}', flush=True)
print('{"message": ["Knobs", [248]]}', flush=True)
print('{"message": ["Knobs", [176, 21, 6]]}', flush=True)
sys.stdin.read()
"""


class Front:
    """Who listens."""

    def __init__(self, program: str) -> None:
        self.messages: list[tuple[str, MidiMessage]] = []
        self.ports: list[MidiPorts] = []
        self.midi = MidiInput(
            lambda port, message: self.messages.append((port, message)),
            self.ports.append,
            [sys.executable, "-c", program],
        )


FrontMaker = Callable[[str], Front]


@pytest.fixture
def listen_to() -> Iterator[FrontMaker]:
    fronts: list[Front] = []

    def make(program: str) -> Front:
        fronts.append(Front(program))
        fronts[-1].midi.start()
        return fronts[-1]

    yield make
    for front in fronts:
        front.midi.close()


def test_messages_come_in_order_and_noise_between_them_does_not(listen_to: FrontMaker) -> None:
    front = listen_to(TALKS)
    wait_for(lambda: len(front.messages) == 2)
    assert front.messages == [("Knobs", cc(21, 5)), ("Knobs", cc(21, 6))]
    assert front.ports == [MidiPorts(("Knobs",), ("Knobs",))]


def test_the_listener_is_told_which_ports_are_wanted(listen_to: FrontMaker) -> None:
    front = listen_to(SAYS_WHAT_IT_IS_TOLD)
    wait_for(lambda: front.ports == [MidiPorts(("Knobs", "Keys"))])
    front.midi.choose(["Keys"])
    wait_for(lambda: front.ports[-1].opened == ("Keys",))


def test_a_listener_that_ends_is_started_again_and_told_again(listen_to: FrontMaker) -> None:
    front = listen_to(SAYS_WHAT_IT_IS_TOLD.replace("for line in sys.stdin", "for line in [sys.stdin.readline()]"))
    front.midi.choose(["Knobs"])
    wait_for(lambda: len(front.ports) >= 3)
    assert front.ports[1] == MidiPorts(trouble=ENDED)
    wait_for(lambda: MidiPorts(("Knobs", "Keys"), ("Knobs",)) in front.ports)


def test_closing_does_not_wait_for_one_that_hangs(listen_to: FrontMaker) -> None:
    front = listen_to("import time; print('{}', flush=True); time.sleep(60)")
    front.midi.close()
    assert front.messages == []


def test_one_that_was_never_started_can_be_closed() -> None:
    Front(TALKS).midi.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["message", "ports", "open", "trouble"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values.map(json.dumps) | st.text(max_size=40) | st.just("[" * 100000))
def test_whatever_a_listener_says_is_taken_or_ignored(line: str) -> None:
    front = Front(TALKS)
    front.midi._take(line)
    for ports in front.ports:
        assert all(isinstance(name, str) for name in (*ports.names, *ports.opened))
