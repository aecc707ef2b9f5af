"""Where liveRNN keeps what it writes and finds what it ships."""

import os
import sys
from pathlib import Path


def _bundled_presets() -> Path:
    """Inside the package once it is installed, beside it in a clone."""
    package = Path(__file__).resolve().parent
    installed = package / "presets"
    return installed if installed.is_dir() else package.parent / "presets"


BUNDLED_PRESETS = _bundled_presets()


def _user_root(linux_variable: str, linux_default: str, windows_variable: str, mac_folder: str) -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get(windows_variable, str(Path.home())))
    if sys.platform == "darwin":
        return Path.home() / "Library" / mac_folder
    return Path(os.environ.get(linux_variable) or Path.home() / linux_default)


def data_dir() -> Path:
    """User presets, primes and takes. Override: LIVERNN_HOME."""
    home = os.environ.get("LIVERNN_HOME")
    if home:
        return Path(home) / "data"
    return _user_root("XDG_DATA_HOME", ".local/share", "APPDATA", "Application Support") / "liveRNN"


def cache_dir() -> Path:
    """Compiled kernels: safe to delete at any time. Override: LIVERNN_HOME."""
    home = os.environ.get("LIVERNN_HOME")
    if home:
        return Path(home) / "cache"
    return _user_root("XDG_CACHE_HOME", ".cache", "LOCALAPPDATA", "Caches") / "liveRNN"


def preset_folders() -> list[Path]:
    """Folders that presets are looked up in, the user's own first."""
    return [data_dir() / "presets", BUNDLED_PRESETS]
