"""The one place that reads sound files of any make."""

import contextlib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from livernn.errors import BadInputError
from livernn.units import SIDES

MIN_RATE_HZ = 1000
MAX_RATE_HZ = 768_000
"""Beyond these a header is damaged, and resampling what it describes could fill the memory."""

_BLOCK_VALUES = 1 << 20
_ANTI_PHASE = -0.5
_ANOTHER_FILE = "Choose a WAV, FLAC, AIFF, Ogg or MP3 file."


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says."""

    seconds: float
    sample_rate_hz: int
    channels: int


def probe(path: Path) -> AudioInfo:
    """The file's length and form, without reading its audio.

    Raises:
        BadInputError: missing, unreadable, empty or no sound file.
    """
    with _open(path) as file:
        return AudioInfo(file.frames / file.samplerate, file.samplerate, file.channels)


def read_audio(path: Path, rate_hz: float, begin_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
    """The file, or what lies between two times of it, as mono at `rate_hz`: mean of the channels, resampled
    by soxr. Of a stereo file in anti-phase, whose mean would cancel, the left channel.

    A WAV that was cut off gives what is there. Any thread but the sampler's and the callback's.

    Raises:
        BadInputError: missing, unreadable, empty, damaged, or holding NaN or infinity.
    """
    parts = list(audio_blocks(path, rate_hz, begin_s, end_s))
    audio = np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
    if audio.size == 0:
        raise BadInputError(str(path), "it holds 0 seconds of audio there", "Choose more of it, or a longer file.")
    if not np.isfinite(audio).all():
        raise BadInputError(str(path), "it holds values that are not numbers", "Export it again from its source.")
    return audio


def audio_blocks(
    path: Path, rate_hz: float, begin_s: float = 0.0, end_s: float | None = None
) -> Iterator[NDArray[np.float32]]:
    """The file between two times, block by block, as `read_audio` gives it.

    Raises:
        BadInputError: missing, unreadable, empty or damaged.
    """
    with _open(path) as file:
        heard = slice(1) if _in_anti_phase(path, file) else slice(None)

        def to_mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
            with np.errstate(invalid="ignore", over="ignore"):
                mono: NDArray[np.float32] = block[:, heard].mean(axis=1, dtype=np.float64).astype(np.float32)
            return mono

        yield from _converted(path, file, rate_hz, (begin_s, end_s), 1, to_mono)


def stereo_blocks(
    path: Path, rate_hz: float, begin_s: float = 0.0, end_s: float | None = None
) -> Iterator[NDArray[np.float32]]:
    """The same as `[n, SIDES]`: the first channels of the file, or its only one on both sides.

    Raises:
        BadInputError: missing, unreadable, empty or damaged.
    """
    with _open(path) as file:
        sides = [min(side, file.channels - 1) for side in range(SIDES)]
        yield from _converted(path, file, rate_hz, (begin_s, end_s), SIDES, lambda block: block.take(sides, axis=1))


def _converted(
    path: Path,
    file: soundfile.SoundFile,
    rate_hz: float,
    between_s: tuple[float, float | None],
    channels: int,
    fold: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> Iterator[NDArray[np.float32]]:
    begin_s, end_s = between_s
    converter = soxr.ResampleStream(file.samplerate, rate_hz, channels, dtype="float32", quality="HQ")
    left = file.frames if end_s is None else min(file.frames, round(end_s * file.samplerate))
    if begin_s > 0.0:
        left -= file.seek(min(left, round(begin_s * file.samplerate)))
    while left > 0:
        block = _read_block(path, file, min(left, max(1, _BLOCK_VALUES // file.channels)))
        left = left - len(block) if len(block) else 0
        folded = fold(block)
        yield folded if file.samplerate == rate_hz else converter.resample_chunk(folded, last=left == 0)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[soundfile.SoundFile]:
    try:
        status = path.stat()
        plain = stat.S_ISREG(status.st_mode)
        if plain:
            path.open("rb").close()
    except FileNotFoundError as error:
        raise BadInputError(str(path), "there is no such file", "Check the name.") from error
    except OSError as error:
        raise BadInputError(str(path), f"it cannot be read ({error.strerror})", "Check its permissions.") from error
    if not plain:
        raise BadInputError(str(path), "it is a folder or a device", _ANOTHER_FILE)
    if status.st_size == 0:
        raise BadInputError(str(path), "the file is empty", _ANOTHER_FILE)
    try:
        # A raw file (no header) is the TypeError.
        file = soundfile.SoundFile(str(path))
    except (soundfile.SoundFileError, TypeError, UnicodeError) as error:
        raise BadInputError(str(path), "it is not a sound file that can be read here", _ANOTHER_FILE) from error
    with file:
        if not MIN_RATE_HZ <= file.samplerate <= MAX_RATE_HZ:
            raise BadInputError(
                str(path),
                f"its sample rate of {file.samplerate} Hz is out of range",
                "Export it again from its source.",
            )
        if file.frames <= 0:
            raise BadInputError(str(path), "it holds 0 seconds of audio", "Choose a longer file.")
        yield file


def _read_block(path: Path, file: soundfile.SoundFile, frames: int) -> NDArray[np.float32]:
    with _damage_told(path):
        block: NDArray[np.float32] = file.read(frames, dtype="float32", always_2d=True)
    return block


def _in_anti_phase(path: Path, file: soundfile.SoundFile) -> bool:
    if file.channels != 2 or not file.seekable():
        return False
    left, right = _read_block(path, file, _BLOCK_VALUES // 2).astype(np.float64).T
    with _damage_told(path):
        file.seek(0)
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(left @ right < _ANTI_PHASE * np.sqrt((left @ left) * (right @ right)))


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except soundfile.SoundFileError as error:
        raise BadInputError(str(path), "it is damaged or cut off", "Copy or export it again.") from error
