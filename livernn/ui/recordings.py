"""Takes as the window sees them: the one under way, those on the shelf, and the one being listened to. No widgets."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.control.takes import Take, TakeShelf, export, peaks, takes_folder
from livernn.engine.client import AuditionEnded, EngineClient, Event, TakeBegun, TakeEnded
from livernn.ui.shelf_keeper import PEAKS, ShelfKeeper
from livernn.ui.undo import UndoStack


class Recordings(ShelfKeeper[Take]):
    """`state_changed` tells of `recording` as well."""

    _shelf: TakeShelf

    def __init__(self, client: EngineClient, undo_stack: UndoStack) -> None:
        super().__init__(client, TakeShelf(takes_folder()), undo_stack)
        self._recording: Path | None = None
        self.sounds = self._find()

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
                before = f" The {preroll_s:.0f} s before are in it." if preroll_s else ""
                self._say(f"Recording.{before}")
            case TakeEnded(path, seconds, lost_samples):
                self._recording = None
                self._refresh()
                flaw = f", but {lost_samples} samples of it are lost" if lost_samples else ""
                self._say(f"Take kept: {Path(path).stem}, {seconds:.1f} s{flaw}")
            case AuditionEnded(path):
                self._end_audition(Path(path))
        self.state_changed.emit()

    def give_up(self) -> None:
        """Recording failed: there is no take under way."""
        self._recording = None
        self._refresh()
        self.state_changed.emit()

    def export(self, take: Take, path: Path, *, normalise: bool) -> None:
        """Write it as a WAV anywhere, beside the window's work."""
        self._say(f"Writing {path.name}")

        def work() -> Callable[[], None]:
            export(take, path, normalise=normalise)
            return lambda: self._say(f"Written: {path}")

        self._in_pool(work)

    def _find(self) -> list[Take]:
        return [take for take in self._shelf.takes() if take.path != self._recording]

    def _trim(self, sound: Take, begin_s: float, end_s: float) -> None:
        begin, end = (round(time_s * sound.card.rate_hz) for time_s in (begin_s, end_s))
        self._shelf.trim(sound, begin, end)

    def _peaks(self, sound: Take) -> NDArray[np.float32]:
        return peaks(sound, PEAKS)
