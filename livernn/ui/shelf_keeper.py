"""What keeping a shelf of sounds takes, work off the main thread and changes that may be refused included."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

from livernn.engine.client import EngineClient
from livernn.errors import LiveRNNError
from livernn.ui.notice import Kind, Notice
from livernn.ui.undo import UndoStack

PEAKS = 600
"""Parts that a sound's outline is drawn in."""


class KeptSound(Protocol):
    """A take or a prime."""

    @property
    def path(self) -> Path:
        """Of the WAV."""

    @property
    def name(self) -> str:
        """What the performer calls it."""

    @property
    def whole_s(self) -> float:
        """How long it is, with what is trimmed away."""

    @property
    def part(self) -> tuple[float, float]:
        """Where what is left of it by trimming begins and ends, in seconds."""


Sound = TypeVar("Sound", bound=KeptSound)


class SoundShelf(Protocol[Sound]):
    """LiveRNNError where the disk, or what is there already, refuses."""

    def rename(self, sound: Sound, name: str, /) -> Sound:
        """Call it something else."""

    def delete(self, sound: Sound, /) -> Callable[[], Sound]:
        """Put it aside. What is returned brings it back."""


class ShelfKeeper(QObject, Generic[Sound]):
    """Every method is for Qt's main thread and returns at once."""

    changed = Signal()
    """`sounds`."""
    state_changed = Signal()
    """`auditioned`, and what a subclass adds."""
    outlined = Signal(object, object)
    """A sound and the outline of it that was asked for."""
    told = Signal(object)
    """A notice."""

    _done = Signal(object)

    def __init__(self, client: EngineClient, shelf: SoundShelf[Sound], undo_stack: UndoStack) -> None:
        super().__init__()
        self._client = client
        self._shelf = shelf
        self._undo_stack = undo_stack
        self.auditioned: Path | None = None
        self.sounds: list[Sound] = []
        # A queued connection carries results from the pool's threads to this one.
        self._done.connect(lambda tell: tell(), Qt.ConnectionType.QueuedConnection)

    @abstractmethod
    def _find(self) -> list[Sound]:
        """What stands on the shelf now; not what is still being written."""

    @abstractmethod
    def _trim(self, sound: Sound, begin_s: float, end_s: float) -> None:
        """On the shelf."""

    @abstractmethod
    def _peaks(self, sound: Sound) -> NDArray[np.float32]:
        """Highest absolute sample of each of `PEAKS` equal parts. Slow; any thread."""

    def audition(self, sound: Sound) -> None:
        """Play it, as trimmed, beside the instrument, or stop that."""
        if self.auditioned == sound.path:
            self._client.stop_audition()
            return
        self.auditioned = sound.path
        self._client.audition(sound.path, *sound.part)
        self.state_changed.emit()

    def rename(self, sound: Sound, name: str) -> None:
        """Call it something else."""
        self._try(lambda: self._shelf.rename(sound, name))

    def trim(self, sound: Sound, begin_s: float, end_s: float) -> None:
        """Keep what lies between two times of it; nothing is erased."""
        self._try(lambda: self._trim(sound, begin_s, end_s))

    def delete(self, sound: Sound) -> None:
        """Take it off the shelf; `undo` brings it back."""
        if self.auditioned == sound.path:
            self._client.stop_audition()

        def act() -> None:
            self._undo_stack.add(self, partial(self._bring_back, sound.name, self._shelf.delete(sound)))

        if self._try(act):
            self._say(f"Deleted {sound.name}. Ctrl+Z brings it back.")

    def undo(self) -> None:
        """Bring back what was deleted last."""
        self._try(lambda: self.told.emit(self._undo_stack.take_back(self)))

    def outline(self, sound: Sound) -> None:
        """Ask for `outlined`."""

        def work() -> Callable[[], None]:
            peaks = self._peaks(sound)
            return lambda: self.outlined.emit(sound, peaks)

        self._in_pool(work)

    def _end_audition(self, path: Path) -> None:
        if self.auditioned == path:
            self.auditioned = None

    def _refresh(self) -> None:
        self.sounds = self._find()
        self.changed.emit()

    def _bring_back(self, name: str, bring_back: Callable[[], object]) -> Notice:
        bring_back()
        self._refresh()
        return Notice(Kind.INFO, f"{name} is back.")

    def _in_pool(self, work: Callable[[], Callable[[], None]], *, quiet: bool = False) -> None:
        """Do slow work elsewhere, then what it returns here; a failure is told, unless it should be `quiet`."""

        def run() -> None:
            try:
                self._done.emit(work())
            except LiveRNNError as error:
                message = str(error)
                if not quiet:
                    self._done.emit(lambda: self.told.emit(Notice(Kind.ERROR, message)))

        QThreadPool.globalInstance().start(run)

    def _try(self, action: Callable[[], object]) -> bool:
        """Whether a change was made; why not is told."""
        try:
            action()
        except LiveRNNError as error:
            self.told.emit(Notice(Kind.ERROR, str(error)))
            return False
        finally:
            self._refresh()
        return True

    def _say(self, text: str) -> None:
        self.told.emit(Notice(Kind.INFO, text))
