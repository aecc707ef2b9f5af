"""How a control's moves become a place in 0..1: encodings, curves, soft takeover. Pure functions."""

import math
from enum import Enum

TICKS_PER_RANGE = 127
"""Clicks of a relative encoder from one end to the other."""

PICK_UP_REACH = 1.0 / 127.0 + 1e-9
"""How near a control must come to pick a parameter up: one step of seven bits."""


class Encoding(Enum):
    """What the 7 bits of a control change are: a place, or, from endless encoders, clicks since the last message."""

    ABSOLUTE = "absolute"
    TWOS_COMPLEMENT = "twos_complement"
    """1, 2, ... turn up, 127, 126, ... down ("relative 1")."""
    BINARY_OFFSET = "binary_offset"
    """65, 66, ... turn up, 63, 62, ... down ("relative 2")."""
    SIGN_MAGNITUDE = "sign_magnitude"
    """1, 2, ... turn up, 65, 66, ... down ("relative 3")."""

    @property
    def label(self) -> str:
        """As the performer reads it."""
        return _ENCODING_LABELS[self]

    def ticks(self, value: int) -> int:
        """Clicks up (or, below 0, down) that a value 0..127 of a relative encoding stands for."""
        match self:
            case Encoding.TWOS_COMPLEMENT:
                return value if value < 64 else value - 128
            case Encoding.BINARY_OFFSET:
                return value - 64
            case Encoding.SIGN_MAGNITUDE:
                return value if value < 64 else 64 - value
            case Encoding.ABSOLUTE:
                raise ValueError("an absolute control has no clicks")


_ENCODING_LABELS = {
    Encoding.ABSOLUTE: "Absolute",
    Encoding.TWOS_COMPLEMENT: "Encoder 1 / 127",
    Encoding.BINARY_OFFSET: "Encoder 65 / 63",
    Encoding.SIGN_MAGNITUDE: "Encoder 1 / 65",
}


class Curve(Enum):
    """From the control's place in 0..1 to the knob's: each goes up all the way, and leaves the ends where they are."""

    LINEAR = "linear"
    SLOW_START = "slow_start"
    FAST_START = "fast_start"
    S_SHAPED = "s_shaped"

    @property
    def label(self) -> str:
        """As the performer reads it."""
        return self.value.replace("_", " ").replace("s shaped", "S-shaped").capitalize()

    def bend(self, place: float) -> float:
        """The knob's place."""
        match self:
            case Curve.LINEAR:
                return place
            case Curve.SLOW_START:
                return place * place
            case Curve.FAST_START:
                return math.sqrt(place)
            case Curve.S_SHAPED:
                return place * place * (3.0 - 2.0 * place)

    def unbend(self, share: float) -> float:
        """The control's place: the inverse of `bend`."""
        match self:
            case Curve.LINEAR:
                return share
            case Curve.SLOW_START:
                return math.sqrt(share)
            case Curve.FAST_START:
                return share * share
            case Curve.S_SHAPED:
                return 0.5 - math.sin(math.asin(1.0 - 2.0 * share) / 3.0)


class Takeover(Enum):
    """What an absolute control does that does not stand where its parameter is."""

    NONE = "none"
    """The parameter jumps to the control."""
    PICK_UP = "pick_up"
    """Nothing moves until the control comes by."""
    SCALING = "scaling"
    """The parameter moves in the control's direction, by the share of the way that the control has left to that end."""

    @property
    def label(self) -> str:
        """As the performer reads it."""
        return {Takeover.NONE: "Jump", Takeover.PICK_UP: "Pick up", Takeover.SCALING: "Scale"}[self]

    def follow(self, current: float, seen: float | None, place: float, *, held: bool) -> float | None:
        """Where the parameter goes as its control moves from `seen` (None: not known) to `place`; None to stay.

        All are places in 0..1, `current` that of the parameter. `held`: nothing but this control moved it last.
        """
        match self:
            case Takeover.NONE:
                return place
            case Takeover.PICK_UP:
                start = place if seen is None else seen
                near = min(start, place) - PICK_UP_REACH <= current <= max(start, place) + PICK_UP_REACH
                return place if held or near else None
            case Takeover.SCALING:
                return _scale(current, seen, place)


def _scale(current: float, seen: float | None, place: float) -> float | None:
    if place in (0.0, 1.0):
        return place
    if seen is None:
        return None
    if place >= seen:
        return current + (place - seen) * (1.0 - current) / (1.0 - seen)
    return current + (place - seen) * current / seen
