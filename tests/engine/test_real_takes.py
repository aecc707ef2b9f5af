"""Takes of what a real audio server plays: equal to what it played, whoever is killed, and made again from the log."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from livernn.cli import main
from livernn.control.patch import Patch
from livernn.control.takes import TakeShelf, takes_folder
from livernn.engine.child import child_environment
from livernn.engine.client import Attempt, AuditionEnded, EngineDied, Failed, TakeBegun, TakeEnded
from livernn.engine.reel import Reel, ScopeTap
from livernn.units import SIDES
from livernn.wavfile import HEADER_BYTES, from_pcm24, read_header, to_pcm24, write_wav
from tests.engine.fakes import PATIENCE_S, Player
from tests.engine.test_real_audio import LOOPBACK, PLAYING, heard, opened, trim, wait_until
from tests.fixtures.attached import attached
from tests.fixtures.processes import survivors
from tests.fixtures.recording import PLAYED, recorder
from tests.fixtures.servers import Server


def sound_of(wav: Path) -> NDArray[np.float32]:
    content = wav.read_bytes()
    form = read_header(content)
    return from_pcm24(content[HEADER_BYTES : HEADER_BYTES + form.data_bytes]).reshape(-1, SIDES)


def rounded(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    return from_pcm24(to_pcm24(audio)).reshape(-1, SIDES)


def recording(player: Player, folder: Path) -> Path:
    player.client.record(folder, "Tiny")
    event = player.await_event(lambda event: isinstance(event, TakeBegun))
    assert isinstance(event, TakeBegun)
    return Path(event.path)


def recorded(player: Player) -> TakeEnded:
    event = player.await_event(lambda event: isinstance(event, TakeEnded))
    assert isinstance(event, TakeEnded)
    assert event.lost_samples == 0
    return event


def sounding(player: Player, checkpoint: Path) -> None:
    opened(player, LOOPBACK)
    player.load(checkpoint, Patch(gain_db=-6.0))
    player.client.play()
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))


def test_a_take_is_what_the_device_played_and_is_made_again_without_it(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path
) -> None:
    opened(player, LOOPBACK)
    player.load(checkpoint, Patch(gain_db=-6.0))
    with recorder(PLAYED, tmp_path / "heard.npy") as device:
        player.client.play()
        time.sleep(0.7)
        wav = recording(player, tmp_path / "takes")
        player.client.set_param("temperature", 0.6)
        player.client.reset(4)
        time.sleep(0.5)
        player.client.set_param("gain_db", -20.0)
        time.sleep(0.5)
        player.client.stop()
        wait_until(lambda: not heard(player).any())
        player.client.stop_recording()
        recorded(player)
    played = trim(rounded(device.audio))
    assert len(played) > jack_server.rate_hz
    assert np.array_equal(trim(sound_of(wav)), played)
    again = tmp_path / "again.wav"
    content = wav.read_bytes()
    wav.unlink()
    assert main(["render", "--replay", str(wav.with_suffix(".json")), "--out", str(again)]) == 0
    assert again.read_bytes() == content


@pytest.mark.parametrize("silence_s", [0.0, 0.004, 0.02, 0.3])
def test_what_is_moved_in_silence_is_made_again_too(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path, silence_s: float
) -> None:
    sounding(player, checkpoint)
    wav = recording(player, tmp_path / "takes")
    for turn in range(6):
        player.client.stop()
        time.sleep(silence_s)
        player.client.set_param("gain_db", -6.0 - turn)
        if turn % 2:
            player.client.reset(turn)
        player.client.set_param("temperature", 0.6 + 0.1 * turn)
        time.sleep(silence_s)
        player.client.play()
        wait_until(lambda: bool(heard(player).any()))
    player.client.stop_recording()
    recorded(player)
    content = wav.read_bytes()
    wav.unlink()
    assert main(["render", "--replay", str(wav.with_suffix(".json")), "--out", str(wav)]) == 0
    assert wav.read_bytes() == content


def from_first_sound(tap: ScopeTap) -> NDArray[np.float32]:
    """What was heard, without the silence before it."""
    audio, lost = tap.between(0, tap.written)
    assert lost == 0
    heard = rounded(audio)
    return heard[heard.any(axis=1).argmax() :]


def assert_all_is_there(wav: Path, tap: ScopeTap, rate_hz: int) -> None:
    """That the take is what was heard from the first sound on, but for a second at most."""
    sound, expected = sound_of(wav), from_first_sound(tap)
    assert sound.any()
    assert len(expected) - len(sound) < rate_hz
    assert np.array_equal(sound, expected[: len(sound)])
    assert json.loads(wav.with_suffix(".json").read_text())["log"][-1]["do"] == "end"


def test_a_killed_engine_costs_a_take_less_than_a_second(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path
) -> None:
    sounding(player, checkpoint)
    wav = recording(player, tmp_path / "takes")
    time.sleep(0.5)
    (engine,) = [child for child in psutil.Process().children() if "livernn.engine" in child.cmdline()]
    engine.kill()
    player.await_event(lambda event: isinstance(event, EngineDied))
    recorded(player)
    reel = player.client._reel
    assert reel is not None
    assert_all_is_there(wav, ScopeTap(reel), jack_server.rate_hz)

    late = recording(player, tmp_path / "takes")
    player.client.stop_recording()
    recorded(player)
    assert_all_is_there(late, ScopeTap(reel), jack_server.rate_hz)
    player.client.restart()
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))
    both = recording(player, tmp_path / "takes")
    time.sleep(0.5)
    player.client.stop_recording()
    recorded(player)
    assert np.array_equal(sound_of(both), from_first_sound(ScopeTap(reel))[: len(sound_of(both))])
    content = both.read_bytes()
    both.unlink()
    assert main(["render", "--replay", str(both.with_suffix(".json")), "--out", str(both)]) == 0
    assert both.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
def test_a_take_goes_on_while_an_engine_that_hangs_is_replaced(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livernn.engine.connection._HEARTBEAT_PATIENCE_S", 1.0)
    sounding(player, checkpoint)
    wav = recording(player, tmp_path / "takes")
    (engine,) = [child for child in psutil.Process().children() if "livernn.engine" in child.cmdline()]
    engine.suspend()
    wait_until(lambda: not player.client.alive)
    wait_until(lambda: not heard(player).any())
    player.client.restart()
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))
    player.client.stop_recording()
    recorded(player)
    sound = sound_of(wav)
    before = sound[sound.any(axis=1).argmax() :]
    after = before[(~before.any(axis=1)).argmax() :]
    assert 0 < after.shape[0] < before.shape[0]
    assert after.any()
    content = wav.read_bytes()
    wav.unlink()
    assert main(["render", "--replay", str(wav.with_suffix(".json")), "--out", str(wav)]) == 0
    assert wav.read_bytes() == content


WINDOW = """
import sys, time
from pathlib import Path
from livernn.engine.client import EngineClient, TakeBegun, TakeEnded
client = EngineClient(lambda event: print(type(event).__name__, getattr(event, "path", ""), flush=True))
client.start()
client.set_audio(sys.argv[2])
client.load(Path(sys.argv[1]))
client.play()
while not client.scope(4800).any():
    time.sleep(0.05)
