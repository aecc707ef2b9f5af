"""Memory that was freed and that the C library keeps: glibc does so with what models and threads took."""

import ctypes
from contextlib import suppress
from functools import cache

TRIM_EVERY_S = 10.0
"""For processes that live as long as an evening."""

_MAPPED_FROM_BYTES = 1 << 20
"""What is as large goes back to the system as soon as it is freed. Left to itself, glibc raises this as it goes, and
with it what it keeps."""

_MODELS_MAPPED_FROM_BYTES = 1 << 17
"""The same where models come and go: what is left of one, between what is in use, is too small for the next."""

_M_MMAP_THRESHOLD = -3

ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": str(_MODELS_MAPPED_FROM_BYTES)}
"""For processes that are to keep little from their beginning."""


def keep_little() -> None:
    """The same for this process; before its threads begin."""
    with suppress(OSError, AttributeError, TypeError):
        _c_library().mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)


def trim() -> None:
    """Give back what is free, where the C library can. About 1 ms; any thread.

    Allocations of others wait meanwhile, those of one thread at a time.
    """
    with suppress(OSError, AttributeError, TypeError):
        _c_library().malloc_trim(0)


@cache
def _c_library() -> ctypes.CDLL:
    """Opened once: each opening leaves a cycle, and the engine runs without their collector."""
    return ctypes.CDLL(None)
