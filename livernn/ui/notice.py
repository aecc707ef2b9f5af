"""The one line that tells the performer what is going on."""

from dataclasses import dataclass, replace
from enum import Enum

_BESIDE = "  –  "


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

    def with_beside(self, other: "Notice") -> "Notice":
        """What to say when `other` comes: it alone, unless there is a remedy here, which stays."""
        if self.remedy is None:
            return other
        trouble, _, _ = self.text.partition(_BESIDE)
        return replace(self, text=trouble + _BESIDE + other.text)


WELCOME = Notice(Kind.HINT, "Space plays. Drop a preset, a checkpoint or a sound file anywhere.  F1 helps.")
