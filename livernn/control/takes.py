"""The takes in a folder: what can be done with them once they are recorded. None of it touches what was heard."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.control.file_names import file_name
from livernn.control.take_card import PRIMES_SUFFIX, TakeCard, read_card, replace_card
from livernn.errors import BadInputError, disk_refused
from livernn.paths import data_dir
from livernn.units import db_to_gain
from livernn.wavfile import HEADER_BYTES, WavForm, from_pcm24, read_header, write_wav_blocks

NORMALISED_PEAK_DB = -1.0
DELETED = "deleted"
KEPT_DAYS = 30
"""How long what was deleted can be brought back by hand."""

_BLOCK_FRAMES = 1 << 18
_DAY_S = 86400.0


@dataclass(frozen=True)
class Take:
    """`path` is the WAV's; the JSON and the folder of primes beside it go by the same name."""

    path: Path
    card: TakeCard
    frames: int
    """All that was recorded."""

    @property
    def name(self) -> str:
        """What the performer calls it."""
        return self.path.stem

    @property
    def kept(self) -> tuple[int, int]:
        """First frame of what is kept, and the one after its last."""
        begin, end = self.card.trim or (0, self.frames)
        return min(begin, self.frames), min(end, self.frames)

    @property
    def whole_s(self) -> float:
        """How long `frames` are."""
        return self.frames / self.card.rate_hz

    @property
    def part(self) -> tuple[float, float]:
        """`kept` in seconds."""
        begin, end = self.kept
        return begin / self.card.rate_hz, end / self.card.rate_hz

    @property
    def seconds(self) -> float:
        """Length of what is kept."""
        begin, end = self.kept
        return (end - begin) / self.card.rate_hz


def takes_folder() -> Path:
    """Where takes are kept."""
    return data_dir() / "takes"


class TakeShelf:
    """One thread. Quick, `export` and `peaks` apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._purge()

    def takes(self) -> list[Take]:
        """As they are on disk now, the newest first. What is no take is left out."""
        found = []
        with contextlib.suppress(OSError):
            for card in self.folder.glob("*.json"):
                with contextlib.suppress(OSError, ValueError, BadInputError):
                    found.append(_read(card.with_suffix(".wav")))
        return sorted(found, key=lambda take: (take.card.recorded, take.name), reverse=True)

    def rename(self, take: Take, name: str) -> Take:
        """Call it something else.

        Raises:
            BadInputError: the name is empty, not one for a file, or taken.
            LiveRNNError: the disk refuses.
        """
        name = file_name(name)
        if name == take.name:
            return take
        to = take.path.with_name(f"{name}.wav")
        if to.exists() or to.with_suffix(".json").exists():
            raise BadInputError(f"name {name!r}", "another take has it", "Use another.")
        _move(take.path, to)
        return replace(take, path=to)

    def trim(self, take: Take, begin: int, end: int) -> Take:
        """Keep the frames from `begin` to `end`; the rest stays on the disk.

        Raises:
            LiveRNNError: the disk refuses.
        """
        begin, end = max(0, begin), min(end, take.frames)
        if begin >= end:
            raise BadInputError("trim", "nothing would be left", "Move the ends apart.")
        whole = (begin, end) == (0, take.frames)
        card = replace(take.card, trim=None if whole else (begin, end))
        replace_card(take.path.with_suffix(".json"), card)
        return replace(take, card=card)

    def delete(self, take: Take) -> Callable[[], Take]:
        """Put it where, for some weeks, the performer finds it. What is returned brings it back.

        Raises:
            LiveRNNError: the disk refuses; or, of what is returned, another take has its name.
        """
        grave = self.folder / DELETED / str(time.time_ns())
        try:
            grave.mkdir(parents=True)
        except OSError as error:
            raise disk_refused(take.path, error) from error
        _move(take.path, grave / take.path.name)
        return partial(self._bring_back, grave / take.path.name)

    def _bring_back(self, path: Path) -> Take:
        to = self.folder / path.name
        if to.exists():
            raise BadInputError(f"take {path.stem!r}", "another one has its name", "Rename that one, then undo.")
        _move(path, to)
        with contextlib.suppress(OSError):
            path.parent.rmdir()
        return _read(to)

    def _purge(self) -> None:
        with contextlib.suppress(OSError):
            for grave in (self.folder / DELETED).iterdir():
                if grave.is_dir() and time.time() - grave.stat().st_mtime > KEPT_DAYS * _DAY_S:
                    shutil.rmtree(grave, ignore_errors=True)


def export(take: Take, path: Path, *, normalise: bool) -> None:
    """Write what is kept as a WAV anywhere, bit for bit or with its peak at `NORMALISED_PEAK_DB`. Slow; any thread.

    Raises:
        BadInputError: see `wavfile.check_wav_name`; or it would be written over the take itself.
        LiveRNNError: the disk refuses.
    """
    if path.exists() and path.samefile(take.path):
        raise BadInputError(str(path), "that is the take itself", "Choose another name.")
    gain = _gain(take) if normalise else None
    sound = (block if gain is None else block * gain for block in _blocks(take))
    write_wav_blocks(path, sound, take.card.rate_hz, take.card.channels)


def peaks(take: Take, count: int) -> NDArray[np.float32]:
    """Highest absolute sample of each of `count` equal parts of the whole take, `[count]`. Slow; any thread.

    Raises:
        LiveRNNError: the file cannot be read.
    """
    highest = np.zeros(count, np.float32)
    position = 0
    whole = replace(take, card=replace(take.card, trim=None))
    for block in _blocks(whole):
        loud = np.abs(block.reshape(-1, take.card.channels)).max(axis=1, initial=0.0)
        parts = (np.arange(position, position + loud.size) * count) // max(1, take.frames)
        np.maximum.at(highest, parts, loud)
        position += loud.size
    return highest


def _gain(take: Take) -> np.float32 | None:
    peak = max((float(np.abs(block).max(initial=0.0)) for block in _blocks(take)), default=0.0)
    return np.float32(db_to_gain(NORMALISED_PEAK_DB) / peak) if peak > 0.0 else None


def _blocks(take: Take) -> Iterator[NDArray[np.float32]]:
    frame_bytes = WavForm(take.card.rate_hz, take.card.channels, 0).frame_bytes
    begin, end = take.kept
    try:
        with take.path.open("rb") as file:
            file.seek(HEADER_BYTES + begin * frame_bytes)
            while begin < end:
                count = min(end - begin, _BLOCK_FRAMES)
                yield from_pcm24(file.read(count * frame_bytes))
                begin += count
    except OSError as error:
        raise disk_refused(take.path, error) from error


def _read(path: Path) -> Take:
    """The take whose WAV is at `path`; OSError, ValueError or BadInputError where there is none."""
    card = read_card(path.with_suffix(".json"))
    with path.open("rb") as file:
        form = read_header(file.read(HEADER_BYTES))
    there = (path.stat().st_size - HEADER_BYTES) // form.frame_bytes
    if (form.rate_hz, form.channels) != (card.rate_hz, card.channels):
        raise ValueError("WAV and JSON are not of one take")
    return Take(path, card, min(form.frames, there))


def _move(wav: Path, to: Path) -> None:
    """All of a take, or nothing of it."""
    done: list[tuple[Path, Path]] = []
    try:
        for suffix in (PRIMES_SUFFIX, ".wav", ".json"):
            source, target = wav.with_suffix(suffix), to.with_suffix(suffix)
            if source.exists():
                source.rename(target)
                done.append((source, target))
    except OSError as error:
        for source, target in done:
            with contextlib.suppress(OSError):
                target.rename(source)
        raise disk_refused(wav, error) from error