client.record(Path(sys.argv[3]), "Tiny")
time.sleep(1000)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the memory of a process through /proc")
def test_a_killed_window_costs_a_take_less_than_a_second(jack_server: Server, checkpoint: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(checkpoint), LOOPBACK, str(tmp_path / "takes")],
        stdout=subprocess.PIPE,
        env=child_environment(),
        text=True,
    ) as window:
        assert window.stdout is not None
        while not (line := window.stdout.readline()).startswith("TakeBegun"):
            assert line
        wav = Path(line.removeprefix("TakeBegun").strip())
        reel = attached(window.pid, Reel)
        family = psutil.Process(window.pid).children(recursive=True)
        assert len(family) == 3
        time.sleep(1.0)
        window.kill()
        assert survivors(family, PATIENCE_S) == []
    assert_all_is_there(wav, ScopeTap(reel), jack_server.rate_hz)


def test_nothing_is_left_of_a_take_that_nobody_asked_for(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path
) -> None:
    sounding(player, checkpoint)
    player.client.close()
    assert not list(tmp_path.rglob("*.wav"))


def test_a_take_is_auditioned_beside_the_sound_and_leaves_no_trace_in_what_was_heard(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path
) -> None:
    opened(player, LOOPBACK)
    sound = tmp_path / "take.wav"
    write_wav(sound, np.linspace(0.1, 0.6, 96000, dtype=np.float32), jack_server.rate_hz)
    with recorder(LOOPBACK, tmp_path / "heard.npy") as device:
        player.client.audition(sound, 0.5, 1.0)
        player.expect(AuditionEnded(str(sound)))
    played = device.audio[device.audio > 0.0]
    assert 0.22 < played.min() < 0.25
    assert 0.3 < played.max() < 0.36
    assert not heard(player, 2.0).any()
    for end in (player.client.stop_audition, player.client.panic):
        begun_s = time.monotonic()
        player.client.audition(sound, 0.0, 2.0)
        end()
        player.expect(AuditionEnded(str(sound)))
        assert time.monotonic() < begun_s + 2.0, "it was played to its end"
    player.client.audition(tmp_path / "none.wav", 0.0, 2.0)
    failed = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(failed, Failed)
    assert failed.attempt is Attempt.AUDITION
    player.expect(AuditionEnded(str(tmp_path / "none.wav")))


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_the_instrument_without_a_window_records(jack_server: Server, checkpoint: Path) -> None:
    command = [sys.executable, "-m", "livernn", "play", "--checkpoint", str(checkpoint), "--audio-device", LOOPBACK]
    with subprocess.Popen(
        [*command, "--record", "--midi", "none"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=child_environment(),
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        while not (line := process.stderr.readline()).startswith("recording "):
            assert line
        wav = Path(line.removeprefix("recording ").strip())
        time.sleep(3.0)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert sound_of(wav).any()
    assert [take.path for take in TakeShelf(takes_folder()).takes()] == [wav]
