"""MIDI maps as JSON: every value of a file is checked before it is believed."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

from livernn.control.actions import Action
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target, TargetKind
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Encoding, Takeover
from livernn.errors import BadInputError

FORMAT = 1

_NUMBERS = {ControlKind.CC: 119, ControlKind.CC_14_BIT: 31, ControlKind.PITCH_BEND: 0}
_HIGHEST_NUMBER = 127
_SHOWN = 40
_LARGEST_END = 1e9  # and no NaN

E = TypeVar("E", bound=Enum)


def to_json(midi_map: MidiMap) -> dict[str, object]:
    """What `from_json` reads."""
    return {
        "format": FORMAT,
        "follows_transport": midi_map.follows_transport,
        "bindings": [_write(binding) for binding in midi_map.bindings],
    }


def from_json(content: Any) -> MidiMap:
    """The map that a decoded JSON object holds.

    Raises:
        BadInputError: it is no map, is of a newer version, or names what this version does not have.
    """
    version = content.get("format") if isinstance(content, dict) else None
    if type(version) is not int:
        raise BadInputError("MIDI map", "it is not a liveRNN MIDI map", "Learn the controllers again.")
    if version > FORMAT:
        raise BadInputError(
            "MIDI map", f"a newer liveRNN saved it (format {version}, this one reads {FORMAT})", "Update liveRNN."
        )
    bindings, transport = content.get("bindings"), content.get("follows_transport", True)
    if not isinstance(bindings, list) or not isinstance(transport, bool):
        raise BadInputError("MIDI map", "its list of bindings is missing", "Learn the controllers again.")
    return MidiMap(tuple(_read(entry) for entry in bindings), transport)


def _write(binding: Binding) -> dict[str, object]:
    control = binding.control
    entry: dict[str, object] = {
        binding.target.kind.value: binding.target.name,
        "control": control.kind.value,
        "channel": control.channel,
        "number": control.number,
        "port": control.port,
    }
    if binding.target.kind is TargetKind.PARAM:
        entry |= {
            "encoding": binding.encoding.value,
            "low": binding.low,
            "high": binding.high,
            "curve": binding.curve.value,
            "takeover": binding.takeover.value,
        }
    return entry


def _read(entry: Any) -> Binding:
    if not isinstance(entry, dict):
        raise _bad("a binding", entry)
    kind = _member(ControlKind, entry, "control", None)
    control = Control(
        kind,
        None if entry.get("channel") is None else _whole(entry, "channel", 1, 16),
        _whole({"number": 0, **entry}, "number", 0, _NUMBERS.get(kind, _HIGHEST_NUMBER)),
        None if entry.get("port") is None else _text(entry, "port"),
    )
    binding = Binding(control, _target(entry))
    if binding.target.kind is not TargetKind.PARAM:
        return binding
    return replace(
        binding,
        encoding=_member(Encoding, entry, "encoding", Encoding.ABSOLUTE),
        low=_end(entry, "low"),
        high=_end(entry, "high"),
        curve=_member(Curve, entry, "curve", Curve.LINEAR),
        takeover=_member(Takeover, entry, "takeover", Takeover.NONE),
    )


def _target(entry: Mapping[str, object]) -> Target:
    kinds = [kind for kind in TargetKind if kind.value in entry]
    if len(kinds) != 1:
        raise BadInputError(
            "MIDI map", "a binding has not just one of parameter, action and preset", "Correct it, or learn it again."
        )
    name = _text(entry, kinds[0].value)
    known = {TargetKind.PARAM: set(PARAMS), TargetKind.ACTION: {action.value for action in Action}}.get(kinds[0])
    if known is not None and name not in known:
        raise _bad(kinds[0].value, name)
    return Target(kinds[0], name)


def _member(kind: type[E], entry: Mapping[str, object], key: str, default: E | None) -> E:
    if key not in entry and default is not None:
        return default
    for member in kind:
        if member.value == entry.get(key):
            return member
    raise _bad(key, entry.get(key))


def _whole(entry: Mapping[str, object], key: str, lowest: int, highest: int) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise _bad(key, value)
    return value


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise _bad(key, value)
    return value


def _end(entry: Mapping[str, object], key: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST_END:
        raise _bad(key, value)
    return float(value)


def _bad(what: str, value: object) -> BadInputError:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return BadInputError("MIDI map", f"{what} cannot be {shown}", "Correct it, or learn the controller again.")
