"""What keeping a shelf of sounds takes: work off the main thread, changes that may be refused, and telling of both."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

from livernn.errors import LiveRNNError
from livernn.ui.notice import Kind, Notice
from livernn.ui.undo import UndoStack

PEAKS = 600
"""Parts that a sound's outline is drawn in."""


class ShelfKeeper(QObject):
    """Every method is for Qt's main thread and returns at once."""

    changed = Signal()
    """What stands on the shelf."""
    outlined = Signal(object, object)
    """A sound and the outline of it that was asked for."""
    told = Signal(object)
    """A notice."""

    _done = Signal(object)

    def __init__(self, undo_stack: UndoStack) -> None:
        super().__init__()
        self._undo_stack = undo_stack
        # A queued connection carries results from the pool's threads to this one.
        self._done.connect(lambda tell: tell(), Qt.ConnectionType.QueuedConnection)

    def undo(self) -> None:
        """Bring back what was deleted last."""
        self._try(lambda: self.told.emit(self._undo_stack.take_back(self)))

    @abstractmethod
    def _refresh(self) -> None:
        """Look at the shelf anew."""

    def _put_aside(self, name: str, delete: Callable[[], Callable[[], object]]) -> None:
        """`delete`, whose result brings it back, and can be undone."""

        def act() -> None:
            self._undo_stack.add(self, partial(self._bring_back, name, delete()))

        if self._try(act):
            self._say(f"Deleted {name}. Ctrl+Z brings it back.")

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
