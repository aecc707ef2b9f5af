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
        self._stream = StreamProcess("livernn.engine.microphone")

    def open(self, settings: SetMicrophone) -> MicrophoneOpened:
        """See `StreamProcess`."""
        arguments = [self.ear.handle, encode(settings).decode().strip()]
        return self._stream.open(MicrophoneOpened, arguments, self.ear.descriptors)

    def close(self) -> None:
        """See `StreamProcess`."""
        self._stream.close()

    def is_lost(self) -> bool:
        """See `StreamProcess`."""
        return self._stream.is_lost(int(self.ear.words[CALLBACKS]))
