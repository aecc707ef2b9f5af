"""An output driven by hand and sounds that can be told apart."""

import ctypes
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine import listening
from livernn.engine.audio import callback
from livernn.engine.client import EngineClient, EngineDied, Failed, Loaded
from livernn.engine.ear import CHANNELS as EAR_CHANNELS
from livernn.engine.ear import Ear
from livernn.engine.messages import (
    AudioOpened,
    Command,
    Device,
    Event,
    MicrophoneOpened,
    Quit,
    SetAudio,
    SetMicrophone,
)
from livernn.engine.process import Engine
from livernn.engine.reel import Reel
from livernn.engine.ringbuffer import RingBuffer
from livernn.engine.shared import (
    CHANNELS,
    FADE_SAMPLES,
    GATE,
    LARGEST_BLOCK,
    REEL_ADDRESS,
    RING_AT,
    RING_WORDS,
    STREAM_RATE_HZ,
    ControlBlock,
    SharedBlock,
    forget_callback,
)
from livernn.engine.studio import Instrument, Processor, Progress, Studio
from livernn.engine.transport import GATE_FADE_MS
from livernn.errors import BadInputError, DeviceError
from livernn.model.checkpoint import Checkpoint, random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.generator import Snapshot
from livernn.synth.voice import VoiceSnapshot
from livernn.units import SIDES, db_to_gain, ms_to_samples
from tests.fixtures.stereo import mono

SMALL = ModelConfig(frame_sizes=(4, 8), dims=(8, 8, 8), embed_dim=4)


def save_small(path: Path) -> Path:
    """A tiny untrained network."""
    made = random_checkpoint(SMALL, seed=1)
    save_checkpoint(path, SMALL, made.weights, made.provenance)
    return path


_SLACK, _ALWAYS_AHEAD = 32, 350
PATIENCE_S = 20.0
COMPILE_PATIENCE_S = 200.0
RATE_HZ = 48000.0
SPEAKER = Device("speaker", "fake", 2, RATE_HZ, True)
MICROPHONE = Device("microphone", "fake", 1, RATE_HZ, True)


def pull(block: SharedBlock, count: int, flags: int = 0) -> NDArray[np.float32]:
    """What the device gets when it asks for `count` samples: `[count, channels]`."""
    output = np.full(count * int(block.words[CHANNELS]), np.nan, np.float32)
    pointer = output.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    callback.ctypes(None, pointer, count, None, flags, block.address)
    return output.reshape(count, int(block.words[CHANNELS]))


def settles_at(level: float) -> Callable[[NDArray[np.float32]], bool]:
    """Whether this is all that is heard."""
    return lambda heard: bool((heard == np.float32(level)).all())


