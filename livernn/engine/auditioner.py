"""The client's handle on an audition, a process of its own; see `audition`."""

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import Attempt, Audition, AuditionEnded, Event, Failed, Refused
from livernn.engine.wire import LINE_LIMIT_BYTES, decode, encode
from livernn.errors import LiveRNNError


class Auditioner:
    """The client's handle on one audition. `receive` gets AuditionEnded, after a Failed if it failed, on a thread."""

    def __init__(self, audition: Audition, receive: Callable[[Event], None]) -> None:
        self._audition = audition
        self._receive = receive
        self._process = subprocess.Popen(
            child_command("livernn.engine.audition", encode(audition).decode().strip()),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._thread = threading.Thread(target=self._follow, name="audition", daemon=True)
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Whether something is left of it."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Have it fade out; returns at once."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def join(self) -> None:
        """Wait for the end after `stop`, for at most seconds. Not from `receive`."""
        self._thread.join()

    def _follow(self) -> None:
        assert self._process.stdout is not None
        answer = decode(self._process.stdout.readline(LINE_LIMIT_BYTES))
        self._process.wait()
        self._process.stdout.close()
        if isinstance(answer, Refused):
            why = str(LiveRNNError(answer.what, answer.why, answer.remedy))
            self._receive(Failed(Attempt.AUDITION, why))
        self._receive(AuditionEnded(self._audition.path))
