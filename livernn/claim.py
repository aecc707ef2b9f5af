"""A file that one process holds at a time. The system lets go of it when that process ends, however it does."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_RETRY_S = 0.05
_LOOK_S = 1.0
"""Longer than anyone takes who only looks whether it is held."""


@contextlib.contextmanager
def claimed(path: Path, patience_s: float = _LOOK_S) -> Iterator[bool]:
    """Hold `path`, which is made where it is missing; yields whether that was possible.

    Raises:
        OSError: it cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + patience_s
        while not (held := _try_to_hold(handle)) and time.monotonic() < deadline:
            time.sleep(_RETRY_S)
        yield held
    finally:
        os.close(handle)


def is_claimed(path: Path) -> bool:
    """Whether some process holds `path`; nobody does where there is no such file."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_to_hold(handle)
    finally:
        os.close(handle)


def _try_to_hold(handle: int) -> bool:
    """Until `handle` is closed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
