"""A run's log, followed as it grows."""

import json
import math
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

_AT_ONCE_BYTES = 1 << 19
_RECENT_STEPS = 50


class RunLog:
    """What the lines of RUN/log.jsonl say; `trainer.log` describes them, and unknown ones are passed over.

    `seconds` and `bits` are of each step, `valid_seconds` and `valid_bits` of each validation; seconds are those of
    training, pauses between a stop and a resumption left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file, self._place = 0, 0
        self.best_bits = math.inf
        """Of all validations ever seen, also those that the run has taken back since."""
        self._forget()

    @property
    def elapsed_s(self) -> float:
        """How long has been trained."""
        return max([*self.seconds[-1:], *self.valid_seconds[-1:]], default=0.0)

    @property
    def recent_bits(self) -> float:
        """Mean of the last steps, of which there must be one: single steps differ much."""
        recent = self.bits[-_RECENT_STEPS:]
        return sum(recent) / len(recent)

    def read(self) -> bool:
        """Take in what is new, of much of it a part; says whether there was anything."""
        with suppress(OSError), self._path.open("rb") as file:
            status = self._path.stat()
            if status.st_ino != self._file or status.st_size < self._place:
                self._forget()  # a run that goes back or on begins with a new file of what it keeps
                self._file = status.st_ino
            file.seek(self._place)
            new = file.read(_AT_ONCE_BYTES)
            whole = new.rfind(b"\n") + 1
            self._place += whole
            for line in new[:whole].splitlines():
                with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    self._take(json.loads(line))
            return whole > 0
        return False

    def _forget(self) -> None:
        self._place = 0
        self.seconds, self.bits = array("d"), array("d")
        self.valid_seconds, self.valid_bits = array("d"), array("d")
        self.left_s: float | None = None
        self.samples_per_s: float | None = None
        self.gain_bits: float | None = None
        self.notice = ""

    def _take(self, entry: dict[str, Any]) -> None:
        if "bits" in entry:
            bits, second = float(entry["bits"]), float(entry["elapsed_s"])
            self.left_s, self.samples_per_s = float(entry["left_s"]), float(entry["samples_per_s"])
            self.bits.append(bits)
            self.seconds.append(second)
        elif "valid_bits" in entry:
            bits, second = float(entry["valid_bits"]), float(entry["elapsed_s"])
            self.valid_bits.append(bits)
            self.valid_seconds.append(second)
            self.best_bits = min(self.best_bits, bits)
            gain = entry.get("gain_bits")
            self.gain_bits = float(gain) if gain is not None else None
        elif "notice" in entry:
            self.notice = str(entry["notice"])
