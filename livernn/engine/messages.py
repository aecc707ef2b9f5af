"""Commands to the engine and events from it."""

from dataclasses import dataclass
from enum import Enum

from livernn.control.trouble import Trouble
from livernn.engine.transport import EngineState

DEFAULT_DEPTH_MS = 200.0
"""How far ahead of the ear the sampler works until it is told otherwise."""

LOOK_AGAIN_MS = 3000
"""How often a device that is away is looked for."""


@dataclass(frozen=True)
class Device:
    """An audio output or input."""

    name: str
    host_api: str
    channels: int
    default_rate_hz: float
    is_default: bool

    @property
    def full_name(self) -> str:
        """What it is found again by, in settings and commands; PortAudio's numbers change with every list."""
        return f"{self.name}, {self.host_api}"


@dataclass(frozen=True)
class Load:
    """Load a checkpoint and change to it. `request` counts up; the patch, if any, is the new sound's."""

    request: int
    checkpoint: str
    patch: dict[str, float] | None = None


@dataclass(frozen=True)
class Play:
    """Start, as soon as what was asked for before is loaded and open."""


@dataclass(frozen=True)
class Stop:
    """Fade out; the next Play continues from here."""


@dataclass(frozen=True)
class Panic:
    """Fade out, and back to the initial state."""


@dataclass(frozen=True)
class Reset:
    """Cross-fade to the initial state, with a new random seed where none is given."""

    seed: int | None = None


@dataclass(frozen=True)
class Prime:
    """Cross-fade to a continuation of a sound file, or of what lies between two times of it."""

    path: str
    begin_s: float = 0.0
    end_s: float | None = None


@dataclass(frozen=True)
class SetMicrophone:
    """Open an input, None for the system's choice; `on` or none at all.

    Of it the mean of the first two channels is listened to, or `channel`, counted from 1, alone.
    """

    device: str | None = None
    on: bool = True
    channel: int | None = None


@dataclass(frozen=True)
class ListMicrophones:
    """Ask for Microphones."""


@dataclass(frozen=True)
class Listen:
    """Listen to the microphone, keeping what it hears as a WAV at `path`, while the sound is `duck_db` quieter."""

    path: str
    duck_db: float = 0.0


@dataclass(frozen=True)
class StopListening:
    """Cross-fade to a continuation of what was heard."""


@dataclass(frozen=True)
class SetAudio:
    """Change the output; None leaves the choice to the system or the device."""

    device: str | None = None
    rate_hz: float | None = None
    block: int | None = None


@dataclass(frozen=True)
class SetDepth:
    """How far ahead of the ear the sampler works."""

    depth_ms: float


@dataclass(frozen=True)
class RunOn:
    """Have the model run on another processor, one of `commandline.DEVICES`; the sound goes on."""

    device: str


@dataclass(frozen=True)
class ListDevices:
    """Ask for Devices."""


@dataclass(frozen=True)
class Record:
    """To the take writer: begin a take in `folder`, the last minute included. `preset` is what it is called after."""

    folder: str
    preset: str


@dataclass(frozen=True)
class Audition:
    """To an audition process: play the sound file at `path` from `begin_s` to `end_s` through `device`."""

    path: str
    begin_s: float
    end_s: float
    device: str | None = None


@dataclass(frozen=True)
class StopRecording:
    """To the take writer: close the take, or, `when_quiet`, as soon as nothing more is heard."""

    when_quiet: bool = False


@dataclass(frozen=True)
class Quit:
    """End the engine, or the take writer."""


@dataclass(frozen=True)
class StateChanged:
    """The engine entered a state."""

    state: EngineState


@dataclass(frozen=True)
class Tuning:
    """A kernel is being compiled for this processor; `fraction` of 1 done."""

    stage: str
    fraction: float


@dataclass(frozen=True)
class Loaded:
    """A checkpoint is in, under its patch if it brought one."""

    request: int
    checkpoint: str
    sha256: str
    sample_rate_hz: int
    seed: int
    most_voices: int
    """As many can be played in real time here."""
    runs_on: str
    """Name of the processor."""
    patch: dict[str, float] | None = None


@dataclass(frozen=True)
class RunsOn:
    """Models run on `device` from now on, as was asked for; the present one, if there is one, on what has that name."""

    device: str
    name: str | None = None
    most_voices: int | None = None
    """See Loaded."""


