"""What the performer's controllers do to a session: their inputs, their map, and learning."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam
from livernn.control.learn import Learning
from livernn.control.map_shelf import MapShelf
from livernn.control.midi_message import MidiMessage
from livernn.control.midimap import Binding, MidiMap, Target, TargetKind
from livernn.control.own_presets import is_own
from livernn.control.preset import Preset
from livernn.errors import LiveRNNError
from livernn.inputs.desk import Desk
from livernn.inputs.midi import MidiInput, MidiPorts
from livernn.inputs.osc import OscInput
from livernn.ui.notice import Kind, Notice
from livernn.ui.session import Session
from livernn.ui.settings import OscChoice

_LEARN_CHECK_MS = 100
_TOUCH = "Learn: touch a knob or a button, then move a controller. M ends."


class Ports(Protocol):
    """A `MidiInput`."""

    def start(self, wanted: list[str] | None = None) -> None: ...
    def choose(self, wanted: list[str] | None) -> None: ...
    def close(self) -> None: ...


NewPorts = Callable[[Callable[[str, MidiMessage], None], Callable[[MidiPorts], None]], Ports]


class Controllers(QObject):
    """Every method is for Qt's main thread and returns at once; what inputs say on their threads is done there too."""

    changed = Signal()
    """The map, the ports, OSC, or what is being learned."""
    heard = Signal()
    """A controller sent something."""
    told = Signal(object)
    """A Notice for the performer."""

    _woken = Signal()
    _ports_arrived = Signal(object)

    def __init__(self, session: Session, new_ports: NewPorts = MidiInput) -> None:
        super().__init__()
        # Queued connections carry what the inputs' threads have to say to this one.
        self._woken.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._ports_arrived.connect(self._take_ports, Qt.ConnectionType.QueuedConnection)
        self.session = session
        self.learn_mode = False
        self.target: Target | None = None
        """What is being learned."""
        self.ports = MidiPorts()
        self.wanted = session.settings.midi_inputs
        """The MIDI inputs that are listened to, None for all."""
        self.osc: OscInput | None = None
        self.osc_choice = session.settings.osc
        """What `osc` is opened as."""
        self._shelf = MapShelf()
        self._preset: Preset | None = None
        self._desk = Desk(self._shelf.map, self._value_of, self._woken.emit)
        self._midi = new_ports(self._desk.hear_midi, self._ports_arrived.emit)
        self._learn_timer = QTimer(self)
        self._learn_timer.setInterval(_LEARN_CHECK_MS)
        self._learn_timer.timeout.connect(self._finish_learning)
        session.presets_changed.connect(self._follow_preset)

    @property
    def map(self) -> MidiMap:
        """What holds now."""
        return self._shelf.map

    @property
    def own_map(self) -> bool:
        """Whether the map is the preset's own."""
        return self._shelf.own

    def start(self, midi: list[str] | None = None, osc: tuple[str, int] | None = None) -> None:
        """Open the inputs: these, or those that the performer chose."""
        self._try(self._shelf.open)
        self._use_map()
        self.wanted = midi if midi is not None else self.wanted
        self._midi.start(self.wanted)
        if osc is not None:
            host, port = osc
            self.osc_choice = OscChoice(on=True, port=port, host=host)
        self._open_osc()

    def close(self) -> None:
        """End the inputs."""
        self._midi.close()
        self._close_osc()

    def choose_inputs(self, wanted: list[str] | None) -> None:
        """Listen to the MIDI inputs of these names, None for all; remembered."""
        self.wanted = wanted
        self.session.settings.midi_inputs = wanted
        self._midi.choose(wanted)
        self.changed.emit()

    def choose_osc(self, choice: OscChoice) -> None:
        """Listen to OSC or not; remembered."""
        self.session.settings.osc = self.osc_choice = choice
        self._close_osc()
        self._open_osc()

    def learn(self, target: Target) -> None:
        """Bind the next control that moves to `target`."""
        self.target = target
        self._desk.learning = Learning(for_parameter=target.kind is TargetKind.PARAM)
        self._learn_timer.start()
        self._tell(f"Learn: move a controller for {target.label}.")
        self.changed.emit()

    def stop_learning(self) -> None:
        """Bind nothing."""
        self.learn_mode = False
        self._end_learning()
        self._tell("Controllers play again.")
        self.changed.emit()

    def toggle_learn_mode(self) -> None:
        """Have whatever the performer touches learned, until this is called again."""
        if self.learn_mode or self.target is not None:
            self.stop_learning()
        else:
            self.learn_mode = True
            self._tell(_TOUCH)
            self.changed.emit()

    def keep(self, midi_map: MidiMap) -> None:
        """Change the map, and where it is kept; can be undone."""
        self.session.undo_stack.add(self, partial(self._put_back, self.map, self._shelf.path))
        self._put(midi_map)

    def make_own(self, own: bool) -> None:
        """Give the preset a map of its own, or take it away; only the performer's own presets can have one."""
        preset = self.session.preset
        if own and (preset is None or not is_own(preset)):
            title = preset.title if preset is not None else "No preset"
            why = f"{title}: it is not a preset of your own. Save it under a name first (Ctrl+Shift+S)."
            self.told.emit(Notice(Kind.ERROR, why))
        else:
            self._try(lambda: self._shelf.make_own(own))
        self._use_map()

    def _put(self, midi_map: MidiMap) -> None:
        self._try(lambda: self._shelf.keep(midi_map))
        self._use_map()

    def _put_back(self, midi_map: MidiMap, kept_in: Path) -> Notice | None:
        if kept_in != self._shelf.path:  # another preset's holds
            return None
        changed = set(midi_map.bindings) ^ set(self.map.bindings)
        self._put(midi_map)
        targets = ", ".join(sorted({binding.target.label for binding in changed}))
        return Notice(Kind.INFO, f"Mapped as before: {targets or 'the sequencer'}")

    def _use_map(self) -> None:
        self._desk.midi_map = self._shelf.map
        self.changed.emit()

    def _follow_preset(self) -> None:
        preset = self.session.preset
        if preset is not None and (self._preset is None or preset.folder != self._preset.folder):
            self._preset = preset
            self._try(lambda: self._shelf.turn_to(preset))
            self._use_map()

    def _open_osc(self) -> None:
        choice = self.osc_choice
        if choice.on:
            try:
                self.osc = OscInput(self._desk.hear_change, choice.host, choice.port)
            except LiveRNNError as error:
                self.told.emit(Notice(Kind.ERROR, str(error)))
        self.changed.emit()

    def _close_osc(self) -> None:
        if self.osc is not None:
            self.osc.close()
            self.osc = None

    def _value_of(self, name: str) -> float:
        return self.session.patch.value(name)

    def _take_ports(self, ports: MidiPorts) -> None:
        self.ports = ports
        self.changed.emit()

    def _take(self) -> None:
        self.heard.emit()
        for change in self._desk.take():
            self._do(change)
        self._finish_learning()

    def _do(self, change: Change) -> None:
        match change:
            case SetParam(name, value):
                self.session.set_value(name, value)
            case Act(Action.LISTEN, pressed):
                (self.session.priming.hold if pressed else self.session.priming.let_go)()
            case Act(action, pressed=True):
                self._act(action)
            case ChoosePreset(name):
                named = {preset.name: preset for preset in self.session.preset_library.presets}
                if name in named:
                    self.session.load(named[name])
                else:
                    self.told.emit(Notice(Kind.ERROR, f"A controller asked for preset {name!r}, which there is not."))

    def _act(self, action: Action) -> None:
        session = self.session
        match action:
            case Action.TOGGLE_PLAY:
                session.toggle_play()
            case Action.PLAY:
                if not session.playing:
                    session.toggle_play()
            case Action.STOP:
                if session.playing:
                    session.toggle_play()
            case Action.PANIC:
                session.panic()
            case Action.NEW_SEED:
                session.reset()
            case Action.RECORD:
                session.toggle_recording()
            case Action.PREVIOUS_PRESET:
                session.step_preset(-1)
            case Action.NEXT_PRESET:
                session.step_preset(1)

    def _finish_learning(self) -> None:
        target, learning = self.target, self._desk.learning
        found = learning.found(time.monotonic()) if learning is not None else None
        if target is None or found is None:
            return
        control, encoding = found
        self._end_learning()
        self.keep(self.map.learned(Binding(control, target, encoding)))
        self._tell(f"{target.label}: {control.label} of {control.port}." + (f" {_TOUCH}" if self.learn_mode else ""))

    def _end_learning(self) -> None:
        self.target = self._desk.learning = None
        self._learn_timer.stop()

    def _tell(self, text: str) -> None:
        self.told.emit(Notice(Kind.INFO, text))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except LiveRNNError as error:
            self.told.emit(Notice(Kind.ERROR, str(error)))
