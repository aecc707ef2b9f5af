import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.audiofile import probe, read_audio, stereo_blocks
from livernn.errors import BadInputError
from tests.fixtures.stereo import mono


def tone(rate_hz: int, seconds: float, frequency_hz: float = 440.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(int(rate_hz * seconds)) / rate_hz)).astype(np.float32)


def loudest_hz(audio: NDArray[np.float32], rate_hz: int) -> float:
    return float(np.argmax(abs(np.fft.rfft(audio * np.hanning(audio.size)))) * rate_hz / audio.size)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 48000, 192000])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_any_rate_and_channel_count_becomes_mono_at_the_rate_asked_for(
    tmp_path: Path, rate_hz: int, channels: int
) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, np.repeat(tone(rate_hz, 0.5)[:, None], channels, axis=1), rate_hz)
    audio = read_audio(path, 16000)
    assert audio.dtype == np.float32
    assert audio.shape == (8000,)
    assert loudest_hz(audio, 16000) == pytest.approx(440.0, abs=2.5)
    assert np.std(audio[500:-500]) * np.sqrt(2) == pytest.approx(0.5, rel=0.01)
    info = probe(path)
    assert (info.seconds, info.sample_rate_hz, info.channels) == (0.5, rate_hz, channels)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, np.stack([tone(16000, 0.1), np.zeros(1600, np.float32)], axis=1), 16000, subtype="FLOAT")
    assert np.allclose(read_audio(path, 16000), tone(16000, 0.1) / 2, atol=1e-6)


@pytest.mark.parametrize("rate_hz", [16000, 8000])
def test_stereo_is_the_first_two_channels_or_the_only_one_twice(tmp_path: Path, rate_hz: int) -> None:
    path = tmp_path / "in.wav"
    sound = np.stack([tone(16000, 0.5), -0.5 * tone(16000, 0.5), np.ones(8000, np.float32)], axis=1)
    soundfile.write(path, sound, 16000, subtype="FLOAT")
    (heard,) = stereo_blocks(path, rate_hz, 0.1, 0.4)
    expected = tone(rate_hz, 0.5)[rate_hz // 10 : rate_hz // 10 * 4, np.newaxis] * [1.0, -0.5]
    assert np.allclose(heard[50:-50], expected[50:-50], atol=1e-3)
    soundfile.write(path, sound[:, 0], 16000, subtype="FLOAT")
    (heard,) = stereo_blocks(path, rate_hz)
    assert np.allclose(mono(heard)[50:-50], tone(rate_hz, 0.5)[50:-50], atol=1e-3)


def test_stereo_in_anti_phase_is_not_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, np.stack([tone(16000, 0.1), -0.8 * tone(16000, 0.1)], axis=1), 16000, subtype="FLOAT")
    assert np.array_equal(read_audio(path, 16000), tone(16000, 0.1))


def test_reading_in_blocks_joins_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, tone(44100, 1.0), 44100)
    whole = read_audio(path, 16000)
    monkeypatch.setattr("livernn.audiofile._BLOCK_VALUES", 1000)
    assert np.allclose(read_audio(path, 16000), whole, atol=1e-5)


def test_only_the_first_seconds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, np.append(tone(16000, 1.0), np.ones(16000, np.float32)), 16000)
    audio = read_audio(path, 16000, end_s=0.25)
    assert audio.shape == (4000,)
    assert abs(audio).max() < 0.51


@pytest.mark.parametrize("kind", ["FLAC", "AIFF", "OGG", "MP3"])
def test_other_formats_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"in.{kind.lower()}"
    soundfile.write(path, tone(44100, 1.0), 44100, format=kind)
    assert loudest_hz(read_audio(path, 16000), 16000) == pytest.approx(440.0, abs=2.0)


def bad_files(folder: Path) -> dict[str, Path]:
    paths = {name: folder / name for name in ("empty.wav", "text.wav", "zero.wav", "nan.wav", "cut.flac", "bare.raw")}
    paths["empty.wav"].touch()
    paths["text.wav"].write_text("Dear diary, this is no sound.\n" * 20)
    soundfile.write(paths["zero.wav"], np.zeros((0, 2), np.float32), 44100)
    broken = tone(22050, 0.2)
    broken[100] = np.nan
    soundfile.write(paths["nan.wav"], broken, 22050, subtype="FLOAT")
    paths["infinite.wav"] = folder / "infinite.wav"
    soundfile.write(paths["infinite.wav"], np.array([[np.inf, 0.0], [-np.inf, 3e38]] * 9), 22050, subtype="FLOAT")
    soundfile.write(paths["cut.flac"], np.random.default_rng(4).normal(0, 0.1, 48000), 48000)
    paths["cut.flac"].write_bytes(paths["cut.flac"].read_bytes()[:40000])
    paths["bare.raw"].write_bytes(bytes(1000))
    paths["slow.wav"] = folder / "slow.wav"
    soundfile.write(paths["slow.wav"], tone(8000, 0.1), 8)
    paths["folder"] = folder
    paths["missing.wav"] = folder / "missing.wav"
    paths["pipe.wav"] = folder / "pipe.wav"
    if hasattr(os, "mkfifo"):
        os.mkfifo(paths["pipe.wav"])
    return paths


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("empty.wav", "empty"),
        ("text.wav", "not a sound file"),
        ("zero.wav", "0 seconds"),
        ("nan.wav", "not numbers"),
        ("infinite.wav", "not numbers"),
        ("cut.flac", "damaged or cut off"),
        ("bare.raw", "not a sound file"),
        ("slow.wav", "8 Hz"),
        ("folder", "a folder or a device"),
        ("missing.wav", "no such file"),
        ("pipe.wav", "a folder or a device"),
    ],
)
def test_a_bad_file_gets_one_clear_line(tmp_path: Path, name: str, why: str) -> None:
    path = bad_files(tmp_path)[name]
    if name == "pipe.wav" and not path.exists():
        pytest.skip("no named pipes in this file system")
    with pytest.raises(BadInputError) as caught:
        read_audio(path, 16000)
    assert str(path) in str(caught.value)
    assert why in caught.value.why
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, tone(16000, 0.1), 16000)
    # Root, whom containers run tests as, may read anything.
    monkeypatch.setattr(
        Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(errno.EACCES, "Permission denied"))
    )
    with pytest.raises(BadInputError, match=r"Permission denied.*permissions"):
        read_audio(path, 16000)


def test_a_cut_off_wav_gives_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    soundfile.write(path, tone(16000, 1.0), 16000)
    path.write_bytes(path.read_bytes()[:16044])
    assert read_audio(path, 16000).shape == (8000,)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["WAV", "FLAC", "AIFF"]), channels=st.integers(1, 3))
def test_damaged_bytes_are_read_or_refused(tmp_path: Path, data: st.DataObject, kind: str, channels: int) -> None:
    path = tmp_path / f"in.{kind.lower()}"
    soundfile.write(path, np.repeat(tone(16000, 0.05)[:, None], channels, axis=1), 16000, format=kind)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, min(len(damaged) - 1, 80)))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    try:
        audio = read_audio(path, 16000)
    except BadInputError:
        return
    assert audio.size
    assert np.isfinite(audio).all()
