"""The presets to choose from, as they are listed: the performer's favourites first."""

from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

from livernn.control.own_presets import save_as
from livernn.control.patch import Patch
from livernn.control.preset import About, Preset, find_presets, load_preset
from livernn.errors import LiveRNNError
from livernn.model.card import card_page
from livernn.model.checkpoint import read_provenance
from livernn.ui.settings import Settings

DEFAULT_PRESET = "piano"


class Library(QObject):
    """The presets on disk and the bare checkpoints of this session. Qt's main thread."""

    _saved = Signal(object, object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._bare: list[Preset] = []
        self.refresh()
        # A queued connection carries the result from the pool's thread to this one.
        self._saved.connect(lambda done, result: done(result), Qt.ConnectionType.QueuedConnection)

    def refresh(self) -> None:
        """List what is on disk now."""
        found = find_presets()
        self._names = {preset.checkpoint: preset.name for preset in found}
        self._bare = [one for one in self._bare if one.checkpoint not in self._names and one.checkpoint.is_file()]
        # Sorting keeps the order of those that are alike.
        self.presets = sorted([*found, *self._bare], key=lambda preset: not self.is_favourite(preset))

    def add(self, preset: Preset) -> None:
        """List a preset that was opened from elsewhere."""
        if preset.checkpoint not in {known.checkpoint for known in self.presets}:
            self._bare.append(preset)
            self.presets.append(preset)

    def identify(self, preset: Preset) -> str:
        """What it is remembered by: its name if it is found by that, else the path of its checkpoint."""
        return self._names.get(preset.checkpoint, str(preset.checkpoint))

    def is_favourite(self, preset: Preset) -> bool:
        """Whether the performer marked it."""
        return self.identify(preset) in self._settings.favourites

    @property
    def favourites(self) -> list[Preset]:
        """In the order of the list."""
        return [preset for preset in self.presets if self.is_favourite(preset)]

    def mark(self, preset: Preset, *, favourite: bool) -> None:
        """Make it a favourite, or no longer one."""
        others = [name for name in self._settings.favourites if name != self.identify(preset)]
        self._settings.favourites = [*others, self.identify(preset)] if favourite else others
        self.refresh()

    def step(self, shown: Preset | None, step: int) -> Preset | None:
        """The next (1) or previous (-1) one, round and round; the first where `shown` is not listed."""
        self.refresh()
        checkpoints = [preset.checkpoint for preset in self.presets]
        if not checkpoints:
            return None
        at = checkpoints.index(shown.checkpoint) + step if shown and shown.checkpoint in checkpoints else 0
        return self.presets[at % len(checkpoints)]

    def remembered(self) -> Preset | None:
        """The last preset used, else the bundled one, else any."""
        by_name = {preset.name: preset for preset in self.presets}
        name = self._settings.preset or DEFAULT_PRESET
        if name in by_name:
            return by_name[name]
        try:
            return load_preset(name)
        except LiveRNNError:
            return by_name.get(DEFAULT_PRESET) or next(iter(self.presets), None)

    def save_as(
        self, title: str, about: About, patch: Patch, source: Preset, done: Callable[[Preset | LiveRNNError], None]
    ) -> None:
        """Save beside the window's work; `done` is called with the new preset, or with why there is none."""

        def save() -> None:
            try:
                self._saved.emit(done, save_as(title, about, patch, source, _card_of(title, source)))
            except LiveRNNError as error:
                self._saved.emit(done, error)

        QThreadPool.globalInstance().start(save)


def _card_of(title: str, preset: Preset) -> str | None:
    with suppress(LiveRNNError):
        return card_page(title, read_provenance(preset.checkpoint))
    return None
