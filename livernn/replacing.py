"""Files that are replaced whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside `path`, to be written to: what is there at the end takes its place.

    Raises:
        OSError: it could not be written; `path` is as it was.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def replace_text(path: Path, text: str) -> None:
    """Write a file in one go.

    Raises:
        OSError: as `replacing`.
    """
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
