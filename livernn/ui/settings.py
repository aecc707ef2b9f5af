"""What the window remembers: an ini file that is written at each change, so that a crash loses nothing."""

from PySide6.QtCore import QByteArray, QSettings

from livernn import paths

_THEME, _PRESET, _DEVICE, _DEPTH, _GEOMETRY, _SPAN = (
    "window/theme", "sound/preset", "audio/device", "audio/depth_ms", "window/geometry", "window/waveform_span_s",
)  # fmt: skip


class Settings:
    """Typed access; a value that is missing or spoilt by hand reads as None. Qt's main thread."""

    def __init__(self) -> None:
        folder = paths.data_dir()
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
    def device(self) -> str | None:
        """Name of the audio output; None for the system's choice."""
        return self._text(_DEVICE)

    @device.setter
    def device(self, name: str | None) -> None:
        self._write(_DEVICE, name or "")

    @property
    def depth_ms(self) -> float | None:
        """Depth of the ring."""
        return self._number(_DEPTH)

    @depth_ms.setter
    def depth_ms(self, depth_ms: float) -> None:
        self._write(_DEPTH, depth_ms)

    @property
    def waveform_span_s(self) -> float | None:
        """Stretch of time that the waveform shows."""
        return self._number(_SPAN)

    @waveform_span_s.setter
    def waveform_span_s(self, span_s: float) -> None:
        self._write(_SPAN, span_s)

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
            return float(str(self._file.value(key)))
        except ValueError:
            return None

    def _write(self, key: str, value: object) -> None:
        self._file.setValue(key, value)
        self._file.sync()
