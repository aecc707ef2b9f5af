"""What the window remembers: a JSON file that is replaced whole at each change, so that a crash loses nothing.

Not QSettings: a process killed while writing leaves its lock behind, for which the next one waits half a minute.
"""

import json
import math
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import QByteArray

from livernn import paths
from livernn.inputs.osc import DEFAULT_PORT, LOOPBACK
from livernn.replacing import replace_text

_THEME, _PRESET, _FAVOURITES, _DEVICE, _DEPTH, _GEOMETRY, _FORMATS, _MIDI, _OSC, _MICROPHONE, _CHANNELS, _DUCK = (
    "theme", "preset", "favourites", "audio_device", "depth_ms", "geometry", "audio_formats", "midi_inputs", "osc",
    "microphone", "microphone_channels", "duck_db",
)  # fmt: skip
_RUNS_ON = "runs_on"
_SYSTEM_DEFAULT = ""
_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True)
class AudioChoice:
    """An output and how to open it; None leaves the choice to the system or the device."""

    device: str | None = None
    rate_hz: float | None = None
    block: int | None = None


@dataclass(frozen=True)
class MicrophoneChoice:
    """Whether to open one, and which; None leaves that to the system. `channel` counts from 1; None mixes."""

    on: bool = False
    device: str | None = None
    channel: int | None = None


@dataclass(frozen=True)
class OscChoice:
    """Whether to listen, and at which port and address of this machine."""

    on: bool = False
    port: int = DEFAULT_PORT
    host: str = LOOPBACK

    @property
    def open(self) -> bool:
        """Whether other machines than this one are listened to."""
        return self.host != "localhost" and not self.host.startswith("127.")


class Settings:
    """Typed access; a value that is missing or spoilt by hand reads as None. Qt's main thread."""

    def __init__(self) -> None:
        self._path = paths.data_dir() / "settings.json"
        self._values = self._read()

    @property
    def theme(self) -> str | None:
        """Name of the theme."""
        return self._text(_THEME)

    @theme.setter
    def theme(self, name: str) -> None:
        self._write(_THEME, name)

    @property
    def preset(self) -> str | None:
        """Name of a preset, or path of a checkpoint."""
        return self._text(_PRESET)

    @preset.setter
    def preset(self, name_or_path: str) -> None:
        self._write(_PRESET, name_or_path)

    @property
    def favourites(self) -> list[str]:
        """Names of presets, or paths of checkpoints."""
        value = self._values.get(_FAVOURITES)
        return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []

    @favourites.setter
    def favourites(self, names_or_paths: list[str]) -> None:
        self._write(_FAVOURITES, names_or_paths)

    @property
    def audio(self) -> AudioChoice:
        """The output last used."""
        return self.audio_of(self._text(_DEVICE))

    @audio.setter
    def audio(self, choice: AudioChoice) -> None:
        self._write(_DEVICE, choice.device or _SYSTEM_DEFAULT)
        opened = {"rate_hz": choice.rate_hz, "block": choice.block}
        self._write(_FORMATS, {**self._table(_FORMATS), choice.device or _SYSTEM_DEFAULT: opened})

    def audio_of(self, device: str | None) -> AudioChoice:
        """An output, to be opened as it was the last time."""
        opened = self._table(_FORMATS).get(device or _SYSTEM_DEFAULT)
        if not isinstance(opened, dict):
            return AudioChoice(device)
        block = _number(opened.get("block"))
        return AudioChoice(device, _number(opened.get("rate_hz")), int(block) if block is not None else None)

    @property
    def midi_inputs(self) -> list[str] | None:
        """Names of the MIDI inputs to listen to; None for all."""
        value = self._values.get(_MIDI)
        return [name for name in value if isinstance(name, str)] if isinstance(value, list) else None

    @midi_inputs.setter
    def midi_inputs(self, names: list[str] | None) -> None:
        self._write(_MIDI, names)

    @property
    def osc(self) -> OscChoice:
        """Whether and where to listen to OSC."""
        value = self._table(_OSC)
        port, host = value.get("port"), value.get("host")
        if not isinstance(port, int) or not 0 < port < 1 << 16:
            port = DEFAULT_PORT
        return OscChoice(value.get("on") is True, port, host if isinstance(host, str) and host else LOOPBACK)

    @osc.setter
    def osc(self, choice: OscChoice) -> None:
        self._write(_OSC, asdict(choice))

    @property
    def microphone(self) -> MicrophoneChoice:
        """The microphone last used, and whether it was open."""
        value = self._table(_MICROPHONE)
        device = value.get("device")
        return self.microphone_of(device if isinstance(device, str) and device else None, on=value.get("on") is True)

    @microphone.setter
    def microphone(self, choice: MicrophoneChoice) -> None:
        self._write(_MICROPHONE, {"on": choice.on, "device": choice.device})
        self._write(_CHANNELS, {**self._table(_CHANNELS), choice.device or _SYSTEM_DEFAULT: choice.channel})

    def microphone_of(self, device: str | None, *, on: bool = True) -> MicrophoneChoice:
        """A microphone, to be listened to as it was the last time."""
        channel = _number(self._table(_CHANNELS).get(device or _SYSTEM_DEFAULT))
        return MicrophoneChoice(on, device, int(channel) if channel is not None and channel >= 1 else None)

    @property
    def duck_db(self) -> float | None:
        """How much quieter the sound is while the microphone is listened to."""
        return _number(self._values.get(_DUCK))

    @duck_db.setter
    def duck_db(self, duck_db: float) -> None:
        self._write(_DUCK, duck_db)

    @property
    def depth_ms(self) -> float | None:
        """Depth of the ring."""
        return _number(self._values.get(_DEPTH))

    @depth_ms.setter
    def depth_ms(self, depth_ms: float) -> None:
        self._write(_DEPTH, depth_ms)

    @property
    def runs_on(self) -> str | None:
        """What models run on: one of `commandline.DEVICES`."""
        return self._text(_RUNS_ON)

    @runs_on.setter
    def runs_on(self, device: str) -> None:
        self._write(_RUNS_ON, device)

    def view(self, name: str) -> float | None:
        """A number that a view is set to, by the view's name for it."""
        return _number(self._values.get(_view(name)))

    def set_view(self, name: str, value: float) -> None:
        """See `view`."""
        self._write(_view(name), value)

    @property
    def geometry(self) -> QByteArray | None:
        """Place and size of the window, as Qt saves it."""
        text = self._text(_GEOMETRY)
        return QByteArray.fromBase64(text.encode()) if text else None

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._write(_GEOMETRY, bytes(geometry.toBase64().data()).decode())

    def _text(self, key: str) -> str | None:
        value = self._values.get(key)
        return value if isinstance(value, str) and value else None

    def _table(self, key: str) -> dict[str, Any]:
        value = self._values.get(key)
        return value if isinstance(value, dict) else {}

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError, RecursionError):
            if self._path.stat().st_size <= _LIMIT_BYTES:
                values = json.loads(self._path.read_text(encoding="utf-8"))
                return values if isinstance(values, dict) else {}
        return {}

    def _write(self, key: str, value: object) -> None:
        # Read anew: another window may have written meanwhile.
        self._values = {**(self._read() or self._values), key: value}
        with suppress(OSError):  # a home that cannot be written to remembers nothing, and plays all the same
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(self._path, json.dumps(self._values, indent=2))


def _view(name: str) -> str:
    return name.lower().replace(" ", "_")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    with suppress(OverflowError):
        return float(value) if math.isfinite(value) else None
    return None
