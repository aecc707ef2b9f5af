"""Audio outputs as the window sees them: those there are, the one asked for and the one that is open. No widgets."""

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from livernn.engine.client import (
    LOOK_AGAIN_MS,
    Attempt,
    AudioOpened,
    Device,
    DeviceLost,
    Devices,
    EngineClient,
    Event,
    Failed,
    NoDevice,
)
from livernn.ui.notice import Kind, Notice, Remedy
from livernn.ui.settings import Settings


class Outputs(QObject):
    """Every method is for Qt's main thread and returns at once."""

    changed = Signal()
    """`devices`, `choice`, `opened` or `trouble`."""
    asked = Signal()
    """The performer wants an output to be opened."""
    told = Signal(object)
    """A notice."""

    def __init__(self, client: EngineClient, settings: Settings) -> None:
        super().__init__()
        self._client = client
        self._settings = settings
        self._look_again = QTimer(self, interval=LOOK_AGAIN_MS)
        self._look_again.timeout.connect(client.list_devices)
        self.devices: tuple[Device, ...] = ()
        self.choice = settings.audio
        self.opened: AudioOpened | None = None
        self.trouble: Notice | None = None
        """Why there is no output although one was asked for."""

    def start(self, device: str | None) -> None:
        """Open an output, or the last one used."""
        if device:
            self.choice = self._settings.audio_of(device)
        self._send()

    def close(self) -> None:
        """Look for no more."""
        self._look_again.stop()

    def choose(self, name: str | None) -> None:
        """Change the output, opened as it was the last time; None is the system's choice."""
        self.choice = self._settings.audio_of(name)
        self.retry()

    def choose_format(self, rate_hz: float | None, block: int | None) -> None:
        """Open the output anew; None is the device's choice. Remembered with the output once it is open."""
        self.choice = replace(self.choice, rate_hz=rate_hz, block=block)
        self.retry()

    def retry(self) -> None:
        """Look for outputs again, and open the chosen one."""
        self._send()
        self.asked.emit()

    def list_devices(self) -> None:
        """Look for outputs again."""
        self._client.list_devices()

    def set_depth_ms(self, depth_ms: float) -> None:
        """How far ahead of the ear the engine works."""
        self._settings.depth_ms = depth_ms
        self._client.set_depth_ms(depth_ms)

    def take_event(self, event: Event) -> None:
        """What the client says, of whatever."""
        match event:
            case AudioOpened():
                self.opened, self.trouble = event, None
                self._look_again.stop()
                if self.choice.device is not None:
                    # A part of the name, as from the command line, stands for the whole.
                    self.choice = replace(self.choice, device=f"{event.device}, {event.host_api}")
                self._settings.audio = self.choice
            case Devices(devices):
                if devices == self.devices:
                    return  # an open list would close
                self.devices = devices
            case NoDevice(message, devices):
                self._lose(message, devices)
            case DeviceLost(message):
                self._lose(message, self.devices)
            case _:
                return
        self.changed.emit()

    def hides(self, failure: Failed) -> bool:
        """Whether nothing need be said of it: what is said has its remedy, and the next look may find an output."""
        return failure.attempt is Attempt.DEVICES and self.trouble is not None

    def undo(self) -> None:
        """Take back a choice that could not be opened."""
        self.choice = self._settings.audio
        self.changed.emit()

    def lose_engine(self) -> None:
        """It is gone: nothing is open until there is another."""
        self._look_again.stop()
        self.opened = None
        self.changed.emit()

    def _send(self) -> None:
        self._client.list_devices()
        self._client.set_audio(self.choice.device, self.choice.rate_hz, self.choice.block)
        if self._settings.depth_ms is not None:
            self._client.set_depth_ms(self._settings.depth_ms)

    def _lose(self, message: str, devices: tuple[Device, ...]) -> None:
        self.opened, self.devices = None, devices
        self.trouble = Notice(Kind.ERROR, message, Remedy.RETRY_AUDIO, offers_devices=True)
        self._look_again.start()
        self.told.emit(self.trouble)