@dataclass(frozen=True)
class Crowded:
    """So many voices as play have been too slow for a while: `most_voices` of them should play, see Loaded."""

    most_voices: int


@dataclass(frozen=True)
class Primed:
    """The sound continues the file called `name`, of which `seconds` were used."""

    seconds: float
    name: str
    seed: int


@dataclass(frozen=True)
class Microphones:
    """The inputs that there are, unless listing them failed: then see Failed."""

    devices: tuple[Device, ...]


@dataclass(frozen=True)
class MicrophoneOpened:
    """An input is open; it has so many `channels`, and `latency_ms` is its own."""

    device: str
    host_api: str
    rate_hz: float
    channels: int
    latency_ms: float


@dataclass(frozen=True)
class MicrophoneClosed:
    """None is open; `message` says why if that was not asked for."""

    message: str | None = None


@dataclass(frozen=True)
class Listening:
    """What the microphone hears is followed, and kept at `path`."""

    path: str


@dataclass(frozen=True)
class ListeningEnded:
    """What was heard is at `path`; if a continuation of it follows, Primed comes next."""

    path: str


@dataclass(frozen=True)
class WasReset:
    """The sound starts over from `seed`."""

    seed: int


@dataclass(frozen=True)
class Guarded:
    """The sound had died of `trouble`; it goes on from a healthy moment."""

    trouble: Trouble


@dataclass(frozen=True)
class AudioOpened:
    """A device is open and calls back; `latency_ms` is its own."""

    device: str
    host_api: str
    rate_hz: float
    channels: int
    latency_ms: float


@dataclass(frozen=True)
class Devices:
    """The outputs that there are, unless listing them failed: then see Failed."""

    devices: tuple[Device, ...]


@dataclass(frozen=True)
class NoDevice:
    """No output could be opened; everything but playing works."""

    message: str
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True)
class DeviceLost:
    """The open device stopped calling back. A new list of devices follows; Play opens one again."""

    message: str


@dataclass(frozen=True)
class AuditionEnded:
    """The sound file at `path` is no longer being played."""

    path: str


@dataclass(frozen=True)
class TakeBegun:
    """A take is being recorded to the WAV at `path`, whose first `preroll_s` were heard before it was asked for."""

    path: str
    preroll_s: float


@dataclass(frozen=True)
class TakeEnded:
    """The take at `path` is closed. `lost_samples` of it are zeros, because the writer was held up for too long."""

    path: str
    seconds: float
    lost_samples: int


class Attempt(Enum):
    """What can fail."""

    AUDIO = "audio"
    AUDITION = "audition"
    DEVICES = "devices"
    LISTEN = "listen"
    LOAD = "load"
    MICROPHONES = "microphones"
    PLAY = "play"
    PRIME = "prime"
    PROCESSOR = "processor"
    RECORD = "record"
    RESET = "reset"
    VOICES = "voices"
    """As many as the patch says."""


@dataclass(frozen=True)
class Failed:
    """What was asked for did not happen; all is as before. `request` is that of a load."""

    attempt: Attempt
    message: str
    request: int | None = None


@dataclass(frozen=True)
class Refused:
    """What a helper process of the engine could not do, as the error it stands for."""

    what: str
    why: str
    remedy: str


@dataclass(frozen=True)
class Garbled:
    """A line that is no message of this version."""

    line: str
    why: str


@dataclass(frozen=True)
class EngineDied:
    """The process is gone without having been asked to go; `message` says why, as far as is known. From the client."""

    exit_code: int
    message: str


Command = (
    Load | Play | Stop | Panic | Reset | Prime | SetAudio | SetDepth | RunOn | ListDevices
    | SetMicrophone | ListMicrophones | Listen | StopListening
    | Audition | Record | StopRecording | Quit
)  # fmt: skip
Event = (
    StateChanged | Tuning | Loaded | RunsOn | Crowded | Primed | WasReset | Guarded
    | AudioOpened | Devices | NoDevice | DeviceLost
    | MicrophoneOpened | MicrophoneClosed | Microphones | Listening | ListeningEnded
    | AuditionEnded | TakeBegun | TakeEnded | Failed | Refused | Garbled | EngineDied
)  # fmt: skip
Message = Command | Event
