"""What the sampler did as far as it has been heard, reaching back far enough to make the last minute again."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livernn.engine.reel import JOURNAL_BYTES, JOURNAL_WRITTEN, Reel

Entry = dict[str, Any]
"""See `journal`."""


class JournalReader:
    """Takes each line once. One thread."""

    def __init__(self, reel: Reel) -> None:
        self._reel = reel
        self._read = int(reel.words[JOURNAL_WRITTEN])

    def take(self) -> list[Entry] | None:
        """The entries since the last call; None if some were overwritten before they could be read."""
        written = int(self._reel.words[JOURNAL_WRITTEN])
        begin, self._read = self._read, written
        octets = self._reel.journal[np.arange(begin, written) % JOURNAL_BYTES].tobytes()
        if int(self._reel.words[JOURNAL_WRITTEN]) - begin > JOURNAL_BYTES:
            return None
        return [json.loads(line) for line in octets.splitlines()]


@dataclass(frozen=True)
class _Heard:
    """An entry and a tap position by which it had been heard."""

    by: int
    entry: Entry


class History:
    """Entries that wait to be heard, and those that have been. One thread."""

    def __init__(self) -> None:
        self._waiting: list[Entry] = []
        self._heard: deque[_Heard] = deque()

    def add(self, entries: Sequence[Entry]) -> None:
        """What was rendered; a rollback takes back what it renders again."""
        for entry in entries:
            if entry["do"] == "rollback":
                self._waiting = [other for other in self._waiting if other["ring"] < entry["ring"]]
            self._waiting.append(entry)

    def lose(self) -> None:
        """Entries have been lost: nothing from before can be made again."""
        self._waiting.clear()
        self._heard.clear()

    def hear(self, ring: int, by: int) -> list[Entry]:
        """The ring has been heard up to `ring` by tap position `by`; the entries that this has made true."""
        count = next((at for at, entry in enumerate(self._waiting) if entry["ring"] >= ring), len(self._waiting))
        true, self._waiting = self._waiting[:count], self._waiting[count:]
        self._heard.extend(_Heard(by, entry) for entry in true)
        return true

    def forget(self, heard: int) -> None:
        """Keep only what makes what was heard from tap position `heard` on."""
        beginnings = [at for at, item in enumerate(self._heard) if is_beginning(item.entry)]
        early = [at for at in beginnings if self._heard[at].by <= heard]
        for _ in range(early[-1] if early else 0):
            self._heard.popleft()

    def since(self, heard: int) -> list[Entry]:
        """Entries that make what was heard from tap position `heard` on, or from the first place to begin at."""
        self.forget(heard)
        entries = [item.entry for item in self._heard]
        first = next((at for at, entry in enumerate(entries) if is_beginning(entry)), len(entries))
        return entries[first:]


def is_beginning(entry: Entry) -> bool:
    """Whether replaying can begin here."""
    return "state" in entry and not entry.get("fade", 0)
