"""The one line that tells the performer what is going on."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How loud a notice is."""

    HINT = "hint"
    INFO = "info"
    BUSY = "busy"
    ERROR = "error"


class Remedy(Enum):
    """What the performer can do about it with one click; the value is the button's text."""

    RETRY_AUDIO = "Retry"
    RESTART_ENGINE = "Restart engine"


@dataclass(frozen=True)
class Notice:
    """One line. `fraction` of 1 is done while busy; with `offers_devices` the outputs are listed beside it."""

    kind: Kind
    text: str
    remedy: Remedy | None = None
    offers_devices: bool = False
    fraction: float | None = None


WELCOME = Notice(Kind.HINT, "Space plays. Drop a preset, a checkpoint or a sound file anywhere.  F1 helps.")
