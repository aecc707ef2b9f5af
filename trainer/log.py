"""RUN/log.jsonl: what a run was like, for programs to read and for the run itself to go on from."""

import json
import os
from pathlib import Path
from typing import Any

from livernn.replacing import replace_text

Entry = dict[str, Any]


class RunLog:
    """A JSON object a line, each with the `step` after which it was written; those after `first_step` are dropped.

    Without `writes` the file stays as it is, and `losses` and `validations` are kept all the same.

    After a step: bits, rate, norm (of the gradient), samples_per_s, elapsed_s, left_s. After a validation: valid_bits,
    gain_bits (`trend.gain_bits`), elapsed_s. Where there is something to say: notice.
    """

    def __init__(self, path: Path, first_step: int, *, writes: bool = True) -> None:
        self._path = path
        self._writes = writes
        self._begin_after(first_step)

    def write(self, entry: Entry) -> None:
        """Append a line, at once."""
        self._file.write(json.dumps(entry) + "\n")
        if "bits" in entry:
            self.losses.append(entry["bits"])
        if "valid_bits" in entry:
            self.validations.append(entry)

    def rewind(self, step: int) -> None:
        """Drop what was written after `step`."""
        self._file.close()
        self._begin_after(step)

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _begin_after(self, step: int) -> None:
        entries = _entries_up_to(self._path, step)
        if self._writes:
            replace_text(self._path, "".join(f"{json.dumps(entry)}\n" for entry in entries))
        self._file = (self._path if self._writes else Path(os.devnull)).open("a", encoding="utf-8", buffering=1)
        self.losses: list[float] = [entry["bits"] for entry in entries if "bits" in entry]
        self.validations: list[Entry] = [entry for entry in entries if "valid_bits" in entry]


def _entries_up_to(path: Path, step: int) -> list[Entry]:
    entries: list[Entry] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                break  # the line that a killed run was writing
            if entry["step"] > step:
                break
            entries.append(entry)
    return entries
