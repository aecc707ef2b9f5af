"""The instrument without a window: MIDI and OSC play it."""

import queue
from collections.abc import Callable, Sequence
from enum import Enum, auto

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam
from livernn.control.map_shelf import MapShelf
from livernn.control.preset import Preset, find_presets
from livernn.control.primes import DUCK_DB, PrimeShelf, primes_folder
from livernn.control.takes import takes_folder
from livernn.engine.client import (
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
from livernn.errors import LiveRNNError
from livernn.inputs.desk import Desk
from livernn.inputs.midi import MidiInput, MidiPorts
from livernn.inputs.osc import OscInput

_STATUS_PERIOD_S = 10.0


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
    record: bool = False,
    threads: int = 1,
    device: str = "cpu",
) -> int:
    """Play until interrupted (Ctrl-C), telling `on_status` what happens, one line each. Returns the exit code.

    Listens to the MIDI ports of these names, None for all, and to OSC at the address if there is one. Opens
    `microphone`, by name, at once, or the system's when it is first wanted. Records from the first sound on if told so.
    With two `threads` a second core computes ahead. `device` is one of `commandline.DEVICES`.

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
        if microphone is not None:
            client.set_microphone(microphone)
        player.start()
        midi.start(midi_ports)
        if osc is not None:
            on_status(f"OSC on {osc.host}:{osc.port}")
        return _follow(player, items, on_status, record=record)
    except KeyboardInterrupt:
        return 0
    finally:
        midi.close()
        if osc is not None:
            osc.close()
        client.close()


class Player:
    """What controllers do, without a window. One thread."""

    def __init__(
        self, client: EngineClient, preset: Preset, wake: Callable[[], None], on_status: Callable[[str], None]
    ) -> None:
        self.client = client
        self._preset = preset
        self._on_status = on_status
        self._playing = False
        self._recording = False
        self._shelf = MapShelf()
        self.desk = Desk(self._shelf.map, self._value_of, wake)

    def start(self) -> None:
        """Play, with the preset's controllers."""
        try:
            self._shelf.open()
        except LiveRNNError as error:
            self._on_status(str(error))
        self._load(self._preset)
        self._act(Action.PLAY)

    def toggle_recording(self) -> None:
        """Begin a take, the last minute included, or end it."""
        if self._recording:
            self.client.stop_recording()
        else:
            self.client.record(takes_folder(), self._preset.title)

    def hear_of_take(self, event: TakeBegun | TakeEnded | Failed) -> None:
        """What became of it."""
        self._recording = isinstance(event, TakeBegun)
        match event:
            case TakeBegun(path):
                self._on_status(f"recording {path}")
            case TakeEnded(path):
                self._on_status(f"recorded {path}")
            case Failed(_, message):
                self._on_status(message)

    def take(self) -> None:
        """Do what controllers have asked for."""
        for change in self.desk.take():
            self._do(change)

    def _value_of(self, name: str) -> float:
        return self.client.patch.value(name)

    def _do(self, change: Change) -> None:
        match change:
            case SetParam(name, value):
                self.client.set_param(name, value)
            case Act(Action.LISTEN, pressed):
                self._listen(on=pressed)
            case Act(action, pressed=True):
                self._act(action)
            case ChoosePreset(name):
                named = {preset.name: preset for preset in find_presets()}
                if name in named:
                    self._load(named[name])
                else:
                    self._on_status(f"there is no preset {name!r}")

    def _act(self, action: Action) -> None:
        match action:
            case Action.TOGGLE_PLAY:
                self._act(Action.STOP if self._playing else Action.PLAY)
            case Action.PLAY:
                self._playing = True
                self.client.play()
            case Action.STOP:
                self._playing = False
                self.client.stop()
            case Action.PANIC:
                self._playing = False
                self.client.panic()
            case Action.NEW_SEED:
                self.client.reset()
            case Action.RECORD:
                self.toggle_recording()
            case Action.NEXT_PRESET:
                self._step(1)
            case Action.PREVIOUS_PRESET:
                self._step(-1)

    def _listen(self, *, on: bool) -> None:
        if on:
            self.client.listen(PrimeShelf(primes_folder()).free_phrase(), DUCK_DB)
        else:
            self.client.stop_listening()

    def _step(self, step: int) -> None:
        presets = find_presets()
        checkpoints = [preset.checkpoint for preset in presets]
        if presets:
            at = checkpoints.index(self._preset.checkpoint) + step if self._preset.checkpoint in checkpoints else 0
            self._load(presets[at % len(presets)])

    def _load(self, preset: Preset) -> None:
        self._preset = preset
        self.client.load(preset.checkpoint, preset.patch)
        try:
            self._shelf.turn_to(preset)
        except LiveRNNError as error:
            self._on_status(str(error))
        self.desk.midi_map = self._shelf.map


def _follow(
    player: Player, items: "queue.SimpleQueue[_Item]", on_status: Callable[[str], None], *, record: bool
) -> int:
    loaded = False
    while True:
        try:
            item = items.get(timeout=_STATUS_PERIOD_S)
        except queue.Empty:
            on_status(_summary(player.client.metrics()))
            continue
        match item:
            case MidiPorts() | Listening() | Primed() | Guarded() | MicrophoneOpened() | MicrophoneClosed():
                on_status(_describe(item))
            case _Woken():
                player.take()
            case Tuning(stage, fraction):
                on_status(f"{stage} ({fraction:.0%})")
            case Loaded(checkpoint=path, seed=seed):
                loaded = True
                on_status(f"{path}, seed {seed}")
            case AudioOpened(device, host_api, rate_hz, _, latency_ms):
                on_status(f"{device}, {host_api}, {rate_hz:g} Hz, {latency_ms:.0f} ms. Ctrl-C ends.")
                if record:
                    player.toggle_recording()
                    record = False
            case TakeBegun() | TakeEnded() | Failed("record"):
                player.hear_of_take(item)
            case Failed(_, message) if loaded:
                on_status(message)
            case Failed(_, message) | NoDevice(message) | DeviceLost(message) | EngineDied(_, message):
                on_status(message)
                return 1
            case _:
                continue


def _describe(event: MidiPorts | Listening | Primed | Guarded | MicrophoneOpened | MicrophoneClosed) -> str:
    match event:
        case MidiPorts(_, opened, trouble):
            return f"MIDI: {', '.join(opened) or 'no input'}{f' ({trouble})' if trouble else ''}"
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


def _summary(metrics: Metrics) -> str:
    return (
        f"{metrics.real_time_factor:.1f}x real time, {metrics.depth_ms:.0f} ms ahead, {max(metrics.peaks_db):.0f} dB, "
        f"{metrics.underruns} underruns, {metrics.device_xruns} device xruns"
    )
