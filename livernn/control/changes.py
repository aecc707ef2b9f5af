"""What a controller asks for, whether it speaks MIDI or OSC."""

from collections.abc import Iterable
from dataclasses import dataclass

from livernn.control.actions import Action


@dataclass(frozen=True)
class SetParam:
    """Set the parameter called `name`; the value is clamped to its range by whoever takes it."""

    name: str
    value: float


@dataclass(frozen=True)
class Act:
    """An action's button went down (`pressed`) or up."""

    action: Action
    pressed: bool = True


@dataclass(frozen=True)
class ChoosePreset:
    """Change to the preset called `name`."""

    name: str


Change = SetParam | Act | ChoosePreset


def latest(changes: Iterable[Change]) -> list[Change]:
    """The same changes, in order, but of each parameter's values only the last: a burst is one move."""
    last: dict[object, Change] = {}
    for index, change in enumerate(changes):
        key: object = change.name if isinstance(change, SetParam) else index
        last.pop(key, None)
        last[key] = change
    return list(last.values())
