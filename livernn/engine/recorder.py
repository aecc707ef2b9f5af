"""The client's handle on the take writer, a process of its own that lives as long as the client."""

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import Attempt, Command, Event, Failed, Quit
from livernn.engine.reel import RECORDED, RECORDING_RATE_HZ, Reel
from livernn.engine.wire import encode, events_from
from livernn.errors import LiveRNNError

_END_PATIENCE_S = 10.0


class Recorder:
    """Starts the process at once. `receive` gets its events on a reader thread, a Failed last if it dies."""

    def __init__(self, reel: Reel, receive: Callable[[Event], None]) -> None:
        self._reel = reel
        self._receive = receive
        self._ending = False
        self._process = subprocess.Popen(
            child_command("livernn.engine.writer", reel.handle),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            pass_fds=reel.descriptors,
        )
        self._reader = threading.Thread(target=self._read, name="take-events", daemon=True)
        self._reader.start()

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def send(self, command: Command) -> None:
        """Have it carried out; any thread."""
        assert self._process.stdin is not None
        with suppress(OSError):  # it is dead, which the reader tells
            self._process.stdin.write(encode(command))

    def end(self) -> None:
        """Have the take closed and the process end. Not on the reader thread."""
        self._ending = True
        self.send(Quit())
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        for event in events_from(pipe):
            self._receive(event)
        code = self._process.wait()
        if not self._ending:
            self._reel.words[[RECORDED, RECORDING_RATE_HZ]] = 0
            why = LiveRNNError("take writer", f"it ended with code {code}", "Record again; the last minute is gone.")
            self._receive(Failed(Attempt.RECORD, str(why)))
