"""Lifecycle and fades: nothing that starts, stops or changes the sound may click."""

from enum import Enum

GATE_FADE_MS = 5.0
"""Ramp of start, stop, panic and recovery from an underrun, applied by the audio callback."""

HURRIED_FADE_MS = 20.0
"""What is left of a longer fade when the next change begins, or where there is no room for rendering two sounds."""

TOUCH_FADE_MS = 2.0
"""Length of the change to the same sound under another patch."""


class EngineState(Enum):
    """What the engine is doing, in the order in which it gets there."""

    STOPPED = "stopped"
    """No engine process: not started, closed or dead. Only the client says this."""
    STARTING = "starting"
    IDLE = "idle"
    """Nothing is loaded."""
    LOADING = "loading"
    """Nothing is loaded yet, but something is on its way."""
    READY = "ready"
    PLAYING = "playing"
