"""Where compiled kernels are kept: one folder per version of their sources.

numba invalidates a cached function when its own file changes, not when a file changes that it calls into. Keying the
folder by all sources makes an upgrade, or an edit, compile anew.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import numba

from livernn.paths import cache_dir

_COMPILING_PACKAGES = ("synth", "engine")
_CACHE_VARIABLE = "NUMBA_CACHE_DIR"


def use_kernel_cache() -> Path:
    """Point numba at the folder for these sources, under NUMBA_CACHE_DIR where that is set."""
    digest = hashlib.sha256(f"{numba.__version__}".encode())
    root = Path(__file__).resolve().parent.parent
    for package in _COMPILING_PACKAGES:
        for source in sorted((root / package).glob("*.py")):
            digest.update(source.read_bytes())
    base = Path(os.environ.get(_CACHE_VARIABLE) or cache_dir() / "kernels")
    folder = base / digest.hexdigest()[:16]
    config: Any = numba.config
    config.CACHE_DIR = str(folder)
    return folder
