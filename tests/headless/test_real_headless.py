"""`python -m livernn play` as a process of its own, with a real audio server and real controllers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from livernn import paths
from livernn.control.actions import Action
from livernn.control.map_shelf import MAP_FILE, write_map
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.primes import DUCK_DB
from livernn.engine.child import child_environment
from livernn.engine.client import LOOK_AGAIN_MS
from livernn.inputs.ports import API_VARIABLE
from tests.engine.fakes import COMPILE_PATIENCE_S, save_small
from tests.fixtures.controllers import Controller
from tests.fixtures.processes import survivors
from tests.fixtures.recording import recorder
from tests.fixtures.servers import Server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a virtual server and Ctrl-C")

LOOPBACK = "loopback, JACK Audio Connection Kit"
PATIENCE_S = 30.0
HEARD_DB = -60.0
QUIET_DB = -20.0
"""A gain at which the limiter leaves noise alone, so that levels can be compared."""


class Instrument:
    """The process and what it says."""

    def __init__(self, checkpoint: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "livernn", "play", "--checkpoint", str(checkpoint), *arguments]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, env=child_environment(), text=True, start_new_session=True
        )

    def __enter__(self) -> "Instrument":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.interrupt()

    def expect(self, *words: str) -> None:
        """Wait until each has been said, in whatever order."""
        assert self.process.stderr is not None
        left = set(words)
        while left:
            line = self.process.stderr.readline()
            assert line, f"it ended without {left}"
            left -= {word for word in left if word in line}

    @property
    def engine(self) -> psutil.Process:
        """The process of the sampler."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        (engine,) = (child for child in children if "livernn.engine" in child.cmdline())
        return engine

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A tiny untrained network."""
    return save_small(tmp_path / "tiny.safetensors")


@pytest.fixture
def osc_port() -> Iterator[int]:
    """One that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def level_db(folder: Path) -> float:
    """What is heard for a moment; the lowest there is for silence."""
    with recorder(LOOPBACK, folder / "heard.npy") as recording:
        time.sleep(0.7)
    recent = recording.audio[len(recording.audio) // 2 :]
    return 20.0 * float(np.log10(np.sqrt(np.mean(np.square(recent))) + 1e-9))


def begun_level_db(folder: Path) -> float:
    """The same, once there is a sound: one that begins late leaves the first moment half silent."""
    deadline_s = time.monotonic() + PATIENCE_S
    while level_db(folder) < HEARD_DB:
        assert time.monotonic() < deadline_s, "nothing is heard"
    return level_db(folder)


def begun_quiet_level_db(folder: Path, osc_port: int) -> float:
    """The same at `QUIET_DB`."""
    send_osc(osc_port, "/livernn/gain_db", QUIET_DB)
    return begun_level_db(folder)


def send_osc(port: int, address: str, value: float) -> None:
    message = OscMessageBuilder(address)
    message.add_arg(value)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message.build().dgram, ("127.0.0.1", port))


@pytest.mark.midi
def test_midi_and_osc_move_what_is_heard(
    jack_server: Server, checkpoint: Path, tmp_path: Path, osc_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_VARIABLE, "jack")
    with Controller("Knobs") as knobs:
        knob = Binding(Control(ControlKind.CC, 1, 21, knobs.port), Target.param("gain_db"), low=-60.0, high=0.0)
        pedal = Binding(Control(ControlKind.CC, 1, 64, knobs.port), Target.action(Action.TOGGLE_PLAY))
        write_map(paths.data_dir() / MAP_FILE, MidiMap((knob, pedal)))
        arguments = ["--audio-device", LOOPBACK, "--midi", "knobs", "--osc", str(osc_port)]
        with Instrument(checkpoint, *arguments) as instrument:
            instrument.expect(f"MIDI: {knobs.port}", "seed", "Ctrl-C")
            quiet_db = begun_quiet_level_db(tmp_path, osc_port)

            knobs.send(*([0xB0, 21, value] for value in range(127, -1, -1)))
            assert level_db(tmp_path) == pytest.approx(quiet_db - 60.0 - QUIET_DB, abs=3.0)

            send_osc(osc_port, "/livernn/gain_db", QUIET_DB)
            assert level_db(tmp_path) == pytest.approx(quiet_db, abs=3.0)

            knobs.send([0xB0, 64, 127], [0xB0, 64, 0])
            assert level_db(tmp_path) == -180.0
            knobs.send([0xFB])
            assert level_db(tmp_path) > quiet_db - 10.0
            assert instrument.interrupt() == 0


