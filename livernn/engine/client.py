"""EngineClient: what a window or a script talks to. Knows no Qt, no device and no compiler."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.engine.auditioner import Auditioner
from livernn.engine.company import fitting, too_many
from livernn.engine.connection import Connection
from livernn.engine.messages import (
    DEFAULT_DEPTH_MS,
    LOOK_AGAIN_MS,
    Attempt,
    AudioOpened,
    Audition,
    AuditionEnded,
    Command,
    Crowded,
    Device,
    DeviceLost,
    Devices,
    EngineDied,
    Event,
    Failed,
    Garbled,
    Guarded,
    ListDevices,
    Listen,
    Listening,
    ListeningEnded,
    ListMicrophones,
    Load,
    Loaded,
    MicrophoneClosed,
    MicrophoneOpened,
    Microphones,
    NoDevice,
    Panic,
    Play,
    Prime,
    Primed,
    Record,
    Reset,
    RunOn,
    RunsOn,
    SetAudio,
    SetDepth,
    SetMicrophone,
    StateChanged,
    Stop,
    StopListening,
    StopRecording,
    TakeBegun,
    TakeEnded,
    Tuning,
    WasReset,
)
from livernn.engine.recorder import Recorder
from livernn.engine.reel import Reel, ScopeTap
from livernn.engine.shared import Metrics, read_metrics
from livernn.engine.transport import EngineState
from livernn.units import SIDES

__all__ = [
    "DEFAULT_DEPTH_MS",
    "LOOK_AGAIN_MS",
    "Attempt",
    "AudioOpened",
    "AuditionEnded",
    "Device",
    "DeviceLost",
    "Devices",
    "EngineClient",
    "EngineDied",
    "EngineState",
    "Event",
    "Failed",
    "Garbled",
    "Guarded",
    "Listening",
    "ListeningEnded",
    "Loaded",
    "Metrics",
    "MicrophoneClosed",
    "MicrophoneOpened",
    "Microphones",
    "NoDevice",
    "Primed",
    "RunsOn",
    "StateChanged",
    "TakeBegun",
    "TakeEnded",
    "Tuning",
    "WasReset",
]

_logger = logging.getLogger(__name__)


class EngineClient:
    """One engine process and the patch it plays.

    Methods may be called from any one thread and return at once, `close` and `restart` apart. `on_event` is called on
    the client's own reader thread and must not call `close` or `restart` there.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        options: Sequence[str] = (),
        *,
        threads: int = 1,
        device: str = "cpu",
    ) -> None:
        """`options` are for `livernn.engine`. Of two `threads`, one computes ahead. `device`: see `run_on`."""
        self._on_event = on_event
        self._options = ("--threads", str(threads), *options)
        self._device = device
        self._lock = threading.Lock()
        self._patch = Patch()
        self._epoch = 0
        self._request = 0
        self._moved_since_load: dict[str, float] = {}
        self._checkpoint: Path | None = None
        self._audio: SetAudio | None = None
        self._proven_audio: SetAudio | None = None
        self._depth: SetDepth | None = None
        self._microphone: SetMicrophone | None = None
        self._playing = False
        self._reel: Reel | None = None
        self._recorder: Recorder | None = None
        self._auditions: list[Auditioner] = []
        """The last one may be playing; those before it are fading out."""
        self._most_voices = int(PARAMS["voices"].maximum)
        self._life = 0
        self._connection: Connection | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs and answers."""
        return self._connection is not None and self._connection.answers

    @property
    def hangs(self) -> bool:
        """Whether the process is there and does not answer: of one that ended, EngineDied tells."""
        return self._connection is not None and self._connection.hangs

    @property
    def patch(self) -> Patch:
        """What is being played with; changes when Loaded arrives or a parameter is set."""
        return self._patch

    def start(self) -> None:
        """Start the engine; it says StateChanged when it stands."""
        if self._reel is None:
            self._reel = Reel.create()
            self._recorder = Recorder(self._reel, self._receive)
        if self._connection is None:
            self._connection = Connection(
                self._reel, self._life, ("--device", self._device, *self._options), self._receive
            )
            self._life += 1
            with self._lock:
                self._write_patch()

    def close(self) -> None:
        """End the engine and wait for that, by force after some seconds."""
        self._end_engine()
        self.stop_audition()
        while self._auditions:
            self._auditions.pop().join()
        if self._recorder is not None:
            self._recorder.end()
            self._recorder = None
        if self._reel is not None:
            self._reel.close()
            self._reel = None

    def restart(self) -> None:
        """Replace the engine, dead or not: same patch, checkpoint, output and depth; plays on if it played."""
        self._end_engine()
        self.start()
        for setting in (self._audio, self._depth, self._microphone):
            if setting is not None:
                self._send(setting)
        if self._checkpoint is not None:
            self.load(self._checkpoint, self._patch)
        if self._playing:
            self._send(Play())

    def load(self, checkpoint: Path, patch: Patch | None = None) -> None:
        """Load in the background and change to it, under `patch` if given. Ends in Loaded or Failed.

        What is set while it loads is heard at once and also holds for the new sound.
        """
        with self._lock:
            request = self._request = self._request + 1
            self._moved_since_load = {}
        self._send(Load(request, str(checkpoint), patch.to_dict() if patch is not None else None))

    def play(self) -> None:
        """Start, as soon as what is loading is loaded. Ends in StateChanged, Failed or NoDevice."""
        self._playing = True
        self._send(Play())

    def stop(self) -> None:
        """Fade out; `play` continues from here."""
        self._playing = False
        self._send(Stop())

    def panic(self) -> None:
        """Fade out at once, what is auditioned as well, and back to the initial state."""
        self._playing = False
        self._send(Panic())
        self.stop_audition()

    def reset(self, seed: int | None = None) -> None:
        """Cross-fade to the initial state, with a new random seed where none is given. Ends in WasReset."""
        self._send(Reset(seed))

    def prime(self, path: Path, begin_s: float = 0.0, end_s: float | None = None) -> None:
        """Cross-fade to a continuation of a sound file, or of a part of it, of which the first 30 s are used.

        Ends in Primed or Failed, or in nothing where something else is asked for meanwhile.
        """
        self._send(Prime(str(path), begin_s, end_s))

    def set_microphone(self, device: str | None = None, *, on: bool = True, channel: int | None = None) -> None:
        """Open an input, None for the system's choice, or none at all. Ends in MicrophoneOpened or -Closed.

        Of it the mean of the first two channels is listened to, or `channel`, counted from 1, alone.
        """
        self._microphone = SetMicrophone(device, on, channel)
        self._send(self._microphone)

    def list_microphones(self) -> None:
        """Ask for Microphones."""
        self._send(ListMicrophones())

    def listen(self, path: Path, duck_db: float = 0.0) -> None:
        """Follow the microphone, opening it if need be, and keep what is heard as a WAV at `path`, which must be new.

        Meanwhile the sound is `duck_db` quieter. Ends in Listening, Failed or MicrophoneClosed.
        """
        self._microphone = replace(self._microphone or SetMicrophone(), on=True)
        self._send(Listen(str(path), duck_db))

    def stop_listening(self) -> None:
        """Cross-fade to a continuation of what was heard. Ends in ListeningEnded, and then in Primed or Failed."""
        self._send(StopListening())

    def set_param(self, name: str, value: float) -> None:
        """Set one parameter of the patch; heard after `Metrics.touch_ms`.

        More voices than can be played in real time are refused: there are as many as can be, and a Failed.
        """
        with self._lock:
            refusal = self._take_patch(self._patch.with_value(name, value))
            self._moved_since_load[name] = self._patch.value(name)
            self._write_patch()
        self._tell(refusal)

    def set_audio(self, device: str | None = None, rate_hz: float | None = None, block: int | None = None) -> None:
        """Change the output; None leaves the choice open. Ends in AudioOpened, Failed (nothing changed) or NoDevice."""
        self._audio = SetAudio(device, rate_hz, block)
        self._send(self._audio)

    def set_depth_ms(self, depth_ms: float) -> None:
        """How far ahead of the ear the sampler works: more is safer, less is quicker to the touch."""
        self._depth = SetDepth(depth_ms)
        self._send(self._depth)

    def run_on(self, device: str) -> None:
        """Have the model run on another processor, one of `commandline.DEVICES`; the sound goes on, cross-faded.

        Ends in RunsOn, or in Failed (nothing changed).
        """
        self._send(RunOn(device))

    def record(self, folder: Path, preset: str) -> None:
        """Begin a take in `folder`, the last minute included, called after `preset`. Ends in TakeBegun or Failed.

        Whatever becomes of the engine, it can be asked for: what was heard is kept by another process.
        """
        if self._recorder is not None and self._reel is not None:
            if not self._recorder.runs:
                self._recorder.end()
                self._recorder = Recorder(self._reel, self._receive)
            self._recorder.send(Record(str(folder), preset))

    def stop_recording(self) -> None:
        """Close the take under way. Ends in TakeEnded, which also comes when the device or the engine is lost."""
        if self._recorder is not None:
            self._recorder.send(StopRecording())

    def audition(self, path: Path, begin_s: float, end_s: float) -> None:
        """Play a sound file beside the instrument through the same output, and no other. Ends in AuditionEnded."""
        self.stop_audition()
        device = self._audio.device if self._audio is not None else None
        self._auditions = [one for one in self._auditions if one.runs]
        self._auditions.append(Auditioner(Audition(str(path), begin_s, end_s, device), self._receive))

    def stop_audition(self) -> None:
        """Fade it out; harmless without one."""
        for auditioner in self._auditions:
            auditioner.stop()

    def list_devices(self) -> None:
        """Ask for Devices."""
        self._send(ListDevices())

    def scope(self, count: int) -> NDArray[np.float32]:
        """The last `count` samples heard, `[count, SIDES]` at the device's rate; zeros before the first."""
        return ScopeTap(self._reel).latest(count) if self._reel is not None else np.zeros((count, SIDES), np.float32)

    def metrics(self) -> Metrics:
        """How the engine is doing; STOPPED where there is none."""
        connection, reel = self._connection, self._reel
        if connection is None or reel is None:
            return Metrics()
        metrics = read_metrics(connection.block, reel)
        return metrics if connection.runs else replace(metrics, state=EngineState.STOPPED)

    def _end_engine(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.end()

    def _send(self, command: Command) -> None:
        if self._connection is not None:
            self._connection.send(command)

    def _take_patch(self, patch: Patch) -> Failed | None:
        """With the lock held: what can be played of it, and what to say if that is not all."""
        self._patch = fitting(patch, self._most_voices)
        return Failed(Attempt.VOICES, str(too_many(patch, self._most_voices))) if self._patch != patch else None

    def _write_patch(self) -> None:
        """With the lock held: the ControlBlock has one writer at a time."""
        if self._connection is not None:
            self._connection.control.write(self._patch, self._epoch)

    def _receive(self, event: Event) -> None:
        """On the reader thread."""
        refusal: Failed | None = None
        if isinstance(event, Loaded):
            event, refusal = self._adopt(event)
        elif isinstance(event, RunsOn):
            self._device = event.device
            refusal = self._adopt_most(event.most_voices)
        elif isinstance(event, Crowded):
            refusal = self._adopt_most(event.most_voices)
        elif isinstance(event, DeviceLost | NoDevice):
            self._playing = False
        elif isinstance(event, AudioOpened):
            self._proven_audio = self._audio
        elif isinstance(event, Failed) and event.attempt is Attempt.AUDIO:
            self._audio = self._proven_audio  # which the engine goes back to
        if isinstance(event, DeviceLost | EngineDied) and self._recorder is not None:
            self._recorder.send(StopRecording(when_quiet=True))
        self._tell(event)
        self._tell(refusal)

    def _tell(self, event: Event | None) -> None:
        if event is None:
            return
        try:
            self._on_event(event)
        except Exception:
            _logger.exception("an event handler failed")

    def _adopt(self, event: Loaded) -> tuple[Loaded, Failed | None]:
        with self._lock:
            self._checkpoint = Path(event.checkpoint)
            self._most_voices = event.most_voices
            if event.patch is not None:
                self._epoch = event.request
                refusal = self._take_patch(Patch.from_dict({**event.patch, **self._moved_since_load}))
                event = replace(event, patch=self._patch.to_dict())
            else:
                refusal = self._take_patch(self._patch)
            self._write_patch()
            return event, refusal

    def _adopt_most(self, most_voices: int | None) -> Failed | None:
        """So many can be played now, if that is known; what to say if there were more."""
        if most_voices is None:
            return None
        with self._lock:
            self._most_voices = most_voices
            refusal = self._take_patch(self._patch)
            self._write_patch()
            return refusal
