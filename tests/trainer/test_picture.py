import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.errors import LiveRNNError
from trainer.picture import SPECTROGRAM_HEIGHT, WAVE_HEIGHT, encode_png, write_picture

RATE_HZ = 16000


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """Pixels of a PNG as `encode_png` writes it, every checksum checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : place + 8 + size]
        assert zlib.crc32(body) == int.from_bytes(data[place + 8 + size : place + 12 + size], "big")
        chunks[body[:4]] = body[4:]
        place += 12 + size
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height = (int.from_bytes(chunks[b"IHDR"][at : at + 4], "big") for at in (0, 4))
    assert chunks[b"IHDR"][8:] == bytes([8, 2, 0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def test_pixels_survive() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    assert np.array_equal(decode_png(encode_png(pixels)), pixels)


def test_each_sound_is_drawn_where_it_sounds(tmp_path: Path) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 2000.0 * np.arange(2 * RATE_HZ) / RATE_HZ)).astype(np.float32)
    write_picture(tmp_path / "a.png", [tone, tone[:RATE_HZ]], width=200)
    pixels = decode_png((tmp_path / "a.png").read_bytes())
    panel = WAVE_HEIGHT + SPECTROGRAM_HEIGHT
    assert pixels.shape == (2 * panel + 8, 200, 3)
    whole, half = (pixels[top + WAVE_HEIGHT : top + panel].sum(axis=2) for top in (0, panel + 8))
    row = SPECTROGRAM_HEIGHT * 3 // 4
    assert np.all(abs(whole[:, 10:190].argmax(axis=0) - row) <= 1)
    assert np.all(abs(half[:, 10:90].argmax(axis=0) - row) <= 1)
    assert not half[:, 110:].any()
    wave = pixels[:WAVE_HEIGHT, 100, 0] < 100
    assert wave.sum() == pytest.approx(WAVE_HEIGHT / 2, abs=3)


def test_a_short_sound_is_drawn(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", [np.zeros(500, np.float32)], width=100)
    assert decode_png((tmp_path / "a.png").read_bytes()).shape == (WAVE_HEIGHT + SPECTROGRAM_HEIGHT, 100, 3)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(LiveRNNError, match="cannot be written"):
        write_picture(tmp_path / "none/a.png", [np.zeros(500, np.float32)])
