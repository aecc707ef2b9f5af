"""MIDI learn: which control is being moved, found out from what it sends. An immutable state machine."""

from dataclasses import dataclass, replace
from itertools import pairwise

from livernn.control.midi_message import FIRST_CHANNEL_MODE_MESSAGE, Kind, MidiMessage
from livernn.control.midimap import Control, ControlKind
from livernn.control.response import Encoding

SETTLE_S = 0.6
"""Control changes are listened to for so long: one alone does not tell a knob from an encoder or from half a pair."""

_ENOUGH = 8
_FEWEST_CLICKS = 3
_FASTEST_TICKS = 12
"""Clicks in one message, more than which is taken for a place."""

_AT_ONCE = {
    Kind.NOTE_ON: ControlKind.NOTE,
    Kind.PROGRAM_CHANGE: ControlKind.PROGRAM,
    Kind.PITCH_BEND: ControlKind.PITCH_BEND,
}


@dataclass(frozen=True)
class Learning:
    """What has been heard so far, from the first control that moved.

    What is not `for_parameter` goes off: a program change will do for that, and where a control stands says nothing.
    """

    for_parameter: bool = True
    port: str = ""
    heard: tuple[MidiMessage, ...] = ()
    since_s: float = 0.0

    def hear(self, port: str, message: MidiMessage, now_s: float) -> "Learning":
        """After one more message; those that belong to no control, or to another one, change nothing."""
        if not self.heard:
            return replace(self, port=port, heard=(message,), since_s=now_s) if self._can_start(message) else self
        return replace(self, heard=(*self.heard, message)) if self._continues(port, message) else self

    def found(self, now_s: float) -> tuple[Control, Encoding] | None:
        """The control, once enough has been heard from it or `SETTLE_S` have passed since its first message."""
        if not self.heard:
            return None
        first = self.heard[0]
        if first.kind in _AT_ONCE:
            kind = _AT_ONCE[first.kind]
            return Control(kind, first.channel, first.number, self.port), Encoding.ABSOLUTE
        if len(self.heard) < _ENOUGH and now_s - self.since_s < SETTLE_S:
            return None
        numbers = {message.number for message in self.heard}
        if not self.for_parameter:
            return Control(ControlKind.CC, first.channel, min(numbers), self.port), Encoding.ABSOLUTE
        if len(numbers) == 2:
            return Control(ControlKind.CC_14_BIT, first.channel, min(numbers), self.port), Encoding.ABSOLUTE
        encoding = _guess(tuple(message.value for message in self.heard))
        return Control(ControlKind.CC, first.channel, first.number, self.port), encoding

    def _can_start(self, message: MidiMessage) -> bool:
        match message.kind:
            case Kind.CONTROL_CHANGE:
                return message.number < FIRST_CHANNEL_MODE_MESSAGE
            case Kind.PROGRAM_CHANGE:
                return not self.for_parameter
            case _:
                return message.kind in _AT_ONCE

    def _continues(self, port: str, message: MidiMessage) -> bool:
        first = self.heard[0]
        if (port, message.kind, message.channel) != (self.port, Kind.CONTROL_CHANGE, first.channel):
            return False
        numbers = {other.number for other in self.heard}
        # 33 below and beyond would be a neighbour that happens to move; a pair has its coarse half below 32.
        return message.number in numbers or (
            len(numbers) == 1 and {message.number, first.number} == {first.number % 32, first.number % 32 + 32}
        )


def _guess(values: tuple[int, ...]) -> Encoding:
    """An absolute control sends what has changed; one that sends the same small click again and again is an encoder."""
    repeats = sum(before == after for before, after in pairwise(values))
    if len(values) < _FEWEST_CLICKS or 2 * repeats < len(values) - 1:
        return Encoding.ABSOLUTE
    fitting = [
        encoding
        for encoding in (Encoding.TWOS_COMPLEMENT, Encoding.BINARY_OFFSET, Encoding.SIGN_MAGNITUDE)
        if all(0 < abs(encoding.ticks(value)) <= _FASTEST_TICKS for value in values)
    ]
    return fitting[0] if fitting else Encoding.ABSOLUTE
