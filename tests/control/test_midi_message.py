import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.midi_message import Kind, MidiMessage, parse


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([0x90, 60, 100], MidiMessage(Kind.NOTE_ON, 1, 60, 100)),
        ([0x90, 60, 0], MidiMessage(Kind.NOTE_OFF, 1, 60, 0)),
        ([0x8F, 60, 64], MidiMessage(Kind.NOTE_OFF, 16, 60, 64)),
        ([0xB2, 7, 127], MidiMessage(Kind.CONTROL_CHANGE, 3, 7, 127)),
        ([0xC0, 5], MidiMessage(Kind.PROGRAM_CHANGE, 1, 5)),
        ([0xE0, 1, 64], MidiMessage(Kind.PITCH_BEND, 1, 0, 8193)),
        ([0xFA], MidiMessage(Kind.START)),
        ([0xFB], MidiMessage(Kind.CONTINUE)),
        ([0xFC], MidiMessage(Kind.STOP)),
    ],
)
def test_messages(data: list[int], message: MidiMessage) -> None:
    assert parse(data) == message


@pytest.mark.parametrize(
    "data",
    [[], [60], [0xB0], [0xB0, 1], [0xB0, 1, 128], [0xB0, 1, 2, 3], [0xF8], [0xF0, 1, 0xF7], [0xA0, 1, 2], [256], [-1]],
)
def test_what_is_no_message_or_means_nothing_here(data: list[int]) -> None:
    assert parse(data) is None


@given(st.lists(st.integers(-300, 300), max_size=6) | st.binary(max_size=6).map(list))
def test_any_bytes_are_a_message_within_its_ranges_or_none(data: list[int]) -> None:
    message = parse(data)
    if message is not None:
        assert 0 <= message.channel <= 16
        assert 0 <= message.number <= 127
        assert 0 <= message.value <= (16383 if message.kind is Kind.PITCH_BEND else 127)