def test_while_it_listens_to_the_microphone_that_was_named_it_plays_quieter(
    jack_server: Server, checkpoint: Path, tmp_path: Path, osc_port: int
) -> None:
    microphone = ["--microphone", LOOPBACK, "--microphone-channel", "2"]
    with Instrument(checkpoint, "--audio-device", LOOPBACK, *microphone, "--osc", str(osc_port)) as instrument:
        instrument.expect(f"microphone: {LOOPBACK}", "seed", "Ctrl-C")
        quiet_db = begun_quiet_level_db(tmp_path, osc_port)
        send_osc(osc_port, "/livernn/listen", 1.0)
        instrument.expect("listening to the microphone")
        assert level_db(tmp_path) == pytest.approx(quiet_db - DUCK_DB, abs=3.0)
        send_osc(osc_port, "/livernn/listen", 0.0)
        instrument.expect("continuing Microphone")
        assert level_db(tmp_path) == pytest.approx(quiet_db, abs=3.0)
        assert instrument.interrupt() == 0


def test_a_channel_that_the_microphone_has_not_is_told_and_the_sound_goes_on(
    jack_server: Server, checkpoint: Path, tmp_path: Path
) -> None:
    with Instrument(checkpoint, "--audio-device", LOOPBACK, "--microphone-channel", "9") as instrument:
        instrument.expect("it has no channel 9. Choose one of 1 to 2", "seed", "Ctrl-C")
        assert begun_level_db(tmp_path) > HEARD_DB
        assert instrument.interrupt() == 0


def test_ctrl_c_ends_it_and_all_that_belongs_to_it(jack_server: Server, checkpoint: Path, tmp_path: Path) -> None:
    with Instrument(checkpoint, "--audio-device", LOOPBACK) as instrument:
        instrument.expect("Ctrl-C", "seed")
        family = psutil.Process(instrument.process.pid).children(recursive=True)
        heard_db = begun_level_db(tmp_path)
        assert instrument.interrupt() == 0
    assert survivors(family, PATIENCE_S) == []
    assert heard_db > -40.0


def test_a_killed_server_is_outlived(jack_server: Server, checkpoint: Path, tmp_path: Path) -> None:
    with Instrument(checkpoint, "--audio-device", LOOPBACK) as instrument:
        instrument.expect("Ctrl-C", "seed")
        jack_server.kill()
        instrument.expect("tried again every 3 s")
        time.sleep(2 * LOOK_AGAIN_MS / 1000)
        jack_server.start()
        instrument.expect(f"{LOOPBACK}, 48000 Hz")
        assert begun_level_db(tmp_path) > -40.0
        assert instrument.interrupt() == 0


def test_a_killed_engine_is_replaced_once_and_plays_the_same_patch(
    jack_server: Server, checkpoint: Path, tmp_path: Path, osc_port: int
) -> None:
    with Instrument(checkpoint, "--audio-device", LOOPBACK, "--osc", str(osc_port)) as instrument:
        instrument.expect("Ctrl-C", "seed")
        send_osc(osc_port, "/livernn/gain_db", -30.0)
        quiet_db = begun_level_db(tmp_path)
        instrument.engine.kill()
        instrument.expect("restarted with the same patch", "seed", "Ctrl-C")
        assert begun_level_db(tmp_path) == pytest.approx(quiet_db, abs=6.0)
        instrument.engine.kill()
        _, said = instrument.process.communicate(timeout=PATIENCE_S)
    assert instrument.process.returncode == 1
    assert said.splitlines()[-1] == "the engine stopped (ended by SIGKILL)"


def test_an_engine_that_hangs_is_replaced(jack_server: Server, checkpoint: Path, tmp_path: Path) -> None:
    with Instrument(checkpoint, "--audio-device", LOOPBACK) as instrument:
        instrument.expect("Ctrl-C", "seed")
        begun_level_db(tmp_path)
        instrument.engine.suspend()
        instrument.expect("no longer answers", "seed", "Ctrl-C")
        assert begun_level_db(tmp_path) > -40.0
        assert instrument.interrupt() == 0


def test_without_its_device_it_ends_with_one_line(jack_server: Server, checkpoint: Path) -> None:
    with Instrument(checkpoint, "--audio-device", "no such device") as instrument:
        _, said = instrument.process.communicate(timeout=COMPILE_PATIENCE_S)
    assert instrument.process.returncode == 1
    assert LOOPBACK in said.splitlines()[-1]
    assert "Traceback" not in said
