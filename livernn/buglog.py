"""Bugs, told from errors that a user can act on: the traceback goes to a file, the user gets one line."""

import platform
import sys
import traceback
from datetime import datetime
from pathlib import Path

from livernn import __version__
from livernn.paths import data_dir


def log_folder() -> Path:
    """Where tracebacks go."""
    return data_dir() / "logs"


def log_bug(bug: BaseException) -> str:
    """Keep the traceback of `bug`; returns the line to show, which says where."""
    now = datetime.now().astimezone()
    what = f"{type(bug).__name__}: {bug}".splitlines()[0]
    content = (
        f"{now.isoformat(timespec='seconds')}  liveRNN {__version__}  Python {platform.python_version()}  "
        f"{platform.platform()}\n{' '.join(sys.argv)}\n\n{''.join(traceback.format_exception(bug))}"
    )
    path = log_folder() / f"{now:%Y%m%d-%H%M%S-%f}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return f"this is a bug ({what}), and its traceback could not be kept ({error.strerror})"
    return f"this is a bug ({what}). Its traceback, for a report, is in {path}"
