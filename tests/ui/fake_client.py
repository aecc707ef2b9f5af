"""EngineClient without an engine: records commands, and says and shows what a test tells it to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication

from livernn.control.patch import Patch
from livernn.engine.client import (
    AudioOpened,
    Device,
    Devices,
    EngineDied,
    EngineState,
    Event,
    Loaded,
    Metrics,
    StateChanged,
)
from livernn.units import SIDES

RATE_HZ = 48000.0

LONG_ERROR = (
    "/home/performer/Music/models/a folder with a long name/cello.safetensors: it was written by a newer liveRNN "
    "(format 3, this one reads up to 1). Update liveRNN, or export the checkpoint again with this version."
)

OUTPUTS = (
    Device("Built-in", "ALSA", 2, 48000.0, True),
    Device("Stage interface", "JACK Audio Connection Kit", 8, 96000.0, False),
)

HEALTHY = Metrics(
    state=EngineState.READY,
    real_time_factor=6.2,
    block_ms=0.6,
    depth_ms=58.0,
    target_depth_ms=60.0,
    output_latency_ms=5.3,
    underruns=0,
    device_xruns=0,
    peaks_db=(-12.0, -12.0),
    limiter_gain_db=0.0,
    device_rate_hz=RATE_HZ,
)


class FakeEngineClient:
    """Same methods as EngineClient; `sent` lists what was asked for."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self.sent: list[tuple[object, ...]] = []
        self.heard: NDArray[np.float32] = np.zeros((1 << 16, SIDES), np.float32)
        self.shown = HEALTHY
        self.patch = Patch()
        self.alive = False

    def tell(self, event: Event) -> None:
        self.alive = self.alive and not isinstance(event, EngineDied)
        self._on_event(event)

    def start(self) -> None:
        self.alive = True
        self.sent.append(("start",))

    def close(self) -> None:
        self.alive = False
        self.sent.append(("close",))

    def restart(self) -> None:
        self.alive = True
        self.sent.append(("restart",))

    def load(self, checkpoint: Path, patch: Patch | None = None) -> None:
        self.sent.append(("load", checkpoint, patch))

    def play(self) -> None:
        self.sent.append(("play",))

    def stop(self) -> None:
        self.sent.append(("stop",))

    def panic(self) -> None:
        self.sent.append(("panic",))

    def reset(self, seed: int | None = None) -> None:
        self.sent.append(("reset", seed))

    def prime(self, path: Path, begin_s: float = 0.0, end_s: float | None = None) -> None:
        self.sent.append(("prime", path, begin_s, end_s))

    def set_microphone(self, device: str | None = None, *, on: bool = True, channel: int | None = None) -> None:
        self.sent.append(("set_microphone", device, on, channel))

    def list_microphones(self) -> None:
        self.sent.append(("list_microphones",))

    def listen(self, path: Path, duck_db: float = 0.0) -> None:
        self.sent.append(("listen", path, duck_db))

    def stop_listening(self) -> None:
        self.sent.append(("stop_listening",))

    def set_param(self, name: str, value: float) -> None:
        self.sent.append(("set_param", name, value))

    def set_audio(self, device: str | None = None, rate_hz: float | None = None, block: int | None = None) -> None:
        self.sent.append(("set_audio", device, rate_hz, block))

    def set_depth_ms(self, depth_ms: float) -> None:
        self.sent.append(("set_depth_ms", depth_ms))

    def run_on(self, device: str) -> None:
        self.sent.append(("run_on", device))

    def record(self, folder: Path, preset: str) -> None:
        self.sent.append(("record", folder, preset))

    def stop_recording(self) -> None:
        self.sent.append(("stop_recording",))

    def audition(self, path: Path, begin_s: float, end_s: float) -> None:
        self.sent.append(("audition", path, begin_s, end_s))

    def stop_audition(self) -> None:
        self.sent.append(("stop_audition",))

    def list_devices(self) -> None:
        self.sent.append(("list_devices",))

    def scope(self, count: int) -> NDArray[np.float32]:
        return self.heard[-count:]

    def metrics(self) -> Metrics:
        return self.shown

    def asked(self, name: str) -> list[tuple[object, ...]]:
        """The commands of that name, in order."""
        return [command for command in self.sent if command[0] == name]

    def tell_loaded(self) -> None:
        """Answer the last load."""
        _, checkpoint, patch = self.asked("load")[-1]
        values = patch.to_dict() if isinstance(patch, Patch) else None
        self.tell(Loaded(len(self.asked("load")), str(checkpoint), "0" * 64, 16000, 7, 8, "CPU", values))

    def tell_audio(self, output: Device = OUTPUTS[0]) -> None:
        """Open an output."""
        self.tell(Devices(OUTPUTS))
        self.tell(AudioOpened(output.name, output.host_api, RATE_HZ, 2, 5.3))

    def tell_state(self, state: EngineState) -> None:
        """Enter a state."""
        self.tell(StateChanged(state))


def settle() -> None:
    QApplication.processEvents()


def say(client: FakeEngineClient, event: Event) -> None:
    client.tell(event)
    settle()
