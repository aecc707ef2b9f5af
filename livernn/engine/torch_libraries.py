"""torch's libraries, loaded while other threads run Python.

`import torch` holds the GIL while the system loads hundreds of megabytes: half a second and more, for which the sampler
would get no turn.
"""

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

_LIBRARIES = (("libtorch_global_deps.so", ctypes.RTLD_GLOBAL), ("libtorch.so", ctypes.RTLD_LOCAL))
"""As torch itself loads them, and all that they need with them."""


def load_torch_libraries() -> None:
    """Before `import torch`, which sees itself to what cannot be loaded here."""
    spec = importlib.util.find_spec("torch")
    if sys.platform != "linux" or spec is None or spec.origin is None:
        return
    load = ctypes.CDLL(
        None
    ).dlopen  # by the call of a foreign function, which gives up the GIL, as ctypes.CDLL does not
    load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name, mode in _LIBRARIES:
        load(os.fsencode(Path(spec.origin).parent / "lib" / name), os.RTLD_NOW | mode)
