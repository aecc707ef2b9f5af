import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from livernn.wavfile import HEADER_BYTES, WavForm, from_pcm24, read_header, to_pcm24, write_header

FORMS = st.builds(WavForm, st.integers(1, 768_000), st.integers(1, 64), st.integers(0, 1 << 40))


@given(FORMS)
def test_a_header_reads_back_whatever_its_size(form: WavForm) -> None:
    header = write_header(form)
    assert len(header) == HEADER_BYTES
    assert read_header(header) == form
    assert header.startswith(b"RF64" if form.data_bytes > 0xFFFFFF00 else b"RIFF") or form.data_bytes > 0xFFFFFF00


@given(FORMS, st.data())
def test_a_damaged_header_is_refused_or_means_another_form(form: WavForm, data: st.DataObject) -> None:
    damaged = bytearray(write_header(form))
    damaged[data.draw(st.integers(0, HEADER_BYTES - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert write_header(read_header(bytes(damaged))) == damaged
    except ValueError:
        return


def test_a_header_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="cut off"):
        read_header(write_header(WavForm(48000, 1, 5))[:-1])


@given(arrays(np.float32, st.integers(0, 50), elements=st.floats(-1.0, 1.0, width=32)))
def test_samples_are_the_nearest_of_24_bits(audio: np.ndarray) -> None:
    back = from_pcm24(to_pcm24(audio))
    assert np.array_equal(back, np.minimum(np.rint(audio.astype(np.float64) * 2**23), 2**23 - 1) / 2**23)
    assert to_pcm24(back) == to_pcm24(audio)


def test_what_is_no_level_is_clipped_or_silent() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 5.0, -5.0], np.float32)
    assert from_pcm24(to_pcm24(odd)).tolist() == [0.0, 1.0 - 2**-23, -1.0, 1.0 - 2**-23, -1.0]


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_other_programs_read_the_same(channels: int) -> None:
    audio = np.random.default_rng(2).uniform(-1, 1, (301, channels)).astype(np.float32)
    pcm = to_pcm24(audio)
    file = io.BytesIO(write_header(WavForm(44100, channels, 301)) + pcm + bytes(len(pcm) % 2))
    back, rate_hz = soundfile.read(file, dtype="float32", always_2d=True)
    assert rate_hz == 44100
    assert np.array_equal(back.reshape(-1), from_pcm24(pcm))


class _Endless(io.RawIOBase):
    """A sparse file: `head`, then zeros."""

    def __init__(self, head: bytes, size: int) -> None:
        self._head, self._size, self._at = head, size, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:
        count = max(0, min(len(buffer), self._size - self._at))
        here = self._head[self._at : self._at + count]
        buffer[:count] = here + bytes(count - len(here))
        self._at += count
        return count


@pytest.mark.parametrize("frames", [(1 << 32) // 6 - 16, (1 << 32) // 6 + 1, 1 << 33])
def test_other_programs_read_the_length_beyond_4_gib(frames: int) -> None:
    form = WavForm(48000, 2, frames)
    info = soundfile.info(_Endless(write_header(form), HEADER_BYTES + form.data_bytes))
    assert (info.frames, info.format, info.subtype) == (frames, "RF64" if frames > (1 << 32) // 6 else "WAV", "PCM_24")
