"""How the engine's processes are started: this Python, this copy of liveRNN, wherever the parent was started from."""

import os
import sys
import threading
import time
from pathlib import Path

from livernn import heap

_ROOT = str(Path(__file__).resolve().parent.parent.parent)


def child_command(module: str, *arguments: str) -> list[str]:
    """What runs `module` as a program."""
    return [sys.executable, "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """The environment in which `child_command` finds this copy of liveRNN first."""
    inherited = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([_ROOT, inherited] if inherited else [_ROOT]),
        **heap.ENVIRONMENT,
    }


def watch_owner(patience_s: float) -> threading.Event:
    """Set when standard input ends; `patience_s` after that this process is gone, whatever hangs."""
    gone = threading.Event()

    def read_to_end() -> None:
        while os.read(0, 1024):
            pass
        gone.set()
        time.sleep(patience_s)
        os._exit(1)

    threading.Thread(target=read_to_end, daemon=True).start()
    return gone
