import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.learn import SETTLE_S, Learning
from livernn.control.midi_message import Kind, MidiMessage
from livernn.control.midimap import Control, ControlKind
from livernn.control.response import Encoding
from tests.control.midi import PORT, cc, note

LATER_S = 10.1 + SETTLE_S


def hear(*messages: MidiMessage, port: str = PORT, for_parameter: bool = True) -> Learning:
    learning = Learning(for_parameter)
    for message in messages:
        learning = learning.hear(port, message, 10.0)
    return learning


@pytest.mark.parametrize(
    ("message", "control"),
    [
        (note(60), Control(ControlKind.NOTE, 1, 60, PORT)),
        (MidiMessage(Kind.PROGRAM_CHANGE, 3, 5), Control(ControlKind.PROGRAM, 3, 5, PORT)),
        (MidiMessage(Kind.PITCH_BEND, 2, 0, 9000), Control(ControlKind.PITCH_BEND, 2, 0, PORT)),
    ],
)
def test_keys_programs_and_wheels_are_known_at_once(message: MidiMessage, control: Control) -> None:
    assert hear(message, for_parameter=False).found(10.0) == (control, Encoding.ABSOLUTE)
    by_parameter = hear(message).found(LATER_S)
    assert by_parameter == (None if message.kind is Kind.PROGRAM_CHANGE else (control, Encoding.ABSOLUTE))


@pytest.mark.parametrize(
    "message", [note(60, 0), MidiMessage(Kind.START), MidiMessage(Kind.STOP), cc(123, 0), cc(120, 0)]
)
def test_what_no_hand_moves_is_not_learned(message: MidiMessage) -> None:
    assert hear(message) == Learning()
    assert hear(message).found(LATER_S) is None


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        ((64,), Encoding.ABSOLUTE),
        ((127, 0), Encoding.ABSOLUTE),
        ((1, 2, 3, 4, 5), Encoding.ABSOLUTE),
        ((60, 61, 61, 63, 65, 66), Encoding.ABSOLUTE),
        ((127, 126, 125, 124), Encoding.ABSOLUTE),
        ((1, 1, 1, 2, 1, 1), Encoding.TWOS_COMPLEMENT),
        ((127, 127, 127), Encoding.TWOS_COMPLEMENT),
        ((1, 1, 1, 127, 127, 127), Encoding.TWOS_COMPLEMENT),
        ((65, 65, 65), Encoding.BINARY_OFFSET),
        ((63, 63, 62, 62, 63, 63), Encoding.BINARY_OFFSET),
        ((1, 1, 1, 65, 65, 65), Encoding.SIGN_MAGNITUDE),
        ((64, 64, 64), Encoding.ABSOLUTE),
    ],
)
def test_encoders_are_told_from_knobs_by_what_they_repeat(values: tuple[int, ...], encoding: Encoding) -> None:
    learning = hear(*(cc(21, value) for value in values))
    assert learning.found(LATER_S) == (Control(ControlKind.CC, 1, 21, PORT), encoding)


@pytest.mark.parametrize("numbers", [(1, 33), (33, 1), (1, 33, 1, 33)])
def test_both_halves_of_a_pair_are_one_control_and_an_action_takes_the_coarse_one(
    numbers: tuple[int, ...],
) -> None:
    halves = [cc(number, 5) for number in numbers]
    assert hear(*halves).found(LATER_S) == (Control(ControlKind.CC_14_BIT, 1, 1, PORT), Encoding.ABSOLUTE)
    of_action = hear(*halves, for_parameter=False).found(LATER_S)
    assert of_action == (Control(ControlKind.CC, 1, 1, PORT), Encoding.ABSOLUTE)


def test_controls_33_apart_are_no_pair() -> None:
    assert hear(cc(40, 5), cc(72, 5)).found(LATER_S) == (Control(ControlKind.CC, 1, 40, PORT), Encoding.ABSOLUTE)


def test_a_knob_is_known_after_a_while_or_after_enough_messages() -> None:
    assert hear(cc(21, 5)).found(10.1) is None
    assert hear(cc(21, 5)).found(LATER_S) is not None
    assert hear(*(cc(21, value) for value in range(8))).found(10.1) is not None


@given(st.lists(st.builds(cc, st.integers(0, 119), st.integers(0, 127), st.integers(1, 16)), max_size=20))
def test_only_the_first_control_that_moved_is_learned(others: list[MidiMessage]) -> None:
    learning = hear(cc(21, 5))
    for message in others:
        learning = learning.hear("Other port", message, 10.0)
    assert learning == hear(cc(21, 5))
