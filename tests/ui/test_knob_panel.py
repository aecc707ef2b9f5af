from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QLabel

from livernn.control.params import PARAMS, Group, ParamSpec
from livernn.ui.knob_panel import MOST_IN_A_ROW, KnobPanel
from livernn.ui.main_window import SMALLEST

# Of the platform without a screen, about every window of fixed size.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def table(count: int) -> list[ParamSpec]:
    """Rows as a later version may have them, in two groups by turns."""
    groups = list(Group)
    rows = list(PARAMS.values())
    return [
        replace(rows[at % len(rows)], name=f"param_{at}", label=f"Param {at}", group=groups[at % len(groups)])
        for at in range(count)
    ]


@pytest.fixture
def make(qtbot: object):
    def made(specs: list[ParamSpec]) -> KnobPanel:
        panel = KnobPanel(specs)
        qtbot.addWidget(panel)
        # What is left of the smallest window beside the buttons.
        panel.resize(SMALLEST[0] - 400, 256)
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    return made


@pytest.mark.parametrize("count", [1, 5, MOST_IN_A_ROW, MOST_IN_A_ROW + 1, 13])
def test_every_row_of_the_table_has_its_knob_under_its_heading(make, count: int) -> None:
    specs = table(count)
    panel = make(specs)
    assert panel.rows == (1 if count <= MOST_IN_A_ROW else 2)
    assert panel.width() == SMALLEST[0] - 400
    for spec in specs:
        knob = panel.knobs[spec.name]
        frame = knob.parentWidget()
        assert isinstance(frame, QFrame)
        assert frame.findChild(QLabel).text() == spec.group.value
        others = [other for other in frame.findChildren(type(knob)) if other is not knob]
        assert frame.rect().contains(knob.geometry())
        assert not any(knob.geometry().intersects(other.geometry()) for other in others)


def test_tab_goes_through_the_knobs_group_by_group(make) -> None:
    specs = table(9)
    panel = make(specs)
    wanted = [spec.name for group in Group for spec in specs if spec.group is group]
    panel.knobs[wanted[0]].setFocus()
    reached = []
    for _ in wanted:
        reached.append(panel.focusWidget().spec.name)
        QTest.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
    assert reached == wanted