def wait_until(fits: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not fits():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


class HandDrivenOutput:
    """An Output whose clock is the test."""

    def __init__(self, block: SharedBlock, reel: Reel) -> None:
        self.block = block
        block.words[REEL_ADDRESS] = reel.address
        self.opened: list[SetAudio] = []
        self.is_open = False
        self.refuse: Callable[[SetAudio], bool] = lambda settings: False
        self.lost = False

    def open(self, settings: SetAudio) -> AudioOpened:
        if self.refuse(settings):
            raise DeviceError("audio device", "it is not there", "Connect it.")
        self.opened.append(settings)
        forget_callback(self.block)
        self.is_open, self.lost = True, False
        rate_hz = settings.rate_hz or RATE_HZ
        self.block.words[CHANNELS] = SPEAKER.channels
        self.block.words[STREAM_RATE_HZ] = round(rate_hz)
        self.block.words[FADE_SAMPLES] = ms_to_samples(GATE_FADE_MS, rate_hz)
        return AudioOpened(settings.device or SPEAKER.name, SPEAKER.host_api, rate_hz, SPEAKER.channels, 5.0)

    def close(self) -> None:
        self.is_open = False

    def is_lost(self) -> bool:
        return self.lost

    def pull(self, count: int, flags: int = 0) -> NDArray[np.float32]:
        return pull(self.block, count, flags)


class LevelVoice:
    """Sounds as a constant level times the patch's gain."""

    limiter_gain_db = 0.0
    delay_samples = 0
    codes = np.empty((1, 0), np.uint8)
    surprisal_bits = np.zeros(1)

    def __init__(self, level: float, rate_hz: float) -> None:
        self.config = SMALL
        self.level = level
        self.device_rate_hz = rate_hz
        self.resets: list[int | None] = []

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        samples = round(count * self.device_rate_hz / self.config.sample_rate_hz)
        return np.full((samples, SIDES), self.level * db_to_gain(patch.gain_db), np.float32)

    def reset(self, seed: int | None = None) -> None:
        self.resets.append(seed)
        self.level = -self.level

    def snapshot(self) -> VoiceSnapshot:
        return VoiceSnapshot(Snapshot(np.full(1, self.level, np.float32), np.zeros(1, np.uint8), 0, 0), ())

    def restore(self, snapshot: VoiceSnapshot) -> None:
        self.level = float(snapshot.generator.state[0])


class FakeStudio:
    """Checkpoints are named by the level they sound: `0.5.safetensors`. `gate` holds back whatever is being opened."""

    def __init__(self) -> None:
        self.device = "cpu"
        self.gpu = True
        self.gate = threading.Event()
        self.gate.set()
        self.cancelled = 0
        self.most = 8
        self.voices: list[LevelVoice] = []
        self.shadowed: list[float] = []

    def open(self, path: Path, progress: Progress) -> Checkpoint:
        progress("pretending", 0.5)
        assert self.gate.wait(PATIENCE_S)
        try:
            level = float(path.stem)
        except ValueError:
            raise BadInputError(str(path), "it names no level", "Name one.") from None
        checkpoint = random_checkpoint(SMALL)
        return Checkpoint(checkpoint.config, checkpoint.weights, {"level": level}, path.stem)

    def run_on(self, device: str) -> str:
        if device == "cuda" and not self.gpu:
            raise DeviceError("GPU", "there is none", "Play on the CPU.")
        before, self.device = self.device, device
        return before

    def build(self, checkpoint: Checkpoint, seed: int, rate_hz: float, voices: int) -> Instrument:
        return self.instrument(checkpoint.provenance["level"], rate_hz)

    def most_voices(self, instrument: Instrument, patch: Patch) -> int:
        return self.most

    def read(self, path: Path, rate_hz: float, begin_s: float, end_s: float | None) -> NDArray[np.float32]:
        assert self.gate.wait(PATIENCE_S)
        if path.suffix != ".wav":
            raise BadInputError(str(path), "it is no sound file", "Choose another.")
        seconds = (1.5 if end_s is None else end_s) - begin_s
        return np.full(round(seconds * rate_hz), float(path.stem), np.float32)

    def shadow(self, checkpoint: Checkpoint, seed: int, rate_hz: float) -> "FakeShadow":
        self.shadowed.append(checkpoint.provenance["level"])
        return FakeShadow(self, rate_hz)

    def at_rate(self, instrument: Instrument, rate_hz: float) -> Instrument:
        return self.instrument(instrument.voice.level, rate_hz)  # type: ignore[attr-defined]

    def cancel(self) -> None:
        self.cancelled += 1

    def instrument(self, level: float, rate_hz: float) -> Instrument:
        self.voices.append(LevelVoice(level, rate_hz))
        processor = Processor(self.device.upper(), f"level of {self.device}")
        return Instrument(None, self.voices[-1], processor)  # type: ignore[arg-type]


class FakeShadow:
    """Goes on with the last level heard; `on_hear` is called for every part, and may hold it up."""

    on_hear: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, studio: FakeStudio, rate_hz: float) -> None:
        self._studio = studio
        self._rate_hz = rate_hz
        self._level = 0.0

    def hear(self, audio: NDArray[np.float32]) -> None:
        self.on_hear()
        self._level = float(np.append(np.float32(self._level), audio)[-1])

    def instrument(self) -> Instrument:
        return self._studio.instrument(round(self._level, 3), self._rate_hz)


