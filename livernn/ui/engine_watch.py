"""Whether the engine is there and answers."""

from PySide6.QtCore import QObject, QTimer, Signal

from livernn.engine.client import EngineClient

WATCH_MS = 1000
"""Between two looks."""


class EngineWatch(QObject):
    """Qt's main thread."""

    lost = Signal(str)
    """What happened."""
    found = Signal()
    """It was only held up."""

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self._client = client
        self.is_lost = False
        """It died, or hangs."""
        self._timer = QTimer(self, interval=WATCH_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """From now on."""
        self._timer.start()

    def stop(self) -> None:
        """It is about to be ended."""
        self._timer.stop()

    def lose(self, what: str) -> None:
        """It is known to be gone."""
        self.is_lost = True
        self.lost.emit(what)

    def begin_anew(self) -> None:
        """Another one is about to be started."""
        self.is_lost = False

    def _look(self) -> None:
        answers = self._client.alive
        if not answers and not self.is_lost:
            self.lose("The sound engine no longer answers.")
        elif answers and self.is_lost:
            self.is_lost = False
            self.found.emit()
