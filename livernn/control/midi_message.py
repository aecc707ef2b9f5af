"""MIDI messages as far as the instrument understands them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

FIRST_CHANNEL_MODE_MESSAGE = 120
"""Control changes from here on are commands such as "all notes off", which no knob sends."""


class Kind(Enum):
    """The value is the status byte, channel aside."""

    NOTE_OFF = 0x80
    NOTE_ON = 0x90
    CONTROL_CHANGE = 0xB0
    PROGRAM_CHANGE = 0xC0
    PITCH_BEND = 0xE0
    START = 0xFA
    CONTINUE = 0xFB
    STOP = 0xFC


_DATA_BYTES = {
    Kind.NOTE_OFF: 2,
    Kind.NOTE_ON: 2,
    Kind.CONTROL_CHANGE: 2,
    Kind.PROGRAM_CHANGE: 1,
    Kind.PITCH_BEND: 2,
    Kind.START: 0,
    Kind.CONTINUE: 0,
    Kind.STOP: 0,
}
_FIRST_SYSTEM_STATUS = 0xF0


@dataclass(frozen=True)
class MidiMessage:
    """`channel` is 1..16, 0 for START, CONTINUE and STOP, which have none.

    `number` is the note, controller or program; `value` the velocity or position, 0..127, of a pitch bend 0..16383.
    """

    kind: Kind
    channel: int = 0
    number: int = 0
    value: int = 0


def parse(data: Sequence[int]) -> MidiMessage | None:
    """The one message that the bytes 0..255 hold; None if it is broken, or none that the instrument understands.

    A note-on with velocity 0 is a note-off, as MIDI 1.0 has it.
    """
    if not data or not 0x80 <= data[0] <= 0xFF:
        return None
    status, *values = data
    system = status >= _FIRST_SYSTEM_STATUS
    try:
        kind = Kind(status if system else status & 0xF0)
    except ValueError:
        return None
    if len(values) != _DATA_BYTES[kind] or any(not 0 <= value < 0x80 for value in values):
        return None
    if system:
        return MidiMessage(kind)
    channel = (status & 0x0F) + 1
    match kind, values:
        case Kind.PITCH_BEND, [low, high]:
            return MidiMessage(kind, channel, 0, high << 7 | low)
        case Kind.NOTE_ON, [note, 0]:
            return MidiMessage(Kind.NOTE_OFF, channel, note, 0)
        case _:
            number, value = (*values, 0)[:2]
            return MidiMessage(kind, channel, number, value)
