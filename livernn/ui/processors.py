"""What models run on as the window sees it: what was asked for, and what it came to. No widgets."""

from PySide6.QtCore import QObject, Signal

from livernn.engine.client import Attempt, EngineClient, Event, Failed, Loaded, RunsOn
from livernn.ui.notice import Kind, Notice
from livernn.ui.settings import Settings

TITLES = {"auto": "Automatic", "cpu": "CPU", "cuda": "GPU"}
"""Of `commandline.DEVICES`."""

_OVER_TO = {
    "auto": "Trying which plays faster, CPU or GPU",
    "cpu": "Changing over to the CPU",
    "cuda": "Changing over to the GPU",
}


class Processors(QObject):
    """Every method is for Qt's main thread and returns at once."""

    changed = Signal()
    """`choice` or `name`."""
    told = Signal(object)
    """A notice."""

    def __init__(self, client: EngineClient, settings: Settings) -> None:
        super().__init__()
        self._client = client
        self._settings = settings
        self.choice = self._granted = "auto"
        self.name: str | None = None
        """What the present model runs on."""

    def start(self, device: str | None) -> None:
        """The engine runs models on `device`; where that is None, on what the performer chose the last time."""
        remembered = self._settings.runs_on
        if device is not None:
            self.choice = self._granted = device
        elif remembered in TITLES and remembered != self.choice:
            self._ask(remembered)

    def choose(self, device: str) -> None:
        """Have the present model go on there, and others begin there."""
        if device != self.choice:
            self._ask(device)
            self.told.emit(Notice(Kind.BUSY, _OVER_TO[device]))

    def take_event(self, event: Event) -> None:
        """What the client says, of whatever."""
        match event:
            case Loaded():
                self.name = event.runs_on
            case Failed(Attempt.PROCESSOR):
                self.choice = self._granted
            case RunsOn(device, name):
                self._granted = self._settings.runs_on = device
                if name is not None:
                    self.name = name
                    self.told.emit(Notice(Kind.INFO, f"The model runs on: {name}"))
            case _:
                return
        self.changed.emit()

    def undo(self) -> None:
        """Take back a choice that came to nothing, or was not granted before the engine was gone."""
        self.choice = self._granted
        self.changed.emit()

    def _ask(self, device: str) -> None:
        self.choice = device
        self._client.run_on(device)
        self.changed.emit()
