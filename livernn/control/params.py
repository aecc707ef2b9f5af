"""The one table of performable parameters.

Knobs, MIDI, OSC, presets, tooltips and help text all derive from it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

OFF = "off"
ON = "on"


class Law(Enum):
    """How a control's position in 0..1 maps to the value."""

    LINEAR = "linear"
    LOG = "log"
    INTEGER = "integer"
    SWITCH = "switch"
    """0 or 1."""


class Group(Enum):
    """What stands together in the window, under this heading."""

    SAMPLING = "Sampling"
    VOICES = "Voices"
    OUTPUT = "Output"


@dataclass(frozen=True)
class ParamSpec:
    """One parameter: range, default, unit and response law. At the value `off`, if it has one, it does nothing."""

    name: str
    label: str
    group: Group
    minimum: float
    maximum: float
    default: float
    unit: str
    law: Law
    decimals: int
    help: str
    off: float | None = None

    def clamp(self, value: float) -> float:
        """The nearest value that the parameter can take; the default for NaN."""
        if math.isnan(value):
            return self.default
        value = min(max(value, self.minimum), self.maximum)
        return float(round(value)) if self.is_whole else value

    @property
    def is_whole(self) -> bool:
        """Whether it takes whole numbers only."""
        return self.law in (Law.INTEGER, Law.SWITCH)

    def to_position(self, value: float) -> float:
        """Value to control position in 0..1."""
        value = self.clamp(value)
        if self.law is Law.LOG:
            return math.log(value / self.minimum) / math.log(self.maximum / self.minimum)
        return (value - self.minimum) / (self.maximum - self.minimum)

    def from_position(self, position: float) -> float:
        """Control position in 0..1 to value."""
        position = min(max(position, 0.0), 1.0)
        if self.law is Law.LOG:
            return self.clamp(self.minimum * (self.maximum / self.minimum) ** position)
        return self.clamp(self.minimum + position * (self.maximum - self.minimum))

    def format(self, value: float) -> str:
        """The value as the performer reads it."""
        if value == self.off:
            return OFF
        if self.law is Law.SWITCH:
            return ON
        return f"{value:.{self.decimals}f}" + (f" {self.unit}" if self.unit else "")

    def parse(self, text: str) -> float:
        """The value that the performer typed, with a point or a comma, with or without its unit.

        Raises:
            ValueError: it is no number.
        """
        text = text.strip().lower().removesuffix(self.unit.lower())
        if self.off is not None and text == OFF:
            return self.off
        return self.maximum if self.law is Law.SWITCH and text == ON else self.clamp(float(text.replace(",", ".")))


_TABLE = (
    ParamSpec(
        "temperature", "Temperature", Group.SAMPLING, 0.1, 2.0, 1.0, "", Law.LOG, 2,
        "How daring each next sample is: low is smooth and dark, high is rough and noisy.",
    ),
    ParamSpec(
        "top_k", "Top k", Group.SAMPLING, 0, 256, 0, "", Law.INTEGER, 0,
        "Draw only from the k likeliest levels; 0 is off.", off=0.0,
    ),
    ParamSpec(
        "top_p", "Top p", Group.SAMPLING, 0.05, 1.0, 1.0, "", Law.LINEAR, 3,
        "Draw only from the likeliest levels that together hold this probability; 1 is off.", off=1.0,
    ),
    ParamSpec(
        "min_p", "Min p", Group.SAMPLING, 0.0, 0.5, 0.0, "", Law.LINEAR, 3,
        "Leave out levels less likely than this share of the likeliest; 0 is off.", off=0.0,
    ),
    ParamSpec(
        "noise_fast", "Fast noise", Group.SAMPLING, 0.0, 1.0, 0.0, "", Law.LINEAR, 2,
        "Noise in what the fastest frames tell the samples: roughens and breaks up the tone; 0 is off.", off=0.0,
    ),
    ParamSpec(
        "noise_slow", "Slow noise", Group.SAMPLING, 0.0, 1.0, 0.0, "", Law.LINEAR, 2,
        "Noise in what the slower frames tell the faster: notes and phrases go astray; 0 is off.", off=0.0,
    ),
    ParamSpec(
        "steady", "Steady", Group.SAMPLING, 0.0, 0.5, 0.1, "", Law.LINEAR, 2,
        "Leads the temperature so that the sound stays as lively as the music it was trained on: warmer when it comes "
        "to rest on one chord, cooler when it turns to noise; 0 is off.", off=0.0,
    ),
    ParamSpec(
        "voices", "Voices", Group.VOICES, 1, 8, 1, "", Law.INTEGER, 0,
        "How many play at once: a further one goes on from where another is, and finds its own way.",
    ),
    ParamSpec(
        "pan_spread", "Width", Group.VOICES, 0.0, 1.0, 0.7, "", Law.LINEAR, 2,
        "How far apart the voices stand, left and right.",
    ),
    ParamSpec(
        "temperature_spread", "Temp spread", Group.VOICES, 0.0, 1.0, 0.0, "", Law.LINEAR, 2,
        "How much calmer and more daring than the temperature the voices are; at 1 from half of it to twice.",
    ),
    ParamSpec(
        "low_cut_hz", "Low cut", Group.OUTPUT, 20.0, 1000.0, 20.0, "Hz", Law.LOG, 0,
        "Takes away what lies below: rumble under an instrument that has no such notes; 20 Hz is off.", off=20.0,
    ),
    ParamSpec(
        "gain_db", "Gain", Group.OUTPUT, -60.0, 12.0, 0.0, "dB", Law.LINEAR, 1,
        "Output level before the limiter.",
    ),
    ParamSpec(
        "fade_ms", "Fade", Group.OUTPUT, 2.0, 2000.0, 20.0, "ms", Law.LOG, 0,
        "How long a new sound (a preset, a prime, a new seed) takes to replace the present one.",
    ),
    ParamSpec(
        "guard", "Guard", Group.OUTPUT, 0, 1, 1, "", Law.SWITCH, 0,
        "Goes back to a healthy moment when the sound has died: silence or noise for a second, a loop for five.",
        off=0.0,
    ),
)  # fmt: skip

PARAMS: Mapping[str, ParamSpec] = MappingProxyType({spec.name: spec for spec in _TABLE})
