"""A process that holds one open PortAudio stream, from both sides.

PortAudio is not trusted to end: after its server's death closing a stream hangs and starting over aborts the process.
In a process of its own it can do both. The stream lives until standard input ends; what does not go by itself is
killed.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, TypeVar

from livernn.engine.child import child_command, child_environment
from livernn.engine.devices import Kind, portaudio
from livernn.engine.messages import Event, Refused
from livernn.engine.wire import LINE_LIMIT_BYTES, decode, encode
from livernn.errors import DeviceError

COMPILE_PATIENCE_S = 120.0
"""The first start on a machine compiles the callback."""

OPEN_PATIENCE_S = 10.0
END_PATIENCE_S = 1.5
STREAM_LOST = 3
"""Exit code after the stream ended by itself."""

_CLOSE_PATIENCE_S = 2.0
_SILENT_CALLBACK_LIMIT_S = 2.0
_POLL_S = 0.1

Opened = TypeVar("Opened", bound=Event)


class StreamProcess:
    """The engine's handle on it: there is one at most. Used by one thread at a time."""

    def __init__(self, module: str) -> None:
        """Of `module`, which says a line when its callback is compiled and an event when PortAudio has decided."""
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._callbacks = -1
        self._moved_at = 0.0

    def open(self, kind: type[Opened], arguments: Sequence[str], descriptors: tuple[int, ...]) -> Opened:
        """Start it; takes half a second, more when the callback has to be compiled.

        Raises:
            DeviceError: nothing opened, and the process has ended.
        """
        self.close()
        self._callbacks = -1
        self._process = subprocess.Popen(
            child_command(self._module, *arguments),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=descriptors,
        )
        _next_line(self._process, COMPILE_PATIENCE_S)
        answer = decode(_next_line(self._process, OPEN_PATIENCE_S))
        if isinstance(answer, kind):
            return answer
        self.close()
        if isinstance(answer, Refused):
            raise DeviceError(answer.what, answer.why, answer.remedy)
        raise DeviceError("audio device", "the audio system does not answer", "Restart the sound server.")

    def is_lost(self, callbacks: int) -> bool:
        """Whether it ended, or `callbacks`, as counted now, no longer grow: so it is after a server's death."""
        if self._process is None:
            return False
        if callbacks != self._callbacks:
            self._callbacks, self._moved_at = callbacks, time.monotonic()
        return self._process.poll() is not None or time.monotonic() - self._moved_at > _SILENT_CALLBACK_LIMIT_S

    def close(self) -> None:
        """End it, in good order if it can: JACK stalls for seconds when a client just vanishes."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_CLOSE_PATIENCE_S)
        process.kill()
        process.wait()
        process.stdout.close()


def _next_line(process: subprocess.Popen[bytes], patience_s: float) -> bytes:
    assert process.stdout is not None
    overdue = threading.Timer(patience_s, process.kill)
    overdue.start()
    try:
        return process.stdout.readline(LINE_LIMIT_BYTES)
    finally:
        overdue.cancel()


def compiled_stream(
    kind: Kind, number: int, rate_hz: float, channels: int, callback: Any, told_address: int, block: int = 0
) -> Any:
    """A stream of sounddevice's, not started. `callback` is numba's and is told an address; both live on with it.

    Raises:
        sounddevice.PortAudioError, ValueError: the device does not take these settings; see `refusal`.
    """
    sounddevice = portaudio()
    return sounddevice._StreamBase(
        kind=kind,
        samplerate=rate_hz,
        blocksize=block,
        device=number,
        channels=channels,
        dtype="float32",
        latency="low",
        callback=sounddevice._ffi.cast("PaStreamCallback*", callback.address),
        userdata=sounddevice._ffi.cast("void*", told_address),
    )


def hold_stream(
    out: BinaryIO,
    gone: threading.Event,
    open_stream: Callable[[], tuple[Any, Event]],
    wind_down: Callable[[], None],
) -> int:
    """Within the process: open, say so or Refused, hold until `gone`, close. Returns the exit code."""
    try:
        stream, opened = open_stream()
    except DeviceError as error:
        out.write(encode(Refused(error.what, error.why, error.remedy)))
        return error.exit_code
    out.write(encode(opened))
    while not gone.wait(_POLL_S):
        if not stream.active:
            os._exit(STREAM_LOST)  # in good order it might hang, or abort
    wind_down()
    stream.close()
    return 0
