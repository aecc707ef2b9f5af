"""MIDI messages to changes, under a map."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam
from livernn.control.midi_message import Kind, MidiMessage
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, TargetKind
from livernn.control.response import TICKS_PER_RANGE, Encoding

_PRESSED_FROM = 64
"""Pedals and buttons that send control changes are down from here on, as MIDI has it for the sustain pedal."""

_TRANSPORT = {Kind.START: Action.PLAY, Kind.CONTINUE: Action.PLAY, Kind.STOP: Action.STOP}

_KINDS = {
    Kind.NOTE_ON: (ControlKind.NOTE,),
    Kind.NOTE_OFF: (ControlKind.NOTE,),
    Kind.CONTROL_CHANGE: (ControlKind.CC, ControlKind.CC_14_BIT),
    Kind.PROGRAM_CHANGE: (ControlKind.PROGRAM,),
    Kind.PITCH_BEND: (ControlKind.PITCH_BEND,),
}


@dataclass
class _Hand:
    """What is remembered of the control of one binding."""

    coarse: int | None = None
    """None as long as it is not known."""
    fine: int = 0
    seen: float | None = None
    pressed: bool = False
    place: float = 0.0
    """Where the control last took the parameter, and the value there: finer than the parameter where that is whole."""
    value: float | None = None


class Translator:
    """One thread. `value_of` tells where a parameter stands now, whoever moved it."""

    def __init__(self, midi_map: MidiMap, value_of: Callable[[str], float]) -> None:
        self._value_of = value_of
        self._hands: dict[Binding, _Hand] = {}
        self.midi_map = midi_map

    @property
    def midi_map(self) -> MidiMap:
        """What messages mean; where a binding stays, what is known of its control stays."""
        return self._map

    @midi_map.setter
    def midi_map(self, midi_map: MidiMap) -> None:
        self._map = midi_map
        self._hands = {binding: self._hands.get(binding, _Hand()) for binding in midi_map.bindings}

    def changes(self, port: str, message: MidiMessage) -> list[Change]:
        """What a message from an input asks for, to be done before the next one is translated."""
        if message.kind in _TRANSPORT:
            return [Act(_TRANSPORT[message.kind])] if self._map.follows_transport else []
        return [
            change
            for binding, hand in self._hands.items()
            if matches(binding.control, port, message)
            for change in self._moved(binding, hand, message)
        ]

    def _moved(self, binding: Binding, hand: _Hand, message: MidiMessage) -> Iterator[Change]:
        if binding.target.kind is TargetKind.PARAM:
            yield from self._turned(binding, hand, message)
            return
        if message.kind is Kind.PROGRAM_CHANGE:
            hand.pressed = False
            presses: tuple[bool, ...] = (True, False)
        else:
            presses = (_is_down(message),)
        for pressed in presses:
            if pressed != hand.pressed:
                hand.pressed = pressed
                if binding.target.kind is TargetKind.ACTION:
                    yield Act(Action(binding.target.name), pressed)
                elif pressed:
                    yield ChoosePreset(binding.target.name)

    def _turned(self, binding: Binding, hand: _Hand, message: MidiMessage) -> Iterator[Change]:
        now = self._value_of(binding.target.name)
        held = now == hand.value
        current = hand.place if held else binding.place_of(now)
        if binding.encoding is not Encoding.ABSOLUTE:
            place: float | None = min(max(current + binding.encoding.ticks(message.value) / TICKS_PER_RANGE, 0.0), 1.0)
        else:
            stands = _place(binding.control, hand, message)
            if stands is None:
                return
            place = binding.takeover.follow(current, hand.seen, stands, held=held)
            hand.seen = stands
        if place is not None:
            hand.place, hand.value = place, binding.value_at(place)
            yield SetParam(binding.target.name, hand.value)


def matches(control: Control, port: str, message: MidiMessage) -> bool:
    """Whether a message from an input comes from this control."""
    if control.port not in (None, port) or control.channel not in (None, message.channel):
        return False
    if control.kind not in _KINDS.get(message.kind, ()):
        return False
    if control.kind is ControlKind.CC_14_BIT:
        return message.number in (control.number, control.number + 32)
    return message.number == control.number


def _is_down(message: MidiMessage) -> bool:
    match message.kind:
        case Kind.NOTE_ON:
            return True
        case Kind.CONTROL_CHANGE:
            return message.value >= _PRESSED_FROM
        case Kind.PITCH_BEND:
            return message.value >= _PRESSED_FROM << 7
        case _:
            return False


def _place(control: Control, hand: _Hand, message: MidiMessage) -> float | None:
    """Where an absolute control stands, 0..1; None where it is not known, as at the end of a note."""
    match message.kind:
        case Kind.PITCH_BEND:
            return message.value / 0x3FFF
        case Kind.NOTE_OFF | Kind.PROGRAM_CHANGE:
            return None
        case _:
            if control.kind is not ControlKind.CC_14_BIT:
                return message.value / 0x7F
    # Senders of pairs differ in which half comes first, and some leave out a half that has not changed.
    if message.number == control.number:
        hand.coarse = message.value
    else:
        hand.fine = message.value
    return None if hand.coarse is None else (hand.coarse << 7 | hand.fine) / 0x3FFF
