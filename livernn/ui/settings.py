"""What the window remembers: an ini file that is written at each change, so that a crash loses nothing."""

import math
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from PySide6.QtCore import QByteArray, QSettings

from livernn import paths

_THEME, _PRESET, _FAVOURITES, _DEVICE, _DEPTH, _GEOMETRY = (
    "window/theme", "sound/preset", "sound/favourites", "audio/device", "audio/depth_ms", "window/geometry",
)  # fmt: skip


@dataclass(frozen=True)
class AudioChoice:
    """An output and how to open it; None leaves the choice to the system or the device."""

    device: str | None = None
    rate_hz: float | None = None
    block: int | None = None


class Settings:
    """Typed access; a value that is missing or spoilt by hand reads as None. Qt's main thread."""

    def __init__(self) -> None:
        folder = paths.data_dir()
        with suppress(OSError):  # a home that cannot be written to remembers nothing, and plays all the same
            folder.mkdir(parents=True, exist_ok=True)
        self._file = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)

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
        return (self._text(_FAVOURITES) or "").splitlines()

    @favourites.setter
    def favourites(self, names_or_paths: list[str]) -> None:
        self._write(_FAVOURITES, "\n".join(names_or_paths))

    @property
    def audio(self) -> AudioChoice:
        """The output last used."""
        return self.audio_of(self._text(_DEVICE))

    @audio.setter
    def audio(self, choice: AudioChoice) -> None:
        self._write(_DEVICE, choice.device or "")
        rate, block = _format_keys(choice.device)
        self._write(rate, choice.rate_hz or "")
        self._write(block, choice.block or "")

    def audio_of(self, device: str | None) -> AudioChoice:
        """An output, to be opened as it was the last time."""
        rate_hz, block = map(self._number, _format_keys(device))
        return AudioChoice(device, rate_hz, int(block) if block is not None else None)

    @property
    def depth_ms(self) -> float | None:
        """Depth of the ring."""
        return self._number(_DEPTH)

    @depth_ms.setter
    def depth_ms(self, depth_ms: float) -> None:
        self._write(_DEPTH, depth_ms)

    def view(self, name: str) -> float | None:
        """A number that a view is set to, by the view's name for it."""
        return self._number(f"view/{name}")

    def set_view(self, name: str, value: float) -> None:
        """See `view`."""
        self._write(f"view/{name}", value)

    @property
    def geometry(self) -> QByteArray | None:
        """Place and size of the window, as Qt saves it."""
        value = self._file.value(_GEOMETRY)
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._write(_GEOMETRY, geometry)

    def _text(self, key: str) -> str | None:
        value = self._file.value(key)
        return value if isinstance(value, str) and value else None

    def _number(self, key: str) -> float | None:
        try:
            number = float(str(self._file.value(key)))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def _write(self, key: str, value: object) -> None:
        self._file.setValue(key, value)
        self._file.sync()


def _format_keys(device: str | None) -> tuple[str, str]:
    group = f"outputs/{quote(device or 'default', safe='')}"
    return f"{group}/rate_hz", f"{group}/block"
