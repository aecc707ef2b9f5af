"""The engine as the process it is. No sound: these tests ask for a device that is not there."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from livernn.control.patch import Patch
from livernn.engine import recorder
from livernn.engine.child import child_environment
from livernn.engine.client import (
    Attempt,
    Crowded,
    EngineClient,
    EngineDied,
    EngineState,
    Event,
    Failed,
    Garbled,
    Loaded,
    Metrics,
    NoDevice,
    Primed,
    RunsOn,
    StateChanged,
    Tuning,
    WasReset,
)
from livernn.engine.reel import Reel
from livernn.engine.shared import SharedBlock
from livernn.engine.wire import decode
from livernn.wavfile import write_wav
from tests.engine.fakes import COMPILE_PATIENCE_S, PATIENCE_S, Player
from tests.fixtures.processes import survivors

NOWHERE = "no such device"


def engine_process(player: Player) -> psutil.Process:
    (process,) = [child for child in psutil.Process().children() if "livernn.engine" in child.cmdline()]
    return process


def test_without_an_engine_there_is_silence_and_no_state() -> None:
    client = EngineClient(lambda event: None)
    assert not client.alive
    assert client.metrics() == Metrics(state=EngineState.STOPPED)
    assert client.scope(3).tolist() == [[0.0, 0.0]] * 3
    client.play()
    client.set_param("temperature", 0.5)
    assert client.patch == Patch(temperature=0.5)
    client.close()


def test_more_voices_than_can_be_played_are_refused_in_one_line() -> None:
    said: list[Event] = []
    client = EngineClient(said.append)
    client._receive(Loaded(0, "model", "0" * 64, 16000, 7, 3, "CPU", Patch(voices=8).to_dict()))
    loaded, refusal = said
    assert isinstance(loaded, Loaded)
    assert loaded.patch == Patch(voices=3).to_dict()
    assert isinstance(refusal, Failed)
    assert refusal.attempt is Attempt.VOICES
    assert refusal.message.startswith("8 voices: this machine plays no more than 3 ")
    said.clear()
    client.set_param("voices", 2)
    client.set_param("temperature", 0.5)
    assert not said
    client.set_param("voices", 5)
    client.set_param("voices", 4)
    assert [event.attempt for event in said if isinstance(event, Failed)] == [Attempt.VOICES] * 2
    assert client.patch == Patch(voices=3, temperature=0.5)


def test_another_processor_plays_another_number_of_voices() -> None:
    said: list[Event] = []
    client = EngineClient(said.append)
    client._receive(Loaded(0, "model", "0" * 64, 16000, 7, 8, "GPU", Patch(voices=8).to_dict()))
    said.clear()
    client._receive(RunsOn("cpu", "CPU", 2))
    assert said[0] == RunsOn("cpu", "CPU", 2)
    assert isinstance(said[1], Failed)
    assert client.patch == Patch(voices=2)
    client._receive(RunsOn("cuda", "GPU", 8))
    client.set_param("voices", 6)
    client._receive(RunsOn("auto"))
    assert client.patch == Patch(voices=6)
    assert len(said) == 4


def test_voices_that_have_become_too_many_are_taken_back_until_the_next_load() -> None:
    said: list[Event] = []
    client = EngineClient(said.append)
    client._receive(Loaded(0, "model", "0" * 64, 16000, 7, 8, "CPU", Patch(voices=5).to_dict()))
    client._receive(Crowded(4))
    assert isinstance(said[-1], Failed)
    assert "plays no more than 4 of this model" in said[-1].message
    client.set_param("voices", 8)
    assert client.patch == Patch(voices=4)
    client._receive(Loaded(1, "model", "0" * 64, 16000, 7, 8, "CPU"))
    client.set_param("voices", 8)
    assert client.patch == Patch(voices=8)


def test_no_device_is_told_and_the_rest_works(player: Player, checkpoint: Path, tmp_path: Path) -> None:
    player.client.set_audio(NOWHERE)
    event = player.await_event(lambda event: isinstance(event, NoDevice), COMPILE_PATIENCE_S)
    assert isinstance(event, NoDevice)
    assert "output" in event.message
    loaded = player.load(checkpoint, Patch(temperature=0.7))
    assert loaded.sample_rate_hz == 16000
    assert player.client.patch == Patch(temperature=0.7)
    player.expect(StateChanged(EngineState.READY))
    assert player.client.metrics().state is EngineState.READY
    assert player.client.alive
    sound = tmp_path / "sound.wav"
    write_wav(sound, np.sin(np.arange(22050) / 10).astype(np.float32) / 2, 22050)
    player.client.prime(sound)
    primed = player.await_event(lambda event: isinstance(event, Primed | Failed))
    assert isinstance(primed, Primed)
    assert primed.seconds == pytest.approx(1.0)
    player.client.reset(5)
    player.expect(WasReset(5))
    player.client.play()
    player.await_event(lambda event: isinstance(event, NoDevice))
    assert player.client.metrics().state is EngineState.READY


def test_the_kernel_is_tuned_once(player: Player, checkpoint: Path) -> None:
    player.load(checkpoint)
    before = len([event for event in player.said if isinstance(event, Tuning)])
    player.load(checkpoint)
    assert len([event for event in player.said if isinstance(event, Tuning)]) == before


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_a_bad_checkpoint_is_told(player: Player, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    player.client.load(path, Patch(temperature=0.3))
    event = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(event, Failed)
    assert str(path) in event.message
    assert player.client.patch == Patch()


def test_what_is_set_while_loading_also_holds_for_the_new_sound(player: Player, checkpoint: Path) -> None:
    player.client.set_param("gain_db", -3.0)
    player.client.load(checkpoint, Patch(temperature=0.7, top_k=5))
    player.client.set_param("temperature", 1.2)
    event = player.await_event(lambda event: isinstance(event, Loaded), COMPILE_PATIENCE_S)
    assert player.client.patch == Patch(temperature=1.2, top_k=5)
    assert isinstance(event, Loaded)
    assert event.patch == player.client.patch.to_dict()


def test_close_leaves_nothing(checkpoint: Path) -> None:
    player = Player()
    player.client.start()
    player.expect(StateChanged(EngineState.IDLE))
    process = engine_process(player)
    player.client.close()
    assert not process.is_running()
    assert not [event for event in player.said if isinstance(event, EngineDied)]
    assert player.client.metrics().state is EngineState.STOPPED


def test_closing_while_a_kernel_is_compiled(checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cold"))
    player = Player()
    player.client.start()
    player.client.load(checkpoint)
    player.await_event(lambda event: isinstance(event, Tuning), COMPILE_PATIENCE_S)
    family = [engine_process(player), *engine_process(player).children(recursive=True)]
    assert len(family) > 1
    player.client.close()
    assert survivors(family, PATIENCE_S) == []


def test_a_killed_engine_is_noticed_and_its_successor_plays_the_same_patch(player: Player, checkpoint: Path) -> None:
    player.client.set_audio(NOWHERE)
    player.load(checkpoint, Patch(temperature=0.7))
    player.client.set_param("gain_db", -9.0)
    engine_process(player).kill()
    died = player.await_event(lambda event: isinstance(event, EngineDied))
    assert isinstance(died, EngineDied)
    assert died.exit_code == (-signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    assert not player.client.alive
    assert player.client.metrics().state is EngineState.STOPPED
    player.client.set_param("top_k", 9)
    player.client.restart()
    event = player.await_event(lambda event: isinstance(event, Loaded), COMPILE_PATIENCE_S)
    assert isinstance(event, Loaded)
    assert event.patch == Patch(temperature=0.7, gain_db=-9.0, top_k=9).to_dict()
    assert event.checkpoint == str(checkpoint)
    assert player.client.alive


def test_an_engine_that_cannot_start_leaves_its_last_words() -> None:
    player = Player()
    player.client = EngineClient(player.hear, ["--no-such-option"])
    player.client.start()
    died = player.await_event(lambda event: isinstance(event, EngineDied))
    assert isinstance(died, EngineDied)
    assert "--no-such-option" in died.message
    player.client.close()


def test_an_engine_that_no_longer_answers_can_be_replaced(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livernn.engine.connection._HEARTBEAT_PATIENCE_S", 1.0)
    player.expect(StateChanged(EngineState.IDLE))
    process = engine_process(player)
    assert player.client.alive
    process.suspend()
    deadline = time.monotonic() + PATIENCE_S
    while player.client.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not player.client.alive
    player.client.restart()
    player.expect(StateChanged(EngineState.IDLE))
    assert player.client.alive
    assert not process.is_running()


def test_a_client_loads_no_compiler_and_no_audio_library() -> None:
    program = (
        "import sys, livernn.engine.client; print({'numba', 'sounddevice', 'torch', 'soundfile'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=child_environment(), text=True)
    assert done.stdout.strip() == "set()"


CLIENT = """
import sys, time
from livernn.engine.client import EngineClient
client = EngineClient(lambda event: print(event, flush=True))
client.start()
time.sleep(1000)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_client_leaves_no_engine_and_no_memory() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT], stdout=subprocess.PIPE, env=child_environment(), text=True
    ) as client:
        assert client.stdout is not None
        while "IDLE" not in client.stdout.readline():
            assert client.poll() is None
        engine = psutil.Process(client.pid).children(recursive=True)
        assert engine
        if sys.platform == "linux":
            maps = {entry.path for process in engine for entry in process.memory_maps(grouped=True)}
            assert [path for path in maps if path.startswith("/memfd:livernn")]
            assert not [path for path in maps if path.startswith("/dev/shm")]
        client.kill()
        assert survivors(engine, PATIENCE_S) == []


