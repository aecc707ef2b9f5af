"""The shelf of primes: sounds that were continued, kept to be continued again."""

import contextlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from livernn.control.file_names import file_name, numbered
from livernn.errors import BadInputError, disk_refused
from livernn.paths import data_dir
from livernn.replacing import replace_text
from livernn.wavfile import HEADER_BYTES, read_header

KEPT_S = 120.0
"""Of a longer sound, what comes first."""

HEARD_S = 30.0
"""At most, of a sound that is continued."""

DELETED = "deleted"

DUCK_DB = 12.0
"""How much quieter the sound is while a prime is played into the microphone, if the performer says nothing else."""

_CARD_LIMIT_BYTES = 1 << 12


@dataclass(frozen=True)
class KeptPrime:
    """`path` is that of a mono WAV; what is continued lies between two times of it."""

    path: Path
    whole_s: float
    begin_s: float = 0.0
    end_s: float = math.inf

    @property
    def name(self) -> str:
        """What the performer calls it."""
        return self.path.stem

    @property
    def part(self) -> tuple[float, float]:
        """Where what is continued begins and ends."""
        return min(self.begin_s, self.whole_s), min(self.end_s, self.whole_s)


def primes_folder() -> Path:
    """Where primes are kept."""
    return data_dir() / "primes"


class PrimeShelf:
    """One thread. A prime is `NAME.wav` and, where it is trimmed, `NAME.json`. LiveRNNError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def primes(self) -> list[KeptPrime]:
        """As they are on disk now, the newest first. What is none is left out."""
        found: list[tuple[float, KeptPrime]] = []
        with contextlib.suppress(OSError):
            for path in self.folder.glob("*.wav"):
                with contextlib.suppress(OSError, ValueError):
                    found.append((path.stat().st_mtime, _read(path)))
        return [prime for _, prime in sorted(found, key=lambda item: (-item[0], item[1].name))]

    def free_path(self, name: str) -> Path:
        """A WAV of that name, or of that and a number, that is not there yet; its folder is made."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
        return next(path for one in numbered(name) if not (path := self.folder / f"{one}.wav").exists())

    def free_phrase(self) -> Path:
        """The same, called after the microphone and the time."""
        return self.free_path(f"Microphone {datetime.now().astimezone():%Y-%m-%d %H.%M.%S}")

    def rename(self, prime: KeptPrime, name: str) -> KeptPrime:
        """Call it something else.

        Raises:
            BadInputError: the name is not one for a file, or taken.
        """
        name = file_name(name)
        to = prime.path.with_name(f"{name}.wav")
        if to == prime.path:
            return prime
        if to.exists():
            raise BadInputError(f"name {name!r}", "another prime has it", "Use another.")
        _move(prime.path, to)
        return replace(prime, path=to)

    def trim(self, prime: KeptPrime, begin_s: float, end_s: float) -> KeptPrime:
        """Continue only what lies between two times; nothing is erased.

        Raises:
            BadInputError: nothing would be left.
        """
        begin_s, end_s = max(0.0, begin_s), min(end_s, prime.whole_s)
        if not begin_s < end_s:
            raise BadInputError("trim", "nothing would be left", "Move the ends apart.")
        card = prime.path.with_suffix(".json")
        try:
            replace_text(card, json.dumps({"format": 1, "begin_s": begin_s, "end_s": end_s}))
        except OSError as error:
            raise disk_refused(card, error) from error
        return replace(prime, begin_s=begin_s, end_s=end_s)

    def delete(self, prime: KeptPrime) -> Callable[[], KeptPrime]:
        """Put it into the folder `deleted` beside the others. What is returned brings it back.

        Raises:
            BadInputError: of what is returned, another prime has its name.
        """
        grave = PrimeShelf(self.folder / DELETED).free_path(prime.name)
        _move(prime.path, grave)
        return partial(_bring_back, grave, prime.path)


def _read(path: Path) -> KeptPrime:
    """OSError or ValueError where there is none."""
    with path.open("rb") as file:
        form = read_header(file.read(HEADER_BYTES))
    prime = KeptPrime(path, form.frames / form.rate_hz)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        card = path.with_suffix(".json")
        if card.stat().st_size <= _CARD_LIMIT_BYTES:
            content: Any = json.loads(card.read_text(encoding="utf-8"))
            begin_s, end_s = float(content["begin_s"]), float(content["end_s"])
            if 0.0 <= begin_s < end_s:
                return replace(prime, begin_s=begin_s, end_s=end_s)
    return prime


def _bring_back(grave: Path, path: Path) -> KeptPrime:
    if path.exists():
        raise BadInputError(f"prime {path.stem!r}", "another one has its name", "Rename that one, then undo.")
    _move(grave, path)
    return _read(path)


def _move(path: Path, to: Path) -> None:
    try:
        path.rename(to)
        with contextlib.suppress(FileNotFoundError):
            path.with_suffix(".json").rename(to.with_suffix(".json"))
    except OSError as error:
        raise disk_refused(path, error) from error
