"""What a right click, or the menu key, offers on a knob or a button: which controller moves it, and how."""

from dataclasses import replace
from functools import partial

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from livernn.control.midimap import Binding, Target, TargetKind
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Takeover
from livernn.ui.controllers import Controllers
from livernn.ui.knob import Knob


class TargetMenu(QMenu):
    """Made for one opening; acts on the controllers, and on the knob where `widget` is one."""

    def __init__(self, controllers: Controllers, target: Target, widget: QWidget) -> None:
        super().__init__(widget)
        self._controllers = controllers
        self._target = target
        self.setAccessibleName(target.label)
        bound = controllers.map.of(target)
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
            self._add_response(bound)

    def _add_response(self, bound: tuple[Binding, ...]) -> None:
        spec = PARAMS[self._target.name]
        value = self._controllers.session.patch.value(spec.name)
        shown = spec.format(value)
        range_menu = self.addMenu("Range")
        range_menu.addAction(f"From {shown}", partial(self._edit, low=value))
        range_menu.addAction(f"To {shown}", partial(self._edit, high=value))
        range_menu.addAction("Whole range", partial(self._edit, low=None, high=None))
        takeover_menu, curve_menu = self.addMenu("Takeover"), self.addMenu("Curve")
        takeovers, curves = QActionGroup(self), QActionGroup(self)
        for menu, group, key, choices in (
            (takeover_menu, takeovers, "takeover", list(Takeover)),
            (curve_menu, curves, "curve", list(Curve)),
        ):
            for choice in choices:
                action = menu.addAction(choice.label, partial(self._edit, **{key: choice}))
                action.setCheckable(True)
                group.addAction(action)
                action.setChecked(bool(bound) and getattr(bound[0], key) is choice)
        for menu in (range_menu, takeover_menu, curve_menu):
            menu.setEnabled(bool(bound))

    def _forget(self) -> None:
        self._controllers.keep(self._controllers.map.forgotten(self._target))

    def _edit(self, **values: object) -> None:
        midi_map = self._controllers.map
        for binding in midi_map.of(self._target):
            midi_map = midi_map.replaced(binding, replace(binding, **values))  # type: ignore[arg-type]
        self._controllers.keep(midi_map)


def _place(binding: Binding) -> str:
    return f"{binding.control.label} of {binding.control.port or 'any input'}"
