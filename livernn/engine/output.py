"""The engine's handle on its audio output: a stream process that is opened, watched and, if it must be, killed."""

import subprocess
import threading
import time
from contextlib import suppress
from typing import Protocol

from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import AudioOpened, Refused, SetAudio
from livernn.engine.reel import Reel
from livernn.engine.shared import CALLBACKS, SharedBlock, forget_callback
from livernn.engine.wire import LINE_LIMIT_BYTES, decode, encode
from livernn.errors import DeviceError

COMPILE_PATIENCE_S = 120.0
"""The first start on a machine compiles the callback."""

OPEN_PATIENCE_S = 10.0
_CLOSE_PATIENCE_S = 2.0
_SILENT_CALLBACK_LIMIT_S = 2.0


class Output(Protocol):
    """Something that calls back for sound. Used by one thread at a time."""

    def open(self, settings: SetAudio) -> AudioOpened:
        """Start calling back; DeviceError where that is impossible."""

    def close(self) -> None:
        """Stop calling back; harmless if closed. Returns within bounded time."""

    def is_lost(self) -> bool:
        """Whether it was open and no longer calls back."""


class StreamOutput:
    """An `Output` through PortAudio."""

    def __init__(self, block: SharedBlock, reel: Reel) -> None:
        self._block = block
        self._reel = reel
        self._process: subprocess.Popen[bytes] | None = None
        self._callbacks = 0
        self._moved_at = 0.0

    def open(self, settings: SetAudio) -> AudioOpened:
        """Start a stream process; takes half a second, more when the callback has to be compiled.

        Raises:
            DeviceError: no such device, refused settings, or no answer in time.
        """
        self.close()
        forget_callback(self._block)
        self._process = subprocess.Popen(
            child_command(
                "livernn.engine.stream", self._block.handle, self._reel.handle, encode(settings).decode().strip()
            ),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._block.descriptors + self._reel.descriptors,
        )
        self._next_line(self._process, COMPILE_PATIENCE_S)
        answer = decode(self._next_line(self._process, OPEN_PATIENCE_S))
        if isinstance(answer, AudioOpened):
            self._callbacks, self._moved_at = int(self._block.words[CALLBACKS]), time.monotonic()
            return answer
        self.close()
        if isinstance(answer, Refused):
            raise DeviceError(answer.what, answer.why, answer.remedy)
        raise DeviceError("audio output", "the audio system does not answer", "Restart the sound server.")

    def close(self) -> None:
        """End the stream process, in good order if it can: JACK stalls for seconds when a client just vanishes."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_CLOSE_PATIENCE_S)
        self._kill()

    def is_lost(self) -> bool:
        """The process ended, or the callbacks stopped, as they do after a server's death."""
        if self._process is None:
            return False
        callbacks = int(self._block.words[CALLBACKS])
        if callbacks != self._callbacks:
            self._callbacks, self._moved_at = callbacks, time.monotonic()
        return self._process.poll() is not None or time.monotonic() - self._moved_at > _SILENT_CALLBACK_LIMIT_S

    def _next_line(self, process: subprocess.Popen[bytes], patience_s: float) -> bytes:
        assert process.stdout is not None
        overdue = threading.Timer(patience_s, process.kill)
        overdue.start()
        try:
            return process.stdout.readline(LINE_LIMIT_BYTES)
        finally:
            overdue.cancel()

    def _kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
