"""WAV files as they are written: whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from livernn.audiofile import probe
from livernn.errors import BadInputError, LiveRNNError
from livernn.wavfile import check_wav_name, write_wav, write_wav_blocks


def tone(rate_hz: int, seconds: float) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * 440.0 * np.arange(int(rate_hz * seconds)) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("shape", [(1000,), (1000, 2)])
def test_what_is_written_reads_back_to_24_bits(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "out.wav"
    audio = np.random.default_rng(5).uniform(-1, 1, shape).astype(np.float32)
    write_wav(path, audio, 16000)
    back, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == 16000
    assert soundfile.info(path).subtype == "PCM_24"
    assert np.allclose(back, audio, atol=2.0**-23)
    assert list(tmp_path.iterdir()) == [path]


def test_too_loud_is_clipped_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    write_wav(path, np.array([1.5, -1.5], dtype=np.float32), 16000)
    assert np.allclose(soundfile.read(path)[0], [1.0, -1.0], atol=1e-6)


@contextmanager
def files_no_larger_than(size_bytes: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow further, as a full disk would."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    write_wav(path, tone(16000, 0.1), 16000)
    before = path.read_bytes()
    with files_no_larger_than(20000), pytest.raises(LiveRNNError) as caught:
        write_wav(path, tone(16000, 2.0), 16000)
    assert caught.value.exit_code == 1
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LiveRNNError, match=r"No space left on device.*Free some space"):
        write_wav(tmp_path / "take.wav", tone(16000, 0.1), 16000)
    assert not list(tmp_path.iterdir())


def test_a_read_only_folder_is_told_before_there_is_anything_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # root may write anywhere
    with pytest.raises(BadInputError, match="cannot be written to"):
        check_wav_name(tmp_path / "take.wav")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("taken.wav", "a folder or a device"),
        ("none/take.wav", "folder does not exist"),
        ("file/take.wav", "folder is a file"),
        ("x" * 300 + ".wav", "name too long"),
        ("take.mp3", "only WAV"),
        ("take", "only WAV"),
    ],
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "taken.wav").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError) as caught:
        write_wav(tmp_path / name, tone(16000, 0.1), 16000)
    assert why in caught.value.why


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "out.wav"
    link.symlink_to(os.devnull)
    with pytest.raises(BadInputError, match="a folder or a device"):
        write_wav(link, tone(16000, 0.1), 16000)


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    link, real = tmp_path / "link.wav", tmp_path / "real.wav"
    link.symlink_to(real)
    write_wav(link, tone(16000, 0.1), 16000)
    assert link.is_symlink()
    assert probe(real).seconds == pytest.approx(0.1)


def test_blocks_as_they_come_are_one_file(tmp_path: Path) -> None:
    audio = tone(16000, 0.1)
    write_wav(tmp_path / "whole.wav", audio, 16000)
    write_wav_blocks(tmp_path / "blocks.wav", iter([audio[:7], audio[7:7], audio[7:]]), 16000, 1)
    assert (tmp_path / "blocks.wav").read_bytes() == (tmp_path / "whole.wav").read_bytes()
