"""What the window is a view of: the engine's client, the preset and the patch. No widgets."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from livernn.control.own_presets import is_own
from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.control.preset import About, Preset, load_preset, save_patch
from livernn.engine.client import (
    Attempt,
    AudioOpened,
    AuditionEnded,
    DeviceLost,
    EngineClient,
    EngineDied,
    EngineState,
    Event,
    Failed,
    Garbled,
    Loaded,
    NoDevice,
    StateChanged,
    TakeBegun,
    TakeEnded,
    Tuning,
    WasReset,
)
from livernn.errors import LiveRNNError
from livernn.ui.engine_watch import EngineWatch
from livernn.ui.notice import WELCOME, Kind, Notice, Remedy
from livernn.ui.outputs import Outputs
from livernn.ui.preset_library import Library
from livernn.ui.priming import Priming
from livernn.ui.processors import Processors
from livernn.ui.recordings import Recordings
from livernn.ui.settings import Settings
from livernn.ui.sources import Source, classify
from livernn.ui.undo import UndoStack

_log = logging.getLogger(__name__)


class Session(QObject):
    """One performance. Every method is for Qt's main thread and returns at once."""

    presets_changed = Signal()
    """`library`, `preset`, `pending` or `dirty`."""
    patch_changed = Signal()
    state_changed = Signal()
    """`playing` or `state`."""
    audio_changed = Signal()
    """`outputs` or `model_rate_hz`."""
    notice_changed = Signal(object)

    _arrived = Signal(object)

    def __init__(self, new_client: Callable[[Callable[[Event], None]], EngineClient], settings: Settings) -> None:
        super().__init__()
        # A queued connection carries events from the client's reader thread to this one.
        self._arrived.connect(self._handle, Qt.ConnectionType.QueuedConnection)
        self.client = new_client(self._arrived.emit)
        self.settings = settings
        self.outputs = Outputs(self.client, settings)
        self.outputs.changed.connect(self.audio_changed)
        self.outputs.asked.connect(self._resume)
        self.undo_stack = UndoStack()
        self.recordings = Recordings(self.client, self.undo_stack)
        self.recordings.told.connect(self.tell)
        self.priming = Priming(self.client, settings, self.undo_stack)
        self.processors = Processors(self.client, settings)
        for part in (self.outputs, self.priming, self.processors):
            part.told.connect(self._show)
        self.preset_library = Library(settings)
        self.preset: Preset | None = None
        self.pending: Preset | None = None
        self._going_back = False
        """Whether `pending` is what was left before."""
        self._sounding: Path | None = None
        self.patch = Patch()
        self.state = EngineState.STOPPED
        self.model_rate_hz = 0
        self.notice = WELCOME
        self._play_wanted = False
        self._cut_off = False
        self._watch = EngineWatch(self.client)
        self._watch.lost.connect(self._tell_lost)
        self._watch.found.connect(self._tell_found)

    @property
    def playing(self) -> bool:
        """Whether there is sound, or will be as soon as there can be."""
        return self._play_wanted and not self._watch.is_lost

    @property
    def dirty(self) -> bool:
        """Whether the patch is no longer the preset's."""
        return self.preset is not None and self.patch != self.preset.patch

    def start(self, preset: Preset | None, device: str | None, runs_on: str | None = None) -> None:
        """Start the engine with a preset, an output and a processor, each the last one used where it is None."""
        self.client.start()
        self.processors.start(runs_on)
        self.outputs.start(device)
        self.priming.start()
        self._watch.start()
        first = preset or self.preset_library.remembered()
        if first is None:
            self._show(Notice(Kind.ERROR, "No preset found: drop a checkpoint (.safetensors) or a preset folder here."))
        else:
            self.load(first)

    def close(self) -> None:
        """End the engine."""
        self._watch.stop()
        self.outputs.close()
        self.client.close()

    def load(self, preset: Preset) -> None:
        """Change to a preset; while playing the sound cross-fades once it is ready."""
        self._going_back = False
        self._load(preset, preset.patch)
        self._show(Notice(Kind.BUSY, f"Loading {preset.title}"))

    def hear(self, preset: Preset) -> None:
        """Change to a checkpoint that has been replaced by a better one, or to the first one; the knobs stay."""
        self._load(replace(preset, patch=self.patch), None)

    def step_preset(self, step: int) -> None:
        """The next (1) or previous (-1) preset of the list, round and round."""
        preset = self.preset_library.step(self.pending or self.preset, step)
        if preset is not None:
            self.load(preset)

    def load_favourite(self, at: int) -> None:
        """The favourite that stands there in the list, from 0, if there is one."""
        favourites = self.preset_library.favourites
        if at < len(favourites):
            self.load(favourites[at])

    def mark_favourite(self, favourite: bool) -> None:
        """Make the preset a favourite, or no longer one."""
        if self.preset is not None:
            self.preset_library.mark(self.preset, favourite=favourite)
            self.presets_changed.emit()

    @property
    def saves_in_place(self) -> bool:
        """Whether the preset is the performer's own; others are saved under a title."""
        return self.preset is not None and is_own(self.preset)

    def save(self) -> None:
        """Make the patch the one that the preset, the performer's own, starts with."""
        assert self.preset is not None
        try:
            save_patch(self.preset.folder, self.patch)
        except LiveRNNError as error:
            self._show(Notice(Kind.ERROR, str(error)))
        else:
            self._take_saved(self.preset, replace(self.preset, patch=self.patch))

    def save_as(self, title: str, about: About) -> None:
        """Make a preset of the performer's own from model and patch; the sound goes on."""
        assert self.preset is not None
        self.save_sound(title, about, self.preset)

    def save_sound(self, title: str, about: About, source: Preset) -> None:
        """Make a preset of the performer's own from any model: with the knobs as they are if it is what plays."""
        patch = self.patch if self.preset is not None and source.checkpoint == self.preset.checkpoint else source.patch
        self.preset_library.save_as(title, about, patch, source, lambda result: self._take_saved(source, result))

    def open(self, path: Path) -> None:
        """Load or prime from whatever was picked or dropped."""
        try:
            if classify(path) is Source.PRIME:
                self.prime(path)
            else:
                self.load(load_preset(str(path.absolute())))
        except LiveRNNError as error:
            self._show(Notice(Kind.ERROR, str(error)))

    def prime(self, path: Path) -> None:
        """Continue a sound file."""
        self.priming.continue_file(path)

    def set_value(self, name: str, value: float) -> None:
        """Change one parameter, as from a knob."""
        self.patch = self.patch.with_value(name, value)
        self.client.set_param(name, self.patch.value(name))
        self.patch_changed.emit()
        self.presets_changed.emit()

    def begin_move(self, name: str) -> None:
        """The performer is about to turn a knob: `undo` turns it back to where it stands now."""
        self.undo_stack.add(self, partial(self._turn_back, name, self.patch.value(name)))

    def undo(self) -> None:
        """Take back what was done last: a move of a knob, a change of presets or mappings, a deletion."""
        try:
            self.tell(self.undo_stack.take_back())
        except LiveRNNError as error:
            self.tell(Notice(Kind.ERROR, str(error)))

    def toggle_play(self) -> None:
        """Play or stop; with an engine that died or hangs, restart it and play."""
        self._cut_off = False
        if self._watch.is_lost:
            self.restart()
            self._play_wanted = True
            self.client.play()
        elif self._play_wanted:
            self._play_wanted = False
            self.client.stop()
        else:
            self._play_wanted = True
            self.client.play()
        self.state_changed.emit()

    def panic(self) -> None:
        """Silence, and back to the initial state."""
        self._play_wanted = False
        self.client.panic()
        if self._watch.is_lost:
            self.restart()  # one that hangs obeys nothing, and may sound
        self.state_changed.emit()

    def reset(self) -> None:
        """Start the sound over with a new random seed."""
        self.client.reset(None)

    def toggle_recording(self) -> None:
        """Begin a take, the last minute included, or end it."""
        self.recordings.toggle(self.preset.title if self.preset is not None else "")

    def restart(self) -> None:
        """A new engine with the same preset, patch, output and, if it was playing, sound."""
        again = self.pending or self.preset
        # After a save the preset's checkpoint may be a copy of the one that the engine had.
        unknown_to_client = self.pending is not None or (again is not None and again.checkpoint != self._sounding)
        self.pending = again
        self._watch.begin_anew()
        self._forget_engine()
        self.client.restart()
        self.state_changed.emit()
        self.outputs.list_devices()
        self.priming.list_microphones()
        if again is None:
            self._show(WELCOME)
            return
        if unknown_to_client:
            self.client.load(again.checkpoint, again.patch if again is not self.preset else self.patch)
        self._show(Notice(Kind.BUSY, f"Loading {again.title}"))

    def _load(self, preset: Preset, patch: Patch | None) -> None:
        self.preset_library.add(preset)
        self.pending = preset
        self.client.load(preset.checkpoint, patch)
        self.presets_changed.emit()

    def _turn_back(self, name: str, value: float) -> Notice | None:
        if self.patch.value(name) == value and self.pending is None:
            return None
        self.set_value(name, value)
        return Notice(Kind.INFO, f"{PARAMS[name].label} is back at {PARAMS[name].format(value)}")

    def _go_back(self, preset: Preset, patch: Patch) -> Notice:
        self._going_back = True
        self._load(preset, patch)
        return Notice(Kind.BUSY, f"Going back to {preset.title}")

    def _resume(self) -> None:
        """An output is asked for: play on if the loss of one cut the sound."""
        if self.notice.kind is Kind.ERROR and self.notice.remedy is None:
            self._show(WELCOME)
        if self._cut_off:
            self._cut_off = False
            self.toggle_play()

    def tell(self, notice: Notice) -> None:
        """Show what something beside the sound has to say; a remedy that is being offered stays, and this beside it."""
        self._show(self.notice.with_beside(notice))

    def _show(self, notice: Notice) -> None:
        self.notice = notice
        self.notice_changed.emit(notice)

    def _handle(self, event: Event) -> None:
        for part in (self.priming, self.outputs, self.processors):
            part.take_event(event)
        match event:
            case StateChanged(state):
                self.state = state
                self.state_changed.emit()
            case Tuning(stage, fraction):
                self._show(Notice(Kind.BUSY, stage[:1].upper() + stage[1:], fraction=fraction))
            case Loaded():
                self._take_loaded(event)
            case WasReset(seed):
                self._show(Notice(Kind.INFO, f"Started over with seed {seed}"))
            case AudioOpened() if self.notice.offers_devices:
                self._show(WELCOME)
            case TakeBegun() | TakeEnded() | AuditionEnded():
                self.recordings.take_event(event)
            case _:
                self._handle_trouble(event)

    def _handle_trouble(self, event: Event) -> None:
        match event:
            case NoDevice() | DeviceLost():
                self._cut_off = self._cut_off or self._play_wanted
                self._play_wanted = False
                self.state_changed.emit()
            case Failed(Attempt.MICROPHONES, message):
                self.priming.fail_to_list(message)
            case Failed(attempt, message) if not self.outputs.hides(event):
                self._give_up(attempt)
                self._show(Notice(Kind.ERROR, message))
            case EngineDied(_, message):
                self._forget_engine()
                self._watch.lose(f"The sound engine stopped{message and f' ({message})'}.")
            case Garbled(line, why):
                _log.warning("the engine said something odd: %s (%s)", line, why)

    def _tell_lost(self, what: str) -> None:
        self.state_changed.emit()
        self._show(Notice(Kind.ERROR, f"{what} Preset and knobs are kept.", Remedy.RESTART_ENGINE))

    def _tell_found(self) -> None:
        self.state_changed.emit()
        if self.notice.remedy is Remedy.RESTART_ENGINE:
            self._show(self.outputs.trouble or WELCOME)

    def _forget_engine(self) -> None:
        """Nothing is open or plays until there is another."""
        self.state = EngineState.STOPPED
        self.outputs.lose_engine()
        self.priming.lose_engine()
        self.processors.undo()

    def _give_up(self, attempt: Attempt) -> None:
        """Take back what the engine could not do."""
        if attempt is Attempt.LOAD:
            self.pending = None
            self.presets_changed.emit()
        if attempt is Attempt.PLAY or (attempt is Attempt.LOAD and self.preset is None):
            self._play_wanted = False
            self.state_changed.emit()
        if attempt is Attempt.RECORD:
            self.recordings.give_up()
        if attempt is Attempt.VOICES:
            self.patch = self.patch.with_value("voices", self.client.patch.voices)
            self.patch_changed.emit()
            self.presets_changed.emit()
        if attempt is Attempt.AUDIO:
            self.outputs.undo()

    def _take_loaded(self, event: Loaded) -> None:
        preset = self.pending
        if preset is None or Path(event.checkpoint) != preset.checkpoint:
            return
        patch = replace(self.patch, **event.patch) if event.patch is not None else self.patch
        differs = event.patch is not None and (preset, patch) != (self.preset, self.patch)
        if self.preset is not None and differs and not self._going_back:
            self.undo_stack.add(self, partial(self._go_back, self.preset, self.patch))
        self.pending = None
        self.preset, self.patch = preset, patch
        self.model_rate_hz = event.sample_rate_hz
        self._sounding = preset.checkpoint
        self.settings.preset = self.preset_library.identify(preset)
        ready = Notice(Kind.INFO, f"{preset.title} is on") if self.playing else WELCOME
        self._show(self.outputs.trouble or ready)
        self.patch_changed.emit()
        self.presets_changed.emit()
        self.audio_changed.emit()

    def _take_saved(self, source: Preset, result: Preset | LiveRNNError) -> None:
        if isinstance(result, LiveRNNError):
            self._show(Notice(Kind.ERROR, str(result)))
            return
        self.preset_library.refresh()
        if self.preset is source:  # and not another that was loaded meanwhile
            self.preset = result
            self.settings.preset = self.preset_library.identify(result)
        self._show(Notice(Kind.INFO, f"Saved {result.title}"))
        self.presets_changed.emit()
