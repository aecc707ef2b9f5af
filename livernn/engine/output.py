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
        self._stream = StreamProcess("livernn.engine.stream")

    def open(self, settings: SetAudio) -> AudioOpened:
        """See `StreamProcess`."""
        self.close()
        forget_callback(self._block)
        arguments = [self._block.handle, self._reel.handle, encode(settings).decode().strip()]
        return self._stream.open(AudioOpened, arguments, self._block.descriptors + self._reel.descriptors)

    def close(self) -> None:
        """See `StreamProcess`."""
        self._stream.close()

    def is_lost(self) -> bool:
        """See `StreamProcess`."""
        return self._stream.is_lost(int(self._block.words[CALLBACKS]))
