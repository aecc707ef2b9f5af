"""The one place that writes sound files: 24-bit PCM WAV, as RF64 (EBU Tech 3306) where 32 bits do not hold a size.

The header is of one length whatever it says, so that a file under way is whole whenever its header has been rewritten.
"""

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import RawIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.errors import BadInputError, LiveRNNError
from livernn.replacing import replacing

HEADER_BYTES = 80
SAMPLE_BYTES = 3

_FULL_SCALE = np.float32(1 << 23)
_LOWEST, _HIGHEST = np.float32(-(1 << 23)), np.float32((1 << 23) - 1)
_BLOCK_FRAMES = 1 << 18
_FILE_HEAD_BYTES = 8
_DS64_BYTES, _FORMAT_BYTES = 28, 16
_PCM = 1
_IN_DS64 = 0xFFFFFFFF
_LAYOUT = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHH 4sI")


@dataclass(frozen=True)
class WavForm:
    """What a header says. A frame is one sample of every channel."""

    rate_hz: int
    channels: int
    frames: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return SAMPLE_BYTES * self.channels

    @property
    def data_bytes(self) -> int:
        """Bytes of all frames, without the padding that an odd number of them takes."""
        return self.frames * self.frame_bytes


def write_header(form: WavForm) -> bytes:
    """`HEADER_BYTES` that stand before the data; after an odd number of data bytes belongs a zero byte."""
    data_bytes = form.data_bytes
    riff_bytes = HEADER_BYTES - _FILE_HEAD_BYTES + data_bytes + data_bytes % 2
    large = riff_bytes >= _IN_DS64
    ds64 = (riff_bytes, data_bytes, form.frames) if large else (0, 0, 0)
    return _LAYOUT.pack(
        b"RF64" if large else b"RIFF", _IN_DS64 if large else riff_bytes, b"WAVE",
        b"ds64" if large else b"JUNK", _DS64_BYTES, *ds64, 0,
        b"fmt ", _FORMAT_BYTES, _PCM, form.channels, form.rate_hz, form.rate_hz * form.frame_bytes,
        form.frame_bytes, 8 * SAMPLE_BYTES,
        b"data", _IN_DS64 if large else data_bytes,
    )  # fmt: skip


