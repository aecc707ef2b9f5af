"""Which part of which controller moves what, and how: immutable values."""

from dataclasses import dataclass, replace
from enum import Enum

from livernn.control.actions import ACTIONS, Action
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Encoding, Takeover


class ControlKind(Enum):
    """What a controller's part sends; the value is its name in files."""

    CC = "cc"
    CC_14_BIT = "cc14"
    """A pair: `number` is the coarse one, below 32; `number + 32` is the fine one."""
    NOTE = "note"
    PITCH_BEND = "pitch_bend"
    PROGRAM = "program"


CHANNELS = (None, *range(1, 17))
"""None for any."""


def channel_label(channel: int | None) -> str:
    """As the performer reads it."""
    return "any channel" if channel is None else f"channel {channel}"


@dataclass(frozen=True)
class Control:
    """One part of a controller. `channel` is one of CHANNELS; `port` is the input's name, None for any."""

    kind: ControlKind
    channel: int | None
    number: int = 0
    port: str | None = None

    @property
    def label(self) -> str:
        """As the performer reads it."""
        what = {
            ControlKind.CC: f"CC {self.number}",
            ControlKind.CC_14_BIT: f"CC {self.number} + {self.number + 32}",
            ControlKind.NOTE: f"Note {self.number}",
            ControlKind.PITCH_BEND: "Pitch bend",
            ControlKind.PROGRAM: f"Program {self.number + 1}",
        }[self.kind]
        return f"{what}, {channel_label(self.channel)}"


class TargetKind(Enum):
    """The value is the key in files."""

    PARAM = "parameter"
    ACTION = "action"
    PRESET = "preset"


@dataclass(frozen=True)
class Target:
    """What is moved: `name` is that of a parameter, an action or a preset."""

    kind: TargetKind
    name: str

    @staticmethod
    def param(name: str) -> "Target":
        return Target(TargetKind.PARAM, PARAMS[name].name)

    @staticmethod
    def action(action: Action) -> "Target":
        return Target(TargetKind.ACTION, action.value)

    @staticmethod
    def preset(name: str) -> "Target":
        return Target(TargetKind.PRESET, name)

    @property
    def label(self) -> str:
        """As the performer reads it."""
        match self.kind:
            case TargetKind.PARAM:
                return PARAMS[self.name].label
            case TargetKind.ACTION:
                return ACTIONS[Action(self.name)].label
            case TargetKind.PRESET:
                return f"Preset {self.name}"


@dataclass(frozen=True)
class Binding:
    """A control and its target. What follows them is for parameters only.

    `low` and `high` are the values at the control's ends, None for the parameter's own; low may be above high.
    """

    control: Control
    target: Target
    encoding: Encoding = Encoding.ABSOLUTE
    low: float | None = None
    high: float | None = None
    curve: Curve = Curve.LINEAR
    takeover: Takeover = Takeover.NONE

    def ends(self) -> tuple[float, float]:
        """Values at the control's ends."""
        spec = PARAMS[self.target.name]
        low = spec.minimum if self.low is None else spec.clamp(self.low)
        return low, spec.maximum if self.high is None else spec.clamp(self.high)

    def value_at(self, place: float) -> float:
        """The parameter's value when the control stands at `place`, 0..1."""
        spec = PARAMS[self.target.name]
        low, high = map(spec.to_position, self.ends())
        return spec.from_position(low + (high - low) * self.curve.bend(place))

    def place_of(self, value: float) -> float:
        """Where in 0..1 the control would have to stand for `value`; an end where the range does not reach it."""
        spec = PARAMS[self.target.name]
        low, high = map(spec.to_position, self.ends())
        if low == high:
            return 0.0
        share = (spec.to_position(value) - low) / (high - low)
        return self.curve.unbend(min(max(share, 0.0), 1.0))


@dataclass(frozen=True)
class MidiMap:
    """All bindings, and whether the transport of a sequencer (start, continue, stop) plays and stops."""

    bindings: tuple[Binding, ...] = ()
    follows_transport: bool = True

    def of(self, target: Target) -> tuple[Binding, ...]:
        """The bindings of a target."""
        return tuple(binding for binding in self.bindings if binding.target == target)

    def learned(self, binding: Binding) -> "MidiMap":
        """With `binding` in place of what its target had; range, curve and takeover of that are kept."""
        before = self.of(binding.target)
        if before:
            binding = replace(before[0], control=binding.control, encoding=binding.encoding)
        return replace(self, bindings=(*self.forgotten(binding.target).bindings, binding))

    def forgotten(self, target: Target) -> "MidiMap":
        """Without the bindings of a target."""
        return replace(self, bindings=tuple(binding for binding in self.bindings if binding.target != target))

    def without(self, binding: Binding) -> "MidiMap":
        """Without one binding."""
        return replace(self, bindings=tuple(other for other in self.bindings if other != binding))

    def replaced(self, old: Binding, new: Binding) -> "MidiMap":
        """With `new` where `old` is."""
        return replace(self, bindings=tuple(new if binding == old else binding for binding in self.bindings))
