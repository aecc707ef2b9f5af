"""Real audio servers: what a device plays, and what becomes of the engine when a server dies."""

import time
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.client import (
    AudioOpened,
    DeviceLost,
    Devices,
    EngineDied,
    EngineState,
    Failed,
    NoDevice,
    StateChanged,
)
from tests.engine.fakes import COMPILE_PATIENCE_S, PATIENCE_S, Player, wait_until
from tests.fixtures.processes import survivors
from tests.fixtures.recording import PLAYED, recorder
from tests.fixtures.servers import Server

PLAYING, READY = StateChanged(EngineState.PLAYING), StateChanged(EngineState.READY)
LOOPBACK = "loopback, JACK Audio Connection Kit"


def opened(player: Player, device: str | None, rate_hz: float | None = None) -> AudioOpened:
    player.client.set_audio(device, rate_hz)
    event = player.await_event(lambda event: isinstance(event, AudioOpened | Failed | NoDevice), COMPILE_PATIENCE_S)
    assert isinstance(event, AudioOpened), event
    return event


def heard(player: Player, seconds: float = 0.1) -> NDArray[np.float32]:
    return player.client.scope(round(seconds * player.client.metrics().device_rate_hz))


def is_stream(process: psutil.Process) -> bool:
    return "livernn.engine.stream" in process.cmdline()


def trim(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    sounding = np.flatnonzero(audio.any(axis=1))
    return audio[sounding[0] : sounding[-1] + 1]


def test_what_the_device_plays_is_the_tap_bit_for_bit(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path
) -> None:
    assert opened(player, LOOPBACK).rate_hz == jack_server.rate_hz
    player.load(checkpoint, Patch(gain_db=-6.0))
    with recorder(PLAYED, tmp_path / "heard.npy") as recording:
        player.client.play()
        wait_until(lambda: bool(heard(player).any()))
        wait_until(lambda: len(trim(heard(player, 4.0))) > jack_server.rate_hz // 2)
        player.client.stop()
        wait_until(lambda: not heard(player).any())
        tapped = trim(heard(player, 4.0))
    assert np.array_equal(trim(recording.audio), tapped)


def test_outputs_have_names_and_are_opened_by_them(jack_server: Server, player: Player, checkpoint: Path) -> None:
    player.client.list_devices()
    event = player.await_event(lambda event: isinstance(event, Devices), COMPILE_PATIENCE_S)
    assert isinstance(event, Devices)
    names = {f"{device.name}, {device.host_api}" for device in event.devices}
    assert {LOOPBACK, "system, JACK Audio Connection Kit"} <= names
    assert opened(player, LOOPBACK).device == "loopback"
    player.load(checkpoint)
    player.client.play()
    player.expect(PLAYING)
    player.client.set_audio("no such device")
    failed = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(failed, Failed)
    assert LOOPBACK in failed.message
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))
    player.client.set_audio(LOOPBACK, 12345.0)
    failed = player.await_event(lambda event: isinstance(event, Failed))
    assert isinstance(failed, Failed)
    assert "12345 Hz" in failed.message
    player.expect(PLAYING)
    player.client.restart()
    again = player.await_event(lambda event: isinstance(event, AudioOpened | Failed | NoDevice))
    assert isinstance(again, AudioOpened)
    assert again.device == "loopback"


def test_a_killed_server_is_survived(jack_server: Server, player: Player, checkpoint: Path) -> None:
    opened(player, LOOPBACK)
    player.load(checkpoint)
    player.client.play()
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))
    jack_server.kill()
    player.await_event(lambda event: isinstance(event, DeviceLost))
    player.expect(READY)
    assert player.client.alive
    player.client.play()
    player.await_event(lambda event: isinstance(event, NoDevice))

    jack_server.start()
    player.client.play()
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))
    assert not [event for event in player.said if isinstance(event, EngineDied)]
    player.client.close()


def test_a_killed_engine_takes_its_stream_along_and_the_next_plays_on(
    jack_server: Server, player: Player, checkpoint: Path
) -> None:
    opened(player, LOOPBACK)
    player.load(checkpoint, Patch(temperature=0.8))
    player.client.play()
    player.expect(PLAYING)
    family = psutil.Process().children(recursive=True)
    (engine,) = [child for child in family if "livernn.engine" in child.cmdline()]
    (stream,) = [child for child in family if is_stream(child)]
    engine.kill()
    player.await_event(lambda event: isinstance(event, EngineDied))
    assert survivors([stream], PATIENCE_S) == []
    player.client.restart()
    player.expect(PLAYING)
    assert player.client.patch == Patch(temperature=0.8)
    wait_until(lambda: bool(heard(player).any()))


def test_pulseaudio(pulse_server: Server, player: Player, checkpoint: Path, tmp_path: Path) -> None:
    assert opened(player, "rt_out", 44100.0).rate_hz == 44100.0
    player.load(checkpoint)
    with recorder("rt_monitor", tmp_path / "heard.npy") as recording:
        player.client.play()
        player.expect(PLAYING)
        wait_until(lambda: bool(heard(player).any()))
        time.sleep(1.0)
    assert np.abs(recording.audio).max() > 0.01

    (stream,) = [child for child in psutil.Process().children(recursive=True) if is_stream(child)]
    stream.kill()
    player.await_event(lambda event: isinstance(event, DeviceLost))
    player.expect(READY)
    player.client.play()
    player.expect(PLAYING)

    pulse_server.kill()
    player.await_event(lambda event: isinstance(event, DeviceLost))
    player.expect(READY)
    assert player.client.alive
