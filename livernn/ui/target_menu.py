"""What a right click, or the menu key, offers on a knob or a button: which controller moves it, and how."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from livernn.control.midimap import CHANNELS, Binding, Target, TargetKind, channel_label
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Takeover
from livernn.ui.controllers import Controllers
from livernn.ui.knob import Knob

_Edit = Callable[[Binding], Binding]


class TargetMenu(QMenu):
    """Made for one opening; acts on the controllers, and on the knob where `widget` is one."""

    def __init__(self, controllers: Controllers, target: Target, widget: QWidget) -> None:
        super().__init__(widget)
        self._controllers = controllers
        self._target = target
        self.setAccessibleName(target.label)
        self._bound = bound = controllers.map.of(target)
        if isinstance(widget, Knob):
            self.addAction("Type a value", widget.start_typing)
            self.addAction("Reset", widget.reset)
            self.addSeparator()
        for binding in bound:
            self.addAction(_place(binding)).setEnabled(False)
        if controllers.target == target:
            self.addAction("Stop learning", controllers.stop_learning)
        else:
            self.addAction("Learn another controller" if bound else "Learn", partial(controllers.learn, target))
        self.addAction("Forget", self._forget).setEnabled(bool(bound))
        if target.kind is TargetKind.PARAM:
            self._add_range()
            self._add_choice("Takeover", {takeover.label: partial(replace, takeover=takeover) for takeover in Takeover})
            self._add_choice("Curve", {curve.label: partial(replace, curve=curve) for curve in Curve})
        channels = {channel_label(channel): partial(_on_channel, channel=channel) for channel in CHANNELS}
        self._add_choice("Channel", {label.capitalize(): edit for label, edit in channels.items()})

    def _add_range(self) -> None:
        spec = PARAMS[self._target.name]
        value = self._controllers.session.patch.value(spec.name)
        shown = spec.format(value)
        menu = self.addMenu("Range")
        menu.setEnabled(bool(self._bound))
        for label, edit in (
            (f"From {shown}", partial(replace, low=value)),
            (f"To {shown}", partial(replace, high=value)),
            ("Whole range", partial(replace, low=None, high=None)),
        ):
            menu.addAction(label, partial(self._edit, edit))

    def _add_choice(self, name: str, edits: Mapping[str, _Edit]) -> None:
        """The one that would change nothing is marked."""
        menu = self.addMenu(name)
        menu.setEnabled(bool(self._bound))
        group = QActionGroup(menu)
        for label, edit in edits.items():
            action = menu.addAction(label, partial(self._edit, edit))
            action.setCheckable(True)
            group.addAction(action)
            action.setChecked(bool(self._bound) and edit(self._bound[0]) == self._bound[0])

    def _forget(self) -> None:
        self._controllers.keep(self._controllers.map.forgotten(self._target))

    def _edit(self, edit: _Edit) -> None:
        midi_map = self._controllers.map
        for binding in midi_map.of(self._target):
            midi_map = midi_map.replaced(binding, edit(binding))
        self._controllers.keep(midi_map)


def _on_channel(binding: Binding, channel: int | None) -> Binding:
    return replace(binding, control=replace(binding.control, channel=channel))


def _place(binding: Binding) -> str:
    return f"{binding.control.label} of {binding.control.port or 'any input'}"
