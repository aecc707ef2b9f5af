import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from livernn.control.params import PARAMS
from livernn.ui.knob import FINE, FULL_TURN_PX, Knob
from livernn.ui.value_edit import ValueEdit


@pytest.fixture
def knobs(qtbot: object) -> dict[str, Knob]:
    made = {}
    for name, spec in PARAMS.items():
        knob = Knob(spec)
        qtbot.addWidget(knob)
        knob.resize(140, 190)
        knob.show()
        qtbot.waitExposed(knob)
        made[name] = knob
    return made


def drag(knob: Knob, up_px: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    start = knob.rect().center()
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(knob, left, modifier, start)
    # QTest's mouseMove carries no buttons or modifiers.
    for step in range(1, abs(up_px) + 1):
        move(knob, start - QPoint(0, step if up_px > 0 else -step), modifier)
    QTest.mouseRelease(knob, left, modifier, start - QPoint(0, up_px))


def move(knob: Knob, to: QPoint, modifier: Qt.KeyboardModifier) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    at = QPointF(to)
    left = Qt.MouseButton.LeftButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, knob.mapToGlobal(at), left, left, modifier)
    QApplication.sendEvent(knob, event)


def wheel(knob: Knob, notches: float, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    centre = QPointF(knob.rect().center())
    event = QWheelEvent(
        centre, knob.mapToGlobal(centre), QPoint(), QPoint(0, round(notches * 120)), Qt.MouseButton.NoButton,
        modifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(knob, event)


def number(knob: Knob) -> QPoint:
    return QPoint(knob.width() // 2, knob.height() - 25)


@pytest.mark.parametrize("name", PARAMS)
def test_a_full_turn_spans_the_range(knobs: dict[str, Knob], name: str) -> None:
    knob, spec = knobs[name], PARAMS[name]
    drag(knob, -FULL_TURN_PX)
    assert knob.value == pytest.approx(spec.minimum)
    drag(knob, FULL_TURN_PX)
    assert knob.value == pytest.approx(spec.maximum)
    drag(knob, 3 * FULL_TURN_PX)
    assert knob.value == spec.maximum


def test_drag_follows_the_response_law(knobs: dict[str, Knob]) -> None:
    knob, spec = knobs["temperature"], PARAMS["temperature"]
    before = spec.to_position(knob.value)
    drag(knob, -50)
    assert spec.to_position(knob.value) == pytest.approx(before - 50 / FULL_TURN_PX)


def test_shift_drags_finely(knobs: dict[str, Knob]) -> None:
    knob, spec = knobs["gain_db"], PARAMS["gain_db"]
    before = spec.to_position(knob.value)
    drag(knob, -50, Qt.KeyboardModifier.ShiftModifier)
    assert spec.to_position(knob.value) == pytest.approx(before - FINE * 50 / FULL_TURN_PX)


def test_a_slow_drag_reaches_every_whole_number(knobs: dict[str, Knob]) -> None:
    knob = knobs["top_k"]
    seen = []
    knob.changed.connect(lambda _, value: seen.append(value))
    drag(knob, 100, Qt.KeyboardModifier.ShiftModifier)
    assert seen == [float(value) for value in range(1, len(seen) + 1)]
    assert len(seen) >= 10


def test_wheel_and_arrows(knobs: dict[str, Knob]) -> None:
    knob, spec = knobs["gain_db"], PARAMS["gain_db"]
    wheel(knob, -5)
    assert spec.to_position(knob.value) == pytest.approx(spec.to_position(0.0) - 0.1)
    knob.reset()
    knob.setFocus()
    for key, sign in ((Qt.Key.Key_Up, 1), (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, -1), (Qt.Key.Key_Left, -1)):
        before = knob.value
        QTest.keyClick(knob, key)
        assert (knob.value - before) * sign > 0.0
    QTest.keyClick(knob, Qt.Key.Key_Home)
    assert knob.value == spec.minimum
    QTest.keyClick(knob, Qt.Key.Key_PageUp)
    assert spec.to_position(knob.value) == pytest.approx(0.1)
    QTest.keyClick(knob, Qt.Key.Key_End)
    assert knob.value == spec.maximum


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
def test_no_step_of_a_whole_number_is_lost(knobs: dict[str, Knob], modifier: Qt.KeyboardModifier) -> None:
    knob = knobs["top_k"]
    QTest.keyClick(knob, Qt.Key.Key_Up, modifier)
    first = knob.value
    assert first >= 1.0
    wheel(knob, 1, modifier)
    assert knob.value > first


def test_double_click_on_the_dial_and_delete_reset(knobs: dict[str, Knob]) -> None:
    knob = knobs["temperature"]
    drag(knob, 60)
    QTest.mouseDClick(knob, Qt.MouseButton.LeftButton, pos=knob.rect().center())
    assert knob.value == PARAMS["temperature"].default
    drag(knob, 60)
    QTest.keyClick(knob, Qt.Key.Key_Delete)
    assert knob.value == PARAMS["temperature"].default


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0.75", 0.75), ("0,8", 0.8), ("99", 2.0), ("", 1.0), ("-", 1.0), ("abc1.2", 1.2), ("off", 1.0)],
)
def test_typed_value(knobs: dict[str, Knob], typed: str, value: float) -> None:
    knob = knobs["temperature"]
    QTest.mouseDClick(knob, Qt.MouseButton.LeftButton, pos=number(knob))
    edit = knob.findChild(ValueEdit)
    assert edit.isVisible()
    edit.clear()
    QTest.keyClicks(edit, typed)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert knob.value == pytest.approx(value)
    assert not edit.isVisible()


def test_off_is_typed_and_shown_where_there_is_an_off(knobs: dict[str, Knob]) -> None:
    for name, off in (("top_k", 0.0), ("top_p", 1.0), ("min_p", 0.0)):
        knob = knobs[name]
        knob.set_value(knob.spec.from_position(0.3))
        knob.setFocus()
        QTest.keyClick(knob, Qt.Key.Key_Return)
        edit = knob.findChild(ValueEdit)
        edit.clear()
        QTest.keyClicks(edit, "off")
        QTest.keyClick(edit, Qt.Key.Key_Return)
        assert knob.value == off
        QTest.keyClick(knob, Qt.Key.Key_Return)
        assert edit.text() == "off"
        QTest.keyClick(edit, Qt.Key.Key_Escape)


def test_enter_opens_and_escape_leaves_the_entry_without_a_change(knobs: dict[str, Knob]) -> None:
    knob = knobs["gain_db"]
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Return)
    edit = knob.findChild(ValueEdit)
    assert edit.text() == "0.0"
    QTest.keyClicks(edit, "-12")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert knob.value == 0.0
    assert not edit.isVisible()


def test_only_the_performer_makes_it_say_changed(knobs: dict[str, Knob]) -> None:
    knob = knobs["temperature"]
    seen = []
    knob.changed.connect(lambda name, value: seen.append((name, value)))
    knob.set_value(0.5)
    assert knob.value == 0.5
    assert seen == []
    wheel(knob, 1)
    assert seen == [("temperature", knob.value)]


@pytest.mark.parametrize("name", PARAMS)
def test_screen_readers_and_tooltips_say_what_the_table_says(knobs: dict[str, Knob], name: str) -> None:
    spec = PARAMS[name]
    assert knobs[name].accessibleName() == spec.label
    assert spec.help in knobs[name].toolTip()


def test_a_switch_flips_at_every_click_and_at_enter(knobs: dict[str, Knob]) -> None:
    switch, told = knobs["guard"], []
    switch.changed.connect(lambda name, value: told.append(value))
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    QTest.keyClick(switch, Qt.Key.Key_Return)
    assert told == [0.0, 1.0, 0.0]
    drag(switch, FULL_TURN_PX)
    assert told[-1] == 1.0