def test_an_engine_told_nonsense_says_so_and_goes_on(block: SharedBlock, reel: Reel) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-m", "livernn.engine", block.handle, reel.handle],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=block.descriptors + reel.descriptors,
        env=child_environment(),
    )
    random = np.random.default_rng(0)
    lines = [bytes(random.integers(0, 256, 40, dtype=np.uint8)).replace(b"\n", b"") for _ in range(20)]
    lines += [b"{}", b'{"kind": "StateChanged", "state": "ready"}', b'{"kind": "Play"}']
    answers, _ = engine.communicate(b"\n".join(lines), timeout=COMPILE_PATIENCE_S)
    events = [decode(line) for line in answers.splitlines()]
    garbled = [event for event in events if isinstance(event, Garbled)]
    assert len(garbled) == len(lines) - 1
    assert [event for event in events if isinstance(event, Failed) and event.attempt is Attempt.PLAY]
    assert engine.returncode == 0


def take_writers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "livernn.engine.writer" in child.cmdline()]


def test_a_killed_take_writer_is_told_and_replaced_at_once(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_LEAST_LIFE_S", 0.0)
    player.expect(StateChanged(EngineState.IDLE))
    (writer,) = take_writers()
    writer.kill()
    died = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(died, Failed)
    assert died.attempt is Attempt.RECORD
    assert [one.pid for one in take_writers()] not in ([], [writer.pid])


def test_a_take_writer_that_died_as_it_began_is_replaced_for_the_next_take(player: Player, tmp_path: Path) -> None:
    player.expect(StateChanged(EngineState.IDLE))
    (writer,) = take_writers()
    writer.kill()
    died = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(died, Failed)
    assert (died.attempt, "take writer" in died.message) == (Attempt.RECORD, True)
    player.client.record(tmp_path, "x")
    refused = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(refused, Failed)
    assert "no audio output" in refused.message
