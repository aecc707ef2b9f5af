"""24-bit PCM WAV, header and samples; as RF64 (EBU Tech 3306) where 32 bits do not hold a size.

The header is of one length whatever it says, so that a file under way is whole whenever its header has been rewritten.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES = 80
SAMPLE_BYTES = 3

_FULL_SCALE = np.float32(1 << 23)
_LOWEST, _HIGHEST = np.float32(-(1 << 23)), np.float32((1 << 23) - 1)
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
    if channels == 0 or write_header(form) != header[:HEADER_BYTES]:
        raise ValueError("it is not the header of a take")
    return form


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
