"""The engine's handle on its microphone: a stream process that is opened, watched and, if it must be, killed."""

from typing import Protocol

from livernn.engine.ear import CALLBACKS, Ear
from livernn.engine.messages import MicrophoneOpened, SetMicrophone
from livernn.engine.stream_process import StreamProcess
from livernn.engine.wire import encode


class Input(Protocol):
    """Something that fills an ear. Used by one thread at a time."""

    ear: Ear

    def open(self, settings: SetMicrophone) -> MicrophoneOpened:
        """Start to fill it; DeviceError where that is impossible."""

    def close(self) -> None:
        """Stop; harmless if closed. Returns within bounded time."""

    def is_lost(self) -> bool:
        """Whether it was open and hears no more."""


class StreamInput:
    """An `Input` through PortAudio."""

    def __init__(self) -> None:
        self.ear = Ear.create()
        self._process: StreamProcess | None = None

    def open(self, settings: SetMicrophone) -> MicrophoneOpened:
        """Start a stream process; takes half a second, more when the callback has to be compiled.

        Raises:
            DeviceError: no such device, or no answer in time.
        """
        self.close()
        arguments = [self.ear.handle, encode(settings).decode().strip()]
        process = StreamProcess("livernn.engine.microphone", arguments, self.ear.descriptors)
        opened = process.opened(MicrophoneOpened)
        self._process = process
        return opened

    def close(self) -> None:
        """See `StreamProcess`."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def is_lost(self) -> bool:
        """See `StreamProcess`."""
        return self._process is not None and self._process.is_lost(int(self.ear.words[CALLBACKS]))
