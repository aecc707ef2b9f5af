"""The files of a take, and the process that writes them."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livernn import wavfile
from livernn.control.take_card import read_card
from livernn.engine import past
from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import Event, Failed, Quit, Record, StopRecording, TakeBegun, TakeEnded
from livernn.engine.reel import TAP_SAMPLES, TAP_WRITTEN, Reel
from livernn.engine.shared import STREAM_RATE_HZ, SharedBlock
from livernn.engine.take import TakeFile, free_name, new_card
from livernn.engine.wire import decode, encode
from livernn.engine.writer import Writer
from livernn.wavfile import HEADER_BYTES, WavForm, from_pcm24, to_pcm24
from tests.engine.fakes import PATIENCE_S, pull
from tests.fixtures.stereo import both, mono

RATE_HZ = 1000


def ramp(begin: int, end: int) -> np.ndarray:
    """A sound whose samples tell where they stand, and are never silent."""
    return ((np.arange(begin, end) % 8000 + 1) / 8192).astype(np.float32)


class Clock:
    """A reel that fills by hand, and a writer."""

    def __init__(self, block: SharedBlock, reel: Reel, folder: Path) -> None:
        self.block, self.reel, self.folder = block, reel, folder
        self.said: list[Event] = []
        self.heard = 0
        block.words[STREAM_RATE_HZ] = RATE_HZ
        self.writer = Writer(reel, self.said.append)

    def hear(self, count: int) -> None:
        """The device plays the next of the ramp; a writer in another process may look at any moment."""
        pull(self.block, 0)
        self.reel.tap[np.arange(self.heard, self.heard + count) % TAP_SAMPLES] = both(
            ramp(self.heard, self.heard + count)
        ) * np.float32([1.0, -1.0])
        self.heard += count
        self.reel.words[TAP_WRITTEN] = self.heard

    def idle(self, count: int) -> None:
        """The device plays silence; the ramp goes on meanwhile."""
        self.hear(count)
        self.reel.tap[np.arange(self.heard - count, self.heard) % TAP_SAMPLES] = 0.0

    def record(self) -> Path:
        self.writer.record(Record(str(self.folder), "A / strange: preset"))
        begun = self.said[-1]
        assert isinstance(begun, TakeBegun), begun
        return Path(begun.path)


@pytest.fixture
def clock(block: SharedBlock, reel: Reel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(past, "PREROLL_S", 2.0)
    return Clock(block, reel, tmp_path / "takes")


def sound_of(path: Path) -> np.ndarray:
    """Its left side; the right one is its reverse."""
    audio, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ
    return mono(audio * np.float32([1.0, -1.0]))


def log_of(path: Path) -> list[dict]:
    return json.loads(path.with_suffix(".json").read_text())["log"]


def test_a_take_is_the_time_before_it_and_what_followed(clock: Clock) -> None:
    for count in (700, 900, 1100):
        clock.hear(count)
        clock.writer.pump()
    path = clock.record()
    clock.hear(555)
    clock.writer.stop()
    assert np.array_equal(sound_of(path), ramp(700, 3255))
    assert clock.said == [TakeBegun(str(path), 2.0), TakeEnded(str(path), 2.555, 0)]
    assert path.name.endswith(" A strange preset.wav")
    card = read_card(path.with_suffix(".json"))
    assert (card.preset, card.rate_hz, card.preroll_frames) == ("A / strange: preset", RATE_HZ, 2000)
    assert log_of(path)[-1] == {"do": "end", "heard": 2555, "lost_samples": 0}


def test_a_take_does_not_begin_with_the_silence_before_anything_was_played(clock: Clock) -> None:
    clock.idle(700)
    clock.hear(300)
    clock.idle(200)
    path = clock.record()
    clock.hear(400)
    clock.writer.stop()
    expected = ramp(700, 1600)
    expected[300:500] = 0.0
    assert np.array_equal(sound_of(path), expected)
    assert read_card(path.with_suffix(".json")).preroll_frames == 500
    assert log_of(path)[-1] == {"do": "end", "heard": 900, "lost_samples": 0}


def test_a_take_of_what_has_not_begun_yet_begins_at_once(clock: Clock) -> None:
    clock.idle(1500)
    path = clock.record()
    clock.idle(100)
    clock.hear(200)
    clock.writer.stop()
    assert clock.said[0] == TakeBegun(str(path), 0.0)
    assert np.array_equal(sound_of(path)[100:], ramp(1600, 1800))


def test_takes_follow_each_other_and_each_has_the_time_before(clock: Clock) -> None:
    clock.hear(500)
    first = clock.record()
    clock.hear(500)
    clock.writer.record(Record(str(clock.folder), "ignored"))
    clock.writer.stop()
    clock.writer.stop()
    second = clock.record()
    clock.hear(500)
    clock.writer.stop()
    assert first != second
    assert np.array_equal(sound_of(first), ramp(0, 1000))
    assert np.array_equal(sound_of(second), ramp(0, 1500))
    assert len(clock.said) == 4


def test_a_take_is_whole_on_the_disk_after_every_pump(clock: Clock) -> None:
    clock.hear(100)
    path = clock.record()
    for turn in range(5):
        assert np.array_equal(sound_of(path), ramp(0, 100 + 101 * turn))
        assert log_of(path)
        clock.hear(101)
        clock.writer.pump()
    clock.writer.stop()


def test_a_writer_that_is_held_up_for_seconds_loses_nothing(clock: Clock) -> None:
    clock.hear(10)
    path = clock.record()
    for _ in range(20):
        clock.hear(TAP_SAMPLES // 20)
    clock.writer.stop()
    assert np.array_equal(sound_of(path), ramp(0, clock.heard))


def test_what_is_lost_beyond_that_is_zeros_counted_and_told(clock: Clock) -> None:
    clock.hear(1000)
    path = clock.record()
    clock.hear(TAP_SAMPLES + 500)
    clock.writer.stop()
    lost = clock.heard - 1000 - TAP_SAMPLES
    audio = sound_of(path)
    assert audio.size == clock.heard
    assert not audio[1000 : 1000 + lost].any()
    assert np.array_equal(audio[1000 + lost :], ramp(1000 + lost, clock.heard))
    assert clock.said[-1] == TakeEnded(str(path), clock.heard / RATE_HZ, lost)
    assert {"do": "lost", "what": "sound", "heard": 1000, "samples": lost} in log_of(path)


def test_without_an_output_there_is_nothing_to_record(clock: Clock) -> None:
    clock.writer.record(Record(str(clock.folder), "x"))
    (failed,) = clock.said
    assert isinstance(failed, Failed)
    assert "no audio output" in failed.message
    assert not clock.folder.exists()


def test_a_disk_that_is_full_ends_the_take_with_what_it_has(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.hear(300)
    path = clock.record()
    real_write = wavfile.write_all

    def full(file: object, content: bytes) -> None:
        if len(content) > 1000:
            raise OSError(errno.ENOSPC, "No space left on device")
        real_write(file, content)

    monkeypatch.setattr(wavfile, "write_all", full)
    clock.hear(1000)
    clock.writer.pump()
    failed, ended = clock.said[1:]
    assert isinstance(failed, Failed)
    assert "No space left" in failed.message
    assert ended == TakeEnded(str(path), 0.3, 0)
    assert np.array_equal(sound_of(path), ramp(0, 300))
    log_of(path)
    clock.hear(100)
    clock.writer.stop()


def test_a_folder_that_cannot_be_made_is_told(clock: Clock) -> None:
    clock.hear(10)
    clock.folder.touch()
    clock.writer.record(Record(str(clock.folder), "x"))
    assert isinstance(clock.said[-1], Failed)
    assert clock.reel.words[TAP_WRITTEN] == 10


def test_names_are_never_taken_twice(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, 3, 13, 51, tzinfo=UTC)
    names = []
    for suffix in (".wav", ".json", ".wav"):
        names.append(free_name(tmp_path, now, "Piano").name)
        (tmp_path / names[-1]).with_suffix(suffix).touch()
    assert names == [f"2026-11-21 03.13.51 Piano{more}.wav" for more in ("", " (2)", " (3)")]
    assert free_name(tmp_path, now, "../" * 99).name == "2026-11-21 03.13.51.wav"


ENTRIES = st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.binary(max_size=30).map(lambda pcm: pcm[: len(pcm) // 6 * 6]), ENTRIES), max_size=5))
def test_whatever_is_written_reads_back_at_once(tmp_path: Path, turns: list[tuple[bytes, list]]) -> None:
    path = tmp_path / "take.wav"
    take = TakeFile(path, new_card("Übung", "2026-11-21T03:13:51+01:00", RATE_HZ, 0))
    written, logged = b"", []
    for pcm, entries in turns:
        take.write(pcm)
        take.log(entries)
        written, logged = written + pcm, logged + entries
        assert np.array_equal(soundfile.read(path, dtype="float32")[0].ravel(), from_pcm24(written))
        assert log_of(path) == logged
    take.close()
    assert to_pcm24(soundfile.read(path, dtype="float32")[0]) == written
    assert read_card(path.with_suffix(".json")).preset == "Übung"
    path.unlink()
    path.with_suffix(".json").unlink()


def test_a_take_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "take.json").write_text("precious")
    with pytest.raises(FileExistsError):
        TakeFile(tmp_path / "take.wav", new_card("", "", RATE_HZ, 0))
    assert [path.name for path in tmp_path.iterdir()] == ["take.json"]


def test_primes_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    primes = []
    for folder, content in (("a", b"first"), ("b", b"second"), ("c", b"first")):
        (tmp_path / folder).mkdir()
        primes.append(tmp_path / folder / "prime.wav")
        primes[-1].write_bytes(content)
    take = TakeFile(tmp_path / "take.wav", new_card("", "", RATE_HZ, 0))
    take.log([{"do": "voice", "origin": {"prime": str(prime)}} for prime in [*primes, tmp_path / "gone.wav"]])
    take.close()
    named = [entry["origin"]["prime"] for entry in log_of(take.path)]
    assert named == ["prime.wav", "prime (2).wav", "prime.wav", "gone.wav"]
    assert (tmp_path / "take.primes" / "prime (2).wav").read_bytes() == b"second"


def test_beyond_4_gib_a_take_goes_on_as_rf64(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    take = TakeFile(path, new_card("", "", 48000, 0))
    frames = (1 << 32) // 6 - 80
    os.truncate(path, HEADER_BYTES + 6 * frames)  # a hole takes no room
    take._wav._form = WavForm(48000, 2, frames)
    take._wav._file.seek(0, os.SEEK_END)
    formats = []
    for _ in range(3):
        take.write(to_pcm24(both(ramp(0, 40))))
        formats.append(soundfile.info(path).format)
    take.close()
    info = soundfile.info(path)
    assert formats == ["WAV", "RF64", "RF64"]
    assert info.frames == frames + 120
    tail, _ = soundfile.read(path, start=frames + 80, dtype="float32")
    assert np.array_equal(mono(tail), from_pcm24(to_pcm24(ramp(0, 40))))


@pytest.fixture
def process(clock: Clock) -> Iterator[subprocess.Popen[bytes]]:
    """The writer as the process it is, on the same reel."""
    process = subprocess.Popen(
        child_command("livernn.engine.writer", clock.reel.handle),
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        pass_fds=clock.reel.descriptors,
    )
    yield process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        pipe.close()


def tell(process: subprocess.Popen[bytes], *commands: object) -> None:
    for command in commands:
        process.stdin.write(encode(command))


def begun(process: subprocess.Popen[bytes], clock: Clock) -> Path:
    """Begin a take of what is heard after the process has started."""
    clock.hear(100)
    tell(process, StopRecording(), Record(str(clock.folder), "x"))
    answer = decode(process.stdout.readline())
    assert isinstance(answer, TakeBegun), answer
    return Path(answer.path)


@pytest.mark.parametrize("ending", [Quit(), None])
def test_it_ends_by_itself_and_closes_its_take(
    clock: Clock, process: subprocess.Popen[bytes], ending: Quit | None
) -> None:
    path = begun(process, clock)
    before = clock.heard
    clock.hear(777)
    if ending is not None:
        tell(process, ending)
    else:
        process.stdin.close()
    assert process.wait(PATIENCE_S) == 0
    answer = decode(process.stdout.readline())
    assert isinstance(answer, TakeEnded)
    assert np.array_equal(sound_of(path)[-777:], ramp(before, before + 777))
    assert log_of(path)[-1]["do"] == "end"


def test_after_its_client_it_follows_the_sound_to_its_end(clock: Clock, process: subprocess.Popen[bytes]) -> None:
    path = begun(process, clock)
    process.stdin.close()
    for _ in range(10):
        clock.hear(300)
        time.sleep(0.1)
    assert process.wait(PATIENCE_S) == 0
    assert np.array_equal(sound_of(path)[-3000:], ramp(clock.heard - 3000, clock.heard))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("deaf_to", [signal.SIGINT, signal.SIGHUP])
def test_what_is_meant_for_the_client_does_not_end_it(
    clock: Clock, process: subprocess.Popen[bytes], deaf_to: signal.Signals
) -> None:
    path = begun(process, clock)
    os.kill(process.pid, deaf_to)
    clock.hear(100)
    tell(process, Quit())
    assert process.wait(PATIENCE_S) == 0
    assert log_of(path)[-1]["do"] == "end"


def test_a_killed_writer_leaves_whole_files(clock: Clock, process: subprocess.Popen[bytes]) -> None:
    path = begun(process, clock)
    while sound_of(path).size < 300:
        clock.hear(100)
        time.sleep(0.05)
    process.kill()
    process.wait()
    audio = sound_of(path)
    first = round(float(audio[0]) * 8192) - 1
    assert np.array_equal(audio, ramp(first, first + audio.size))
    assert clock.heard - first - audio.size < RATE_HZ
    assert log_of(path)
