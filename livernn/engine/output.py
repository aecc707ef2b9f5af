"""The engine's handle on its audio output: a stream process that is opened, watched and, if it must be, killed."""

from typing import Protocol

from livernn.engine.messages import AudioOpened, SetAudio
from livernn.engine.reel import Reel
from livernn.engine.shared import CALLBACKS, SharedBlock, forget_callback
from livernn.engine.stream_process import StreamProcess
from livernn.engine.wire import encode


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
        self._process: StreamProcess | None = None

    def open(self, settings: SetAudio) -> AudioOpened:
        """Start a stream process; takes half a second, more when the callback has to be compiled.

        Raises:
            DeviceError: no such device, refused settings, or no answer in time.
        """
        self.close()
        forget_callback(self._block)
        process = StreamProcess(
            "livernn.engine.stream",
            [self._block.handle, self._reel.handle, encode(settings).decode().strip()],
            self._block.descriptors + self._reel.descriptors,
        )
        opened = process.opened(AudioOpened)
        self._process = process
        return opened

    def close(self) -> None:
        """See `StreamProcess`."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def is_lost(self) -> bool:
        """See `StreamProcess`."""
        return self._process is not None and self._process.is_lost(int(self._block.words[CALLBACKS]))
