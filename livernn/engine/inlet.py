"""Which microphone is listened to: opening, closing, losing and listing inputs. All on the engine's thread."""

from collections.abc import Callable
from dataclasses import replace

from livernn.engine import messages as msg
from livernn.engine.input import Input
from livernn.engine.outlet import ListDevices
from livernn.engine.worker import Worker
from livernn.errors import DeviceError, LiveRNNError


class Inlet:
    """Owns the input. `on_change` is called when `opened` has changed."""

    def __init__(
        self,
        source: Input,
        list_devices: ListDevices,
        emit: Callable[[msg.Event], None],
        deliver: Callable[[Callable[[], None]], None],
    ) -> None:
        self._source = source
        self._list_devices = list_devices
        self._emit = emit
        self._worker = Worker("microphone", deliver)
        self._settings = msg.SetMicrophone(on=False)
        self._openings = 0
        """Under way: only the last one's outcome counts."""
        self.opened: msg.MicrophoneOpened | None = None
        self.on_change: Callable[[], None] = _nothing

    def change(self, settings: msg.SetMicrophone) -> None:
        """Open another input, or none."""
        if settings == self._settings and (self.opened is not None or self._openings):
            if self.opened is not None:
                self._emit(self.opened)
            return
        self._settings = settings
        if settings.on:
            self._open()
        else:
            self._worker.submit(self._source.close, _nothing, _nothing)
            self._become(None)
            self._emit(msg.MicrophoneClosed())

    def ensure_open(self) -> None:
        """Open what is set, or the system's choice, unless that is done or under way."""
        if self.opened is None and not self._openings:
            self._settings = replace(self._settings, on=True)
            self._open()

    def check(self) -> None:
        """Notice an input that hears no more; to be called now and then."""
        if self.opened is None or not self._source.is_lost():
            return
        name = f"microphone {self.opened.device}, {self.opened.host_api}"
        self._worker.submit(self._source.close, _nothing, _nothing)
        self._become(None)
        lost = DeviceError(name, "it hears no more", "Choose a microphone again.")
        self._emit(msg.MicrophoneClosed(str(lost)))

    def send_devices(self) -> None:
        """List the inputs and emit Microphones."""
        self._worker.submit(
            self._list_devices,
            lambda devices: self._emit(msg.Microphones(devices)),
            lambda error: self._emit(msg.Failed(msg.Attempt.MICROPHONES, str(error))),
        )

    def close(self, patience_s: float) -> None:
        """Close the input, for at most about `patience_s`."""
        self._worker.submit(self._source.close, _nothing, _nothing)
        self._worker.close(patience_s)

    def _open(self) -> None:
        settings = self._settings
        self._openings += 1
        self._become(None)
        self._worker.submit(lambda: self._source.open(settings), self._on_opened, self._on_refused)

    def _on_opened(self, opened: msg.MicrophoneOpened) -> None:
        self._openings -= 1
        if self._openings == 0 and self._settings.on:
            self._emit(opened)
            self._become(opened)

    def _on_refused(self, error: LiveRNNError) -> None:
        self._openings -= 1
        if self._openings == 0 and self._settings.on:
            self._settings = replace(self._settings, on=False)
            self._become(None)
            self._emit(msg.MicrophoneClosed(str(error)))

    def _become(self, opened: msg.MicrophoneOpened | None) -> None:
        self.opened = opened
        self.on_change()


def _nothing(_: object = None) -> None:
    """For outcomes that nobody waits for."""
