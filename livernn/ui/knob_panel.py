"""A knob for each row of the parameter table, in its groups."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from livernn.control.params import Group, ParamSpec
from livernn.control.patch import Patch
from livernn.ui.knob import Knob

MOST_IN_A_ROW = 7
"""Beyond that the knobs stand in two rows."""


class KnobPanel(QWidget):
    """Emits what the performer turned; shows the patch that it is told."""

    move_begun = Signal(str)
    value_changed = Signal(str, float)

    def __init__(self, specs: Iterable[ParamSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.knobs = {spec.name: Knob(spec) for spec in specs}
        self.rows = 1 if len(self.knobs) <= MOST_IN_A_ROW else 2
        groups: dict[Group, list[Knob]] = {}
        for knob in self.knobs.values():
            groups.setdefault(knob.spec.group, []).append(knob)
            knob.begun.connect(self.move_begun)
            knob.changed.connect(self.value_changed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for group, knobs in groups.items():
            layout.addWidget(_framed(group, knobs, self.rows), -(-len(knobs) // self.rows))

    def show_patch(self, patch: Patch) -> None:
        """Turn the knobs to a patch."""
        for name, knob in self.knobs.items():
            knob.set_value(patch.value(name))


def _framed(group: Group, knobs: list[Knob], rows: int) -> QFrame:
    frame = QFrame()
    frame.setObjectName("group")
    caption = QLabel(group.value)
    caption.setObjectName("caption")
    grid = QGridLayout()
    grid.setSpacing(0)
    columns = -(-len(knobs) // rows)
    for at, knob in enumerate(knobs):
        grid.addWidget(knob, at // columns, at % columns)
    for row in range(rows):
        grid.setRowStretch(row, 1)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(10, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(caption)
    layout.addLayout(grid, 1)
    return frame
