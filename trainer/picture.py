"""Waveforms and spectrograms as a PNG, with nothing but zlib."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.errors import LiveRNNError
from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import power_spectra

Pixels = NDArray[np.uint8]

WAVE_HEIGHT = 80
SPECTROGRAM_HEIGHT = 256
_GAP_HEIGHT = 8
_RANGE_DB = (-100.0, -20.0)
_STOPS = ((0, 0, 0), (60, 10, 110), (190, 50, 90), (250, 160, 30), (255, 255, 210))
"""From silent to loud, each step lighter than the one before, so that it reads in grey as well."""


def write_picture(path: Path, sounds: Sequence[Audio], width: int = 1600) -> None:
    """The sounds below one another on one time scale, each as a waveform and a spectrogram from 0 Hz (bottom) up.

    Raises:
        LiveRNNError: the file cannot be written.
    """
    longest = max(len(audio) for audio in sounds)
    rows: list[Pixels] = []
    for audio in sounds:
        padded = np.concatenate([audio, np.zeros(longest - len(audio), np.float32)])
        rows += [_wave(padded, width), spectrogram(padded, width)]
        rows.append(np.full((_GAP_HEIGHT, width, 3), 255, np.uint8))
    try:
        path.write_bytes(encode_png(np.concatenate(rows[:-1])))
    except OSError as error:
        raise LiveRNNError(str(path), f"it cannot be written ({error.strerror})", "Choose another folder.") from error


def encode_png(pixels: Pixels) -> bytes:
    """`[height, width, 3]` as a PNG file (ISO/IEC 15948): 8-bit RGB, no filter."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _wave(audio: Audio, width: int) -> Pixels:
    edges = np.linspace(0, len(audio), width + 1).astype(np.int64)[:-1]
    high, low = np.maximum.reduceat(audio, edges), np.minimum.reduceat(audio, edges)
    levels = np.linspace(1.0, -1.0, WAVE_HEIGHT)[:, None]
    half = 1.0 / WAVE_HEIGHT
    drawn = (levels <= high + half) & (levels >= low - half)
    return np.where(drawn[:, :, None], np.uint8(30), np.uint8(235)).repeat(3, axis=2)


def spectrogram(audio: Audio, width: int) -> Pixels:
    """`[SPECTROGRAM_HEIGHT, width, 3]`, time from left to right, 0 Hz at the bottom."""
    window = 2 * SPECTROGRAM_HEIGHT
    hop = max(1, (len(audio) - window) // (width - 1))
    power = power_spectra(np.pad(audio, (0, window + width)), window, hop)[:width, 1:]
    level_db = 10.0 * np.log10(np.maximum(power, 1e-12))
    low_db, high_db = _RANGE_DB
    place = np.clip((level_db - low_db) / (high_db - low_db), 0.0, 1.0) * (len(_STOPS) - 1)
    stops = np.array(_STOPS, np.float64)
    colours = [np.interp(place, range(len(_STOPS)), stops[:, channel]) for channel in range(3)]
    return np.stack(colours, axis=2).astype(np.uint8)[:, ::-1].transpose(1, 0, 2)
