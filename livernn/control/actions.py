"""The one table of what a performer can trigger, by button, key, pedal, note or OSC.

With `PARAMS` it makes one set of names: none is in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Action(Enum):
    """The value is the name in maps and OSC addresses."""

    TOGGLE_PLAY = "toggle_play"
    PLAY = "play"
    STOP = "stop"
    PANIC = "panic"
    NEW_SEED = "new_seed"
    RECORD = "record"
    LISTEN = "listen"
    PREVIOUS_PRESET = "previous_preset"
    NEXT_PRESET = "next_preset"


@dataclass(frozen=True)
class ActionSpec:
    """How an action is shown."""

    label: str
    help: str


ACTIONS: Mapping[Action, ActionSpec] = MappingProxyType(
    {
        Action.TOGGLE_PLAY: ActionSpec("Play or stop", "Start the sound, or fade it out."),
        Action.PLAY: ActionSpec("Play", "Start the sound; while it plays, nothing."),
        Action.STOP: ActionSpec("Stop", "Fade the sound out; while it is silent, nothing."),
        Action.PANIC: ActionSpec("Panic", "Silence at once, and back to the initial state."),
        Action.NEW_SEED: ActionSpec("New seed", "Start over with a new random seed."),
        Action.RECORD: ActionSpec("Record", "Begin a take, the last minute included, or end it."),
        Action.LISTEN: ActionSpec("Listen", "Hold: listen to the microphone. Let go: continue what was played."),
        Action.PREVIOUS_PRESET: ActionSpec("Previous preset", "Change to the previous preset of the list."),
        Action.NEXT_PRESET: ActionSpec("Next preset", "Change to the next preset of the list."),
    }
)
