"""All mappings, and how each of them works."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget

from livernn.control.actions import Action
from livernn.control.midimap import CHANNELS, Binding, ControlKind, Target, TargetKind, channel_label
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Encoding, Takeover
from livernn.ui.chooser import Chooser
from livernn.ui.controllers import Controllers
from livernn.ui.field import Field
from livernn.ui.inputs_panel import toggle

_ANY_INPUT = "Any input"


class MappingPanel(QWidget):
    """A list; what is below it is of the mapping that is chosen there."""

    def __init__(self, controllers: Controllers) -> None:
        super().__init__()
        self._controllers = controllers
        self._targets: list[Target] = []
        self._shown: tuple[Binding, ...] = ()
        self.target = _chooser("What to learn", "What the next controller that moves shall play")
        self.learn = toggle("Learn", "Bind the next controller that moves to what is chosen here")
        self.learn_mode = toggle("Learn mode", "Touch a knob or a button, then move a controller, again and again (M)")
        self.own = toggle("This preset only", "Give a preset of your own its own mappings")
        self.list = QListWidget()
        self.list.setAccessibleName("Mappings")
        self.list.setToolTip("What is mapped; Delete forgets, Ctrl+Z undoes")
        self.low = Field("Range from", "Value at the control's lower end")
        self.high = Field("Range to", "Value at the control's upper end; below the other: backwards")
        self.curve = _chooser("Curve", "How the way between the ends is divided", [curve.label for curve in Curve])
        self.takeover = _chooser(
            "Takeover",
            "What a control does that does not stand where its knob is",
            [takeover.label for takeover in Takeover],
        )
        self.encoding = _chooser(
            "Encoder",
            "How the control's numbers are meant; endless encoders differ",
            [encoding.label for encoding in Encoding],
        )
        self.channel = _chooser(
            "Channel",
            "The MIDI channel that the control sends on",
            [channel_label(channel).capitalize() for channel in CHANNELS],
        )
        self.port = _chooser("Input", "The MIDI input that the control belongs to")
        self._ports: list[str | None] = []
        self.forget = QPushButton("Forget")
        self.forget.setObjectName("small")
        self.forget.setToolTip("Delete the mapping (Delete)")
        self._of_params = (self.low, self.high, self.curve, self.takeover)
        top, response, control = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (top, (self.target, self.learn, self.learn_mode, self.own)),
            (response, (*self._of_params, self.encoding)),
            (control, (self.channel, self.port, self.forget)),
        ):
            row.setSpacing(6)
            for widget in widgets:
                row.addWidget(widget)
        top.setStretchFactor(self.target, 1)
        control.setStretchFactor(self.port, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        layout.addLayout(response)
        layout.addLayout(control)
        self._connect()
        self._show()

    def set_scale(self, scale: float) -> None:
        """See `theme.scale_for`."""
        for field in (self.low, self.high):
            field.setFixedWidth(round(96 * scale))

    def _connect(self) -> None:
        controllers = self._controllers
        self.learn.clicked.connect(self._learn)
        self.learn_mode.clicked.connect(controllers.toggle_learn_mode)
        self.own.clicked.connect(controllers.make_own)
        self.list.currentRowChanged.connect(self._show_binding)
        self.low.taken.connect(lambda text: self._take_end("low", text))
        self.high.taken.connect(lambda text: self._take_end("high", text))
        self.curve.activated.connect(lambda at: self._edit(curve=list(Curve)[at]))
        self.takeover.activated.connect(lambda at: self._edit(takeover=list(Takeover)[at]))
        self.encoding.activated.connect(lambda at: self._edit(encoding=list(Encoding)[at]))
        self.channel.activated.connect(lambda at: self._edit_control(channel=CHANNELS[at]))
        self.port.activated.connect(lambda at: self._edit_control(port=self._ports[at]))
        self.forget.clicked.connect(self._forget)
        # The first of the standard keys alone: with X11 another one is Ctrl+D, which is the window's.
        forget = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list, self._forget)
        forget.setContext(Qt.ShortcutContext.WidgetShortcut)
        controllers.changed.connect(self._show)
        controllers.session.presets_changed.connect(self._show_targets)

    @property
    def binding(self) -> Binding | None:
        """The one that is chosen."""
        row = self.list.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _show(self) -> None:
        controllers = self._controllers
        if controllers.map.bindings != self._shown:
            row = self.list.currentRow()
            grown = len(controllers.map.bindings) > len(self._shown)
            self._shown = controllers.map.bindings
            self.list.clear()
            self.list.addItems([_describe(binding) for binding in self._shown])
            self.list.setCurrentRow(len(self._shown) - 1 if grown else min(max(row, 0), len(self._shown) - 1))
        self.learn.setChecked(controllers.target is not None)
        self.learn_mode.setChecked(controllers.learn_mode)
        self.own.setChecked(controllers.own_map)
        self._show_targets()
        self._show_binding()

    def _show_targets(self) -> None:
        presets = [Target.preset(preset.name) for preset in self._controllers.session.preset_library.presets]
        targets = [*map(Target.param, PARAMS), *map(Target.action, Action), *presets]
        if targets != self._targets:
            self._targets = targets
            self.target.clear()
            self.target.addItems([target.label for target in targets])

    def _show_binding(self) -> None:
        binding = self.binding
        of_param = binding is not None and binding.target.kind is TargetKind.PARAM
        for widget in self._of_params:
            widget.setEnabled(of_param)
        for either in (self.channel, self.port, self.forget):
            either.setEnabled(binding is not None)
        self.channel.setCurrentIndex(CHANNELS.index(binding.control.channel) if binding is not None else 0)
        self._show_ports(binding.control.port if binding is not None else None)
        self.encoding.setEnabled(binding is not None and of_param and binding.control.kind is ControlKind.CC)
        if binding is None or not of_param:
            self.low.show_text("")
            self.high.show_text("")
            return
        spec = PARAMS[binding.target.name]
        low, high = binding.ends()
        self.low.show_text(spec.format(low))
        self.high.show_text(spec.format(high))
        self.curve.setCurrentIndex(list(Curve).index(binding.curve))
        self.takeover.setCurrentIndex(list(Takeover).index(binding.takeover))
        self.encoding.setCurrentIndex(list(Encoding).index(binding.encoding))

    def _learn(self, wanted: bool) -> None:
        if wanted:
            self._controllers.learn(self._targets[self.target.currentIndex()])
        else:
            self._controllers.stop_learning()

    def _take_end(self, end: str, text: str) -> None:
        binding = self.binding
        if binding is not None:
            try:
                value = PARAMS[binding.target.name].parse(text)
            except ValueError:
                return
            self._edit(**{end: value})

    def _show_ports(self, chosen: str | None) -> None:
        names = self._controllers.ports.names
        self._ports = [None, *names, *([chosen] if chosen not in (None, *names) else [])]
        self.port.clear()
        self.port.addItems([name or _ANY_INPUT for name in self._ports])
        self.port.setCurrentIndex(self._ports.index(chosen))

    def _forget(self) -> None:
        if self.binding is not None:
            self._controllers.keep(self._controllers.map.without(self.binding))

    def _edit(self, **values: object) -> None:
        if self.binding is not None:
            edited = replace(self.binding, **values)  # type: ignore[arg-type]
            self._controllers.keep(self._controllers.map.replaced(self.binding, edited))

    def _edit_control(self, **values: object) -> None:
        if self.binding is not None:
            self._edit(control=replace(self.binding.control, **values))  # type: ignore[arg-type]


def _describe(binding: Binding) -> str:
    port = binding.control.port or _ANY_INPUT.lower()
    text = f"{binding.target.label}   –   {binding.control.label}, {port}"
    return text if binding.encoding is Encoding.ABSOLUTE else f"{text}, encoder"


def _chooser(name: str, tip: str, choices: Sequence[str] = ()) -> Chooser:
    chooser = Chooser()
    chooser.setObjectName("small")
    chooser.setAccessibleName(name)
    chooser.setToolTip(tip)
    chooser.addItems(choices)
    return chooser
