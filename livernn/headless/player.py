"""What controllers do, without a window."""

from collections.abc import Callable

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam
from livernn.control.map_shelf import MapShelf
from livernn.control.preset import Preset, find_presets
from livernn.control.primes import DUCK_DB, PrimeShelf, primes_folder
from livernn.control.takes import takes_folder
from livernn.engine.client import Attempt, EngineClient, Failed, Loaded, TakeBegun, TakeEnded
from livernn.errors import LiveRNNError
from livernn.inputs.desk import Desk


class Player:
    """What controllers do, without a window. One thread."""

    def __init__(
        self, client: EngineClient, preset: Preset, wake: Callable[[], None], on_status: Callable[[str], None]
    ) -> None:
        self.client = client
        self._preset = preset
        self._on_status = on_status
        self._pending = False
        self._playing = False
        self._recording = False
        self.loaded = False
        """Whether there has been a sound to play."""
        self._shelf = MapShelf()
        self.desk = Desk(self._shelf.map, self._value_of, wake)

    def start(self) -> None:
        """Play, with the preset's controllers."""
        try:
            self._shelf.open()
        except LiveRNNError as error:
            self._on_status(str(error))
        self._load(self._preset)
        self._act(Action.PLAY)

    @property
    def hangs(self) -> bool:
        """Whether the engine is there and does not answer."""
        return self.client.hangs

    def resume(self) -> None:
        """Play if that is what is wanted, on an output that is opened for it."""
        if self._playing:
            self.client.play()

    def restart(self) -> None:
        """A new engine with the same preset, patch and output."""
        self.client.restart()
        if self._pending:
            self._load(self._preset)

    def take_load(self, event: Loaded | Failed) -> None:
        """What became of the last one; other failures change nothing."""
        match event:
            case Loaded():
                self._pending, self.loaded = False, True
            case Failed(Attempt.LOAD):
                self._pending = False

    def toggle_recording(self) -> None:
        """Begin a take, the last minute included, or end it."""
        if self._recording:
            self.client.stop_recording()
        else:
            self.client.record(takes_folder(), self._preset.title)

    def hear_of_take(self, event: TakeBegun | TakeEnded | Failed) -> None:
        """What became of it."""
        self._recording = isinstance(event, TakeBegun)
        match event:
            case TakeBegun(path):
                self._on_status(f"recording {path}")
            case TakeEnded(path):
                self._on_status(f"recorded {path}")
            case Failed(_, message):
                self._on_status(message)

    def take(self) -> None:
        """Do what controllers have asked for."""
        for change in self.desk.take():
            self._do(change)

    def _value_of(self, name: str) -> float:
        return self.client.patch.value(name)

    def _do(self, change: Change) -> None:
        match change:
            case SetParam(name, value):
                self.client.set_param(name, value)
            case Act(Action.LISTEN, pressed):
                self._listen(on=pressed)
            case Act(action, pressed=True):
                self._act(action)
            case ChoosePreset(name):
                named = {preset.name: preset for preset in find_presets()}
                if name in named:
                    self._load(named[name])
                else:
                    self._on_status(f"there is no preset {name!r}")

    def _act(self, action: Action) -> None:
        match action:
            case Action.TOGGLE_PLAY:
                self._act(Action.STOP if self._playing else Action.PLAY)
            case Action.PLAY:
                self._playing = True
                self.client.play()
            case Action.STOP:
                self._playing = False
                self.client.stop()
            case Action.PANIC:
                self._playing = False
                self.client.panic()
            case Action.NEW_SEED:
                self.client.reset()
            case Action.RECORD:
                self.toggle_recording()
            case Action.NEXT_PRESET:
                self._step(1)
            case Action.PREVIOUS_PRESET:
                self._step(-1)

    def _listen(self, *, on: bool) -> None:
        if on:
            self.client.listen(PrimeShelf(primes_folder()).free_phrase(), DUCK_DB)
        else:
            self.client.stop_listening()

    def _step(self, step: int) -> None:
        presets = find_presets()
        checkpoints = [preset.checkpoint for preset in presets]
        if presets:
            at = checkpoints.index(self._preset.checkpoint) + step if self._preset.checkpoint in checkpoints else 0
            self._load(presets[at % len(presets)])

    def _load(self, preset: Preset) -> None:
        self._preset = preset
        self._pending = True
        self.client.load(preset.checkpoint, preset.patch)
        try:
            self._shelf.turn_to(preset)
        except LiveRNNError as error:
            self._on_status(str(error))
        self.desk.midi_map = self._shelf.map
