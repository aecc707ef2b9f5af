"""Takes as the window sees them: the one under way, those on the shelf, and the one being listened to. No widgets."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal

from livernn.control.takes import Shelf, Take, export, peaks, takes_folder
from livernn.engine.client import AuditionEnded, EngineClient, Event, TakeBegun, TakeEnded
from livernn.ui.shelf_keeper import PEAKS, ShelfKeeper
from livernn.ui.undo import UndoStack


class Recordings(ShelfKeeper):
    """Keeps `takes`."""

    state_changed = Signal()
    """`recording` or `auditioned`."""

    def __init__(self, client: EngineClient, undo_stack: UndoStack) -> None:
        super().__init__(undo_stack)
        self._client = client
        self._shelf = Shelf(takes_folder())
        self._recording: Path | None = None
        self.auditioned: Path | None = None
        self.takes: list[Take] = self._shelf.takes()

    @property
    def recording(self) -> bool:
        """Whether a take is under way."""
        return self._recording is not None

    def toggle(self, preset: str) -> None:
        """Begin a take, called after a preset, the last minute included; or close the one under way."""
        if self.recording:
            self._client.stop_recording()
        else:
            self._client.record(self._shelf.folder, preset)

    def take_event(self, event: Event) -> None:
        """What the client says of takes."""
        match event:
            case TakeBegun(path, preroll_s):
                self._recording = Path(path)
                self._say(f"Recording. The {preroll_s:.0f} s before are in it.")
            case TakeEnded(path, seconds, lost_samples):
                self._recording = None
                self._refresh()
                flaw = f", but {lost_samples} samples of it are lost" if lost_samples else ""
                self._say(f"Take kept: {Path(path).stem}, {seconds:.1f} s{flaw}")
            case AuditionEnded(path):
                if self.auditioned == Path(path):
                    self.auditioned = None
        self.state_changed.emit()

    def give_up(self) -> None:
        """Recording failed: there is no take under way."""
        self._recording = None
        self._refresh()
        self.state_changed.emit()

    def audition(self, take: Take) -> None:
        """Play what is kept of a take beside the instrument, or stop that."""
        if self.auditioned == take.path:
            self._client.stop_audition()
            return
        begin, end = take.kept
        self.auditioned = take.path
        self._client.audition(take.path, begin / take.card.rate_hz, end / take.card.rate_hz)
        self.state_changed.emit()

    def rename(self, take: Take, name: str) -> None:
        """Call it something else."""
        self._try(lambda: self._shelf.rename(take, name))

    def trim(self, take: Take, begin_s: float, end_s: float) -> None:
        """Keep what lies between two times of the whole take."""
        begin, end = (round(time_s * take.card.rate_hz) for time_s in (begin_s, end_s))
        self._try(lambda: self._shelf.trim(take, begin, end))

    def delete(self, take: Take) -> None:
        """Take it off the list; `undo` brings it back."""
        if self.auditioned == take.path:
            self._client.stop_audition()
        self._put_aside(take.name, lambda: self._shelf.delete(take))

    def export(self, take: Take, path: Path, *, normalise: bool) -> None:
        """Write it as a WAV anywhere, beside the window's work."""
        self._say(f"Writing {path.name}")

        def work() -> Callable[[], None]:
            export(take, path, normalise=normalise)
            return lambda: self._say(f"Written: {path}")

        self._in_pool(work)

    def outline(self, take: Take) -> None:
        """Ask for `outlined`."""

        def work() -> Callable[[], None]:
            shape: NDArray[np.float32] = peaks(take, PEAKS)
            return lambda: self.outlined.emit(take, shape)

        self._in_pool(work)

    def _refresh(self) -> None:
        self.takes = [take for take in self._shelf.takes() if take.path != self._recording]
        self.changed.emit()