class HandDrivenInput:
    """An Input that hears what the test plays."""

    def __init__(self) -> None:
        self.ear = Ear.create()
        self.ear.words[EAR_CHANNELS] = 1
        self.opened: list[SetMicrophone] = []
        self.refuse = False
        self.lost = False
        self.is_open = False

    def open(self, settings: SetMicrophone) -> MicrophoneOpened:
        if self.refuse:
            raise DeviceError("microphone", "there is none", "Connect one.")
        self.opened.append(settings)
        self.is_open, self.lost = True, False
        return MicrophoneOpened(
            settings.device or MICROPHONE.name, MICROPHONE.host_api, RATE_HZ, MICROPHONE.channels, 5.0
        )

    def close(self) -> None:
        self.is_open = False

    def is_lost(self) -> bool:
        return self.lost

    def play(self, audio: NDArray[np.float32], flags: int = 0) -> None:
        """Have it heard, as the device would."""
        frames = np.ascontiguousarray(audio, np.float32).reshape(-1)
        pointer = frames.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        count = frames.size // int(self.ear.words[EAR_CHANNELS])
        listening.callback.ctypes(pointer, None, count, None, flags, self.ear.address)


class Witness:
    """Hears events on one thread and waits for them on another."""

    def __init__(self) -> None:
        self.said: list[Event] = []
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.hear = self._news.put

    @property
    def has_news(self) -> bool:
        """Whether there are events that nobody has waited for yet."""
        return not self._news.empty()

    def expect(self, *wanted: Event) -> None:
        """Wait for these events, in this order, whatever else comes between."""
        for event in wanted:
            self.await_event(lambda said, event=event: said == event)

    def await_event(self, fits: Callable[[Event], bool], patience_s: float = PATIENCE_S) -> Event:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                event = self._news.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"waited in vain; heard {self.said}") from None
            self.said.append(event)
            if fits(event):
                return event


class Rig(Witness):
    """An engine on a thread of this process, with its hand-driven output and what it said."""

    def __init__(self, studio: Studio | None = None) -> None:
        super().__init__()
        self.block = SharedBlock.create()
        self.reel = Reel.create()
        ControlBlock(self.block).write(Patch(), 0)
        self.output = HandDrivenOutput(self.block, self.reel)
        self.studio = FakeStudio()
        """Not in use where another one was given."""
        self.devices: tuple[Device, ...] = (SPEAKER,)
        self.microphone = HandDrivenInput()
        self.engine = Engine(
            self.block,
            self.reel,
            studio or self.studio,
            self.output,
            self.hear,
            lambda: self.devices,
            seed=1,
            microphone=self.microphone,
            list_inputs=lambda: (MICROPHONE,),
        )

    def send(self, *commands: Command) -> None:
        for command in commands:
            self.engine.post(command)

    def listen(self, until: Callable[[NDArray[np.float32]], bool], block: int = 96) -> NDArray[np.float32]:
        """Pull until what was just heard fits, never so fast that a render is late; all that was heard, one channel."""
        heard: list[NDArray[np.float32]] = []
        ring = RingBuffer(self.block.words[RING_AT : RING_AT + RING_WORDS], self.block.ring)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            guarded = min(max(block, int(self.block.words[LARGEST_BLOCK])) + _SLACK, _ALWAYS_AHEAD)
            if not self.output.is_open or (self.block.words[GATE] and ring.fill < block + guarded):
                time.sleep(0.001)
                continue
            heard.append(mono(self.output.pull(block)))
            if until(heard[-1]):
                return np.concatenate(heard)
            time.sleep(0.0001)
        raise AssertionError(f"waited in vain; last heard {heard[-1][-8:]}")


class Player(Witness):
    """A client of an engine process, and what that said."""

    def __init__(self) -> None:
        super().__init__()
        self.client = EngineClient(self.hear, ["--seed", "1"])

    def load(self, checkpoint: Path, patch: Patch | None = None) -> Loaded:
        self.client.load(checkpoint, patch)
        event = self.await_event(lambda event: isinstance(event, Loaded | Failed | EngineDied), COMPILE_PATIENCE_S)
        assert isinstance(event, Loaded), event
        return event


@contextmanager
def running_rig(studio: Studio | None = None) -> Iterator[Rig]:
    rig = Rig(studio)
    thread = threading.Thread(target=rig.engine.run, name="engine")
    thread.start()
    try:
        yield rig
    finally:
        rig.studio.gate.set()
        rig.send(Quit())
        thread.join(PATIENCE_S)
        rig.block.close()
        rig.reel.close()
        rig.microphone.ear.close()
