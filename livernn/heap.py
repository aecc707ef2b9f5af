"""Memory that was freed and that the C library keeps."""

import ctypes
from contextlib import suppress

TRIM_EVERY_S = 10.0
"""For processes that live as long as an evening."""


def trim() -> None:
    """Give it back to the system, where the C library can: glibc keeps what models and threads took. Takes about 1 ms.

    Any thread. Allocations of others wait meanwhile, those of one thread at a time.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