def read_header(header: bytes) -> WavForm:
    """What `write_header` wrote.

    Raises:
        ValueError: this is no such header.
    """
    if len(header) < HEADER_BYTES:
        raise ValueError("the header is cut off")
    (_, _, _, _, _, _, long_data_bytes, _, _, _, _, _, channels, rate_hz, _, frame_bytes, _, _, short_data_bytes) = (
        _LAYOUT.unpack_from(header)
    )
    data_bytes = long_data_bytes if short_data_bytes == _IN_DS64 else short_data_bytes
    if frame_bytes == 0 or data_bytes % frame_bytes:
        raise ValueError("its frames are not whole")
    form = WavForm(rate_hz, channels, data_bytes // frame_bytes)
    with contextlib.suppress(struct.error):  # a field that is too large for what follows from it
        if channels > 0 and write_header(form) == header[:HEADER_BYTES]:
            return form
    raise ValueError("it is not the header of a take")


def to_pcm24(audio: NDArray[np.float32]) -> bytes:
    """Samples, interleaved if `[n, channels]`, to the nearest of 24 bits; beyond full scale clipped, NaN silent."""
    scaled = np.nan_to_num(audio, nan=0.0, posinf=2.0, neginf=-2.0).reshape(-1) * _FULL_SCALE
    whole = np.clip(np.rint(scaled), _LOWEST, _HIGHEST).astype("<i4")
    octets: NDArray[np.uint8] = whole.view(np.uint8).reshape(-1, 4)
    return octets[:, :SAMPLE_BYTES].tobytes()


def from_pcm24(pcm: bytes) -> NDArray[np.float32]:
    """The samples that `to_pcm24` rounded, exactly."""
    words = np.zeros((len(pcm) // SAMPLE_BYTES, 4), np.uint8)
    words[:, 1:] = np.frombuffer(pcm, np.uint8).reshape(-1, SAMPLE_BYTES)
    return (words.view("<i4").reshape(-1) >> 8).astype(np.float32) / _FULL_SCALE


class GrowingWav:
    """A WAV that is whole after every write, whatever happens next.

    OSError wherever the disk refuses; what was written until then stays whole.
    """

    def __init__(self, path: Path, rate_hz: int, channels: int = 1) -> None:
        """`path` must not exist."""
        self._form = WavForm(rate_hz, channels, 0)
        self._file = path.open("xb", buffering=0)
        write_all(self._file, write_header(self._form))

    @property
    def frames(self) -> int:
        """Frames written."""
        return self._form.frames

    def write(self, pcm: bytes) -> None:
        """Append frames, as `to_pcm24` makes them."""
        if pcm:
            write_all(self._file, pcm)
            self._form = replace(self._form, frames=self._form.frames + len(pcm) // self._form.frame_bytes)
            self._file.seek(0)
            write_all(self._file, write_header(self._form))
            self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """The file is on the disk when this returns."""
        try:
            write_all(self._file, bytes(self._form.data_bytes % 2))
            os.fsync(self._file.fileno())
        finally:
            self._file.close()


def write_all(file: RawIOBase, content: bytes) -> None:
    """An unbuffered file may take less than it is given."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def check_wav_name(path: Path) -> None:
    """What can be said of a WAV file to be before there is anything to write.

    Raises:
        BadInputError: the name does not end in .wav, its folder is missing or read-only, or it is a folder or a device.
    """
    if path.suffix.lower() != ".wav":
        raise BadInputError(str(path), "only WAV files are written", "Let the name end in .wav.")
    try:
        parent_is_folder = stat.S_ISDIR(path.parent.stat().st_mode)
        taken = path.exists() and not path.is_file()
    except FileNotFoundError as error:
        raise BadInputError(str(path), "its folder does not exist", "Make the folder, or choose another.") from error
    except OSError as error:
        raise BadInputError(str(path), error.strerror or str(error), "Choose another name or folder.") from error
    if not parent_is_folder:
        raise BadInputError(str(path), "its folder is a file", "Choose another folder.")
    if not os.access(Path(os.path.realpath(path)).parent, os.W_OK):
        raise BadInputError(str(path), "its folder cannot be written to", "Choose another folder.")
    if taken:
        raise BadInputError(str(path), "it is a folder or a device", "Choose the name of a file.")


def write_wav(path: Path, audio: NDArray[np.float32], rate_hz: int) -> None:
    """Write `[n]` or `[n, channels]`; see `write_wav_blocks`."""
    blocks = (audio[start : start + _BLOCK_FRAMES] for start in range(0, len(audio), _BLOCK_FRAMES))
    write_wav_blocks(path, blocks, rate_hz, 1 if audio.ndim == 1 else audio.shape[1])


def write_wav_blocks(path: Path, blocks: Iterable[NDArray[np.float32]], rate_hz: int, channels: int) -> None:
    """Write blocks of samples, interleaved or `[n, channels]`, as they come. A file of that name is replaced whole or
    stays.

    Raises:
        BadInputError: as `check_wav_name`.
        LiveRNNError: the file could not be written, for example because the disk is full.
    """
    check_wav_name(path)
    target = Path(os.path.realpath(path))
    frames = 0
    try:
        with replacing(target) as unfinished, unfinished.open("wb") as file:
            file.write(write_header(WavForm(rate_hz, channels, 0)))
            for block in blocks:
                file.write(to_pcm24(block))
                frames += block.size // channels
            form = WavForm(rate_hz, channels, frames)
            file.write(bytes(form.data_bytes % 2))
            file.seek(0)
            file.write(write_header(form))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LiveRNNError(str(path), f"it could not be written ({error.strerror})", _write_remedy(error)) from error


def _write_remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "Free some space or choose another disk; a file of that name is as it was."
    return "Choose another name or folder."
