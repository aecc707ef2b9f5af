"""A take being recorded: a WAV file and a JSON beside it, both whole after every write, whatever happens next.

The form of the JSON is told in docs/takes.md.
"""

import filecmp
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from livernn import __version__
from livernn.control.file_names import numbered
from livernn.control.take_card import LOG_BEGIN, PRIMES_SUFFIX, TakeCard, card_line
from livernn.engine.history import Entry
from livernn.engine.reel import Mark
from livernn.units import SIDES
from livernn.wavfile import GrowingWav, write_all

_LOG_END = b"\n]}\n"
_NEXT = b",\n"
_LONGEST_PRESET = 60
_LARGEST_PRIME_BYTES = 1 << 28


class TakeFile:
    """Open from construction to `close`. OSError wherever the disk refuses; what was written until then stays whole."""

    def __init__(self, path: Path, card: TakeCard) -> None:
        """`path` is the WAV's; neither it nor its JSON may exist."""
        self.path = path
        self._begun = False
        self._wav = GrowingWav(path, card.rate_hz, card.channels)
        try:
            self._json = path.with_suffix(".json").open("xb", buffering=0)
        except OSError:
            self._wav.close()
            path.unlink()
            raise
        write_all(self._json, card_line(card) + LOG_BEGIN + _LOG_END)

    @property
    def frames(self) -> int:
        """Frames written."""
        return self._wav.frames

    def write(self, pcm: bytes) -> None:
        """Append frames, as `to_pcm24` makes them."""
        self._wav.write(pcm)

    def log(self, entries: Iterable[Entry]) -> None:
        """Append to the log; primes that entries name are copied beside the take."""
        lines = [json.dumps(self._with_own_prime(entry), separators=(",", ":")).encode() for entry in entries]
        if lines:
            text = _NEXT.join(lines)
            self._json.seek(-len(_LOG_END), os.SEEK_END)
            write_all(self._json, (_NEXT if self._begun else b"\n") + text + _LOG_END)
            self._begun = True

    def close(self) -> None:
        """Both files are on the disk when this returns."""
        try:
            self._wav.close()
            os.fsync(self._json.fileno())
        finally:
            self._json.close()

    def _with_own_prime(self, entry: Entry) -> Entry:
        prime = entry.get("origin", {}).get("prime")
        if prime is None:
            return entry
        return {**entry, "origin": {**entry["origin"], "prime": self._keep_prime(Path(prime))}}

    def _keep_prime(self, prime: Path) -> str:
        """The name of its copy; a prime that is gone by now, or too large, leaves only that."""
        folder = self.path.with_suffix(PRIMES_SUFFIX)
        with suppress(OSError):
            if prime.stat().st_size > _LARGEST_PRIME_BYTES:
                return prime.name
            folder.mkdir(exist_ok=True)
            for name in numbered(prime.stem):
                copy = folder / f"{name}{prime.suffix}"
                if not copy.exists():
                    shutil.copyfile(prime, copy)
                if filecmp.cmp(prime, copy, shallow=False):
                    return copy.name
        return prime.name


def new_card(preset: str, recorded: str, rate_hz: int, preroll_frames: int) -> TakeCard:
    """The card of a take that begins now; of as many channels as the tap."""
    return TakeCard(recorded, preset, rate_hz, SIDES, preroll_frames, f"liveRNN {__version__}")


def free_name(folder: Path, now: datetime, preset: str) -> Path:
    """A name for a take's WAV that neither it nor its JSON has: date, time and preset."""
    plain = "".join(letter if letter.isalnum() or letter in "-_" else " " for letter in preset)
    stem = f"{now:%Y-%m-%d %H.%M.%S} {' '.join(plain.split())[:_LONGEST_PRESET]}".rstrip()
    paths = (folder / f"{name}.wav" for name in numbered(stem))
    return next(path for path in paths if not path.exists() and not path.with_suffix(".json").exists())


def flow_entry(mark: Mark, begin: int) -> Entry:
    """A mark of the reel in a take that begins at tap position `begin`."""
    return {
        "do": "flow",
        "heard": mark.heard - begin,
        "ring": mark.ring,
        "open": mark.is_open,
        "starved": mark.starved,
        "xrun": mark.xrun,
        "level": mark.level,
    }
