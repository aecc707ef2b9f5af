"""The client's handle on the take writer, a process of its own that lives as long as the client."""

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import Attempt, Command, Event, Failed, Quit
from livernn.engine.reel import RECORDED, RECORDING_RATE_HZ, Reel
from livernn.engine.wire import encode, events_from
from livernn.errors import LiveRNNError

_END_PATIENCE_S = 10.0
_LEAST_LIFE_S = 5.0
"""A process that died sooner would die again and again."""


class Recorder:
    """Starts the process at once. `receive` gets its events on a reader thread, a Failed when it dies.

    One that dies is replaced at once, as what is heard is to be kept all the time, unless it has hardly lived.
    """

    def __init__(self, reel: Reel, receive: Callable[[Event], None]) -> None:
        self._reel = reel
        self._receive = receive
        self._lock = threading.Lock()
        self._ending = False
        self._process = self._start()
        self._reader = threading.Thread(target=self._read, name="take-events", daemon=True)
        self._reader.start()

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def send(self, command: Command) -> None:
        """Have it carried out; any thread."""
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(OSError, ValueError):  # it is dead, which the reader tells
            pipe.write(encode(command))

    def end(self) -> None:
        """Have the take closed and the process end. Not on the reader thread."""
        with self._lock:
            self._ending = True
        self.send(Quit())
        process = self._process
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()
        assert process.stdout is not None
        process.stdout.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            child_command("livernn.engine.writer", self._reel.handle),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            pass_fds=self._reel.descriptors,
        )

    def _read(self) -> None:
        goes_on = True
        while goes_on:
            began_s, pipe = time.monotonic(), self._process.stdout
            assert pipe is not None
            for event in events_from(pipe):
                self._receive(event)
            code = self._process.wait()
            goes_on = time.monotonic() > began_s + _LEAST_LIFE_S
            with self._lock:
                if self._ending:
                    return
                self._reel.words[[RECORDED, RECORDING_RATE_HZ]] = 0
                if goes_on:
                    self._replace()
            why = LiveRNNError("take writer", f"it ended with code {code}", "Record again; the last minute is gone.")
            self._receive(Failed(Attempt.RECORD, str(why)))

    def _replace(self) -> None:
        dead, self._process = self._process, self._start()
        for pipe in (dead.stdin, dead.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
