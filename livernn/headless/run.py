"""The performance: events, one after the other, until it is interrupted."""

import queue
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto

from livernn.control.preset import Preset
from livernn.engine.client import (
    Attempt,
    AudioOpened,
    DeviceLost,
    EngineClient,
    EngineDied,
    Event,
    Failed,
    Guarded,
    Listening,
    Loaded,
    Metrics,
    MicrophoneClosed,
    MicrophoneOpened,
    NoDevice,
    Primed,
    TakeBegun,
    TakeEnded,
    Tuning,
)
from livernn.headless.caretaker import Caretaker
from livernn.headless.player import Player
from livernn.inputs.midi import MidiInput, MidiPorts
from livernn.inputs.osc import OscInput

_STATUS_PERIOD_S = 10.0
_WATCH_PERIOD_S = 1.0


class _Woken(Enum):
    """The desk has something to take."""

    WOKEN = auto()


_Item = Event | MidiPorts | _Woken


def run_headless(
    preset: Preset,
    audio_device: str | None,
    on_status: Callable[[str], None],
    midi_ports: Sequence[str] | None = None,
    osc_address: tuple[str, int] | None = None,
    *,
    microphone: str | None = None,
    microphone_channel: int | None = None,
    record: bool = False,
    threads: int = 1,
    device: str = "cpu",
) -> int:
    """Play until interrupted (Ctrl-C), telling `on_status` what happens, one line each. Returns the exit code.

    An output that goes away is tried again, and an engine that dies is restarted; without them at the start it ends.
    Listens to the MIDI ports of these names, None for all, and to OSC at the address if there is one. The microphone,
    by name, is opened at once if anything is said of it, else the system's when it is first wanted; see
    `EngineClient.set_microphone` for its channel. Records from the first sound on if told so. With two `threads` a
    second core computes ahead. `device` is one of `commandline.DEVICES`.

    Raises:
        DeviceError: the OSC address cannot be listened to.
    """
    items: queue.SimpleQueue[_Item] = queue.SimpleQueue()
    client = EngineClient(items.put, threads=threads, device=device)
    player = Player(client, preset, lambda: items.put(_Woken.WOKEN), on_status)
    osc = OscInput(player.desk.hear_change, *osc_address) if osc_address is not None else None
    midi = MidiInput(player.desk.hear_midi, items.put)
    try:
        client.start()
        client.set_audio(audio_device)
        if microphone is not None or microphone_channel is not None:
            client.set_microphone(microphone, channel=microphone_channel)
        player.start()
        midi.start(midi_ports)
        if osc is not None:
            on_status(f"OSC on {osc.host}:{osc.port}")
        return _Performance(player, on_status, record=record).follow(items)
    except KeyboardInterrupt:
        return 0
    finally:
        midi.close()
        if osc is not None:
            osc.close()
        client.close()


class _Performance:
    """What happens, one after the other."""

    def __init__(self, player: Player, on_status: Callable[[str], None], *, record: bool) -> None:
        self._player = player
        self._caretaker = Caretaker(player, on_status)
        self._on_status = on_status
        self._record = record

    def follow(self, items: "queue.SimpleQueue[_Item]") -> int:
        """The exit code, once it cannot go on."""
        goes_on, tell_at_s = True, time.monotonic() + _STATUS_PERIOD_S
        while goes_on:
            if self._caretaker.due_s == 0.0:
                self._caretaker.look_again()
            try:
                item = items.get(timeout=min(self._caretaker.due_s, _WATCH_PERIOD_S))
            except queue.Empty:
                if time.monotonic() > tell_at_s and not self._caretaker.away:
                    self._on_status(_summary(self._player.client.metrics()))
                    tell_at_s = time.monotonic() + _STATUS_PERIOD_S
            else:
                tell_at_s = time.monotonic() + _STATUS_PERIOD_S
                line = _describe(item)
                if line is not None:
                    self._on_status(line)
                goes_on = self._take(item)
            goes_on = goes_on and self._caretaker.watch_engine()
        return 1

    def _take(self, item: _Item) -> bool:
        """Whether it goes on."""
        match item:
            case _Woken():
                self._player.take()
            case Loaded():
                self._player.take_load(item)
            case AudioOpened():
                self._caretaker.take_event(item)
                if self._record:
                    self._player.toggle_recording()
                    self._record = False
            case TakeBegun() | TakeEnded() | Failed(Attempt.RECORD):
                self._player.hear_of_take(item)
            case Failed(_, message):
                self._on_status(message)
                self._player.take_load(item)
                return self._player.loaded
            case NoDevice() | DeviceLost() | EngineDied():
                return self._caretaker.take_event(item)
        return True


def _describe(item: _Item) -> str | None:
    match item:
        case MidiPorts(_, opened, trouble):
            return f"MIDI: {', '.join(opened) or 'no input'}{f' ({trouble})' if trouble else ''}"
        case Tuning(stage, fraction):
            return f"{stage} ({fraction:.0%})"
        case Loaded(checkpoint=path, seed=seed):
            return f"{path}, seed {seed}"
        case AudioOpened(device, host_api, rate_hz, _, latency_ms):
            return f"{device}, {host_api}, {rate_hz:g} Hz, {latency_ms:.0f} ms. Ctrl-C ends."
        case Listening():
            return "listening to the microphone"
        case Primed(seconds, name):
            return f"continuing {name} ({seconds:.1f} s heard)"
        case Guarded(trouble):
            return f"guard: {trouble.value}; back to a healthy moment"
        case MicrophoneOpened(device, host_api):
            return f"microphone: {device}, {host_api}"
        case MicrophoneClosed(message):
            return message or "the microphone is closed"
        case _:
            return None


def _summary(metrics: Metrics) -> str:
    return (
        f"{metrics.real_time_factor:.1f}x real time, {metrics.depth_ms:.0f} ms ahead, {max(metrics.peaks_db):.0f} dB, "
        f"{metrics.underruns} underruns, {metrics.device_xruns} device xruns"
    )
