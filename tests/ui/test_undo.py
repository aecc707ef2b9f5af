"""Ctrl+Z takes back what was done last, whatever it was."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from livernn.control.actions import Action
from livernn.control.map_shelf import read_map
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.patch import Patch
from livernn.engine.client import Attempt, EngineDied, Failed
from livernn.errors import BadInputError
from livernn.paths import data_dir
from livernn.ui import knob as knobs
from livernn.ui.main_window import MainWindow
from livernn.ui.notice import Kind, Notice
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from livernn.ui.undo import LONGEST, UndoStack
from tests.ui.conftest import MakePreset
from tests.ui.fake_client import FakeEngineClient, say, settle
from tests.ui.fake_midi import KNOBS
from tests.ui.test_knob import drag, number, wheel
from tests.ui.test_takes import names, put_take

# Of the platform without a screen, about every window of fixed size.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

PIANO = Patch(temperature=0.9)


def undo(window: MainWindow) -> str:
    """What the window says of it."""
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    return window.banner.message.text()


def change_to(session: Session, client: FakeEngineClient, name: str) -> None:
    session.load(next(preset for preset in session.preset_library.presets if preset.name == name))
    client.tell_loaded()
    settle()


def noted(stack: UndoStack, text: str, owner: object = None) -> None:
    stack.add(owner, lambda: Notice(Kind.INFO, text))


def test_the_last_of_all_or_of_one_owner_is_taken_back_once() -> None:
    stack = UndoStack()
    for text, owner in (("a", "takes"), ("b", "primes"), ("c", "takes")):
        noted(stack, text, owner)
    assert [stack.take_back(owner).text for owner in ("primes", None, None)] == ["b", "c", "a"]
    assert "nothing" in stack.take_back().text


def test_what_is_refused_can_be_tried_again_and_what_has_gone_is_passed_over() -> None:
    stack = UndoStack()
    noted(stack, "first")

    def refuse() -> None:
        raise BadInputError("take", "another has its name", "Rename that one.")

    stack.add(None, refuse)
    stack.add(None, lambda: None)
    for _ in range(2):
        with pytest.raises(BadInputError):
            stack.take_back()
    assert len(stack._steps) == 2


def test_the_oldest_are_forgotten() -> None:
    stack = UndoStack()
    for at in range(LONGEST + 1):
        noted(stack, str(at))
    assert [stack.take_back().text for _ in range(LONGEST)][-1] == "1"
    assert "nothing" in stack.take_back().text


def test_a_knocked_knob_gets_back_what_was(window: MainWindow, client: FakeEngineClient) -> None:
    knob = window.transport.knobs["temperature"]
    drag(knob, 60)
    assert window.session.patch.temperature > 1.2
    assert undo(window) == "Temperature is back at 0.90"
    assert window.session.patch == PIANO
    assert knob.value == 0.9
    assert client.sent[-1] == ("set_param", "temperature", 0.9)
    assert "nothing" in undo(window)


def test_each_drag_typed_value_and_reset_is_one_move(window: MainWindow) -> None:
    knob = window.transport.knobs["temperature"]
    passed = [knob.value]
    drag(knob, 20)
    passed.append(knob.value)
    drag(knob, 20)
    passed.append(knob.value)
    QTest.mouseDClick(knob, Qt.MouseButton.LeftButton, pos=knob.rect().center())
    passed.append(knob.value)
    QTest.mouseDClick(knob, Qt.MouseButton.LeftButton, pos=number(knob))
    knob._edit.setText("0.5")
    QTest.keyClick(knob._edit, Qt.Key.Key_Return)
    assert knob.value == 0.5
    for value in reversed(passed):
        undo(window)
        assert knob.value == pytest.approx(value)
    assert "nothing" in undo(window)


@pytest.mark.parametrize(("burst_s", "moves"), [(1e9, 1), (-1.0, 3)])
def test_a_burst_of_wheel_or_keys_is_one_move(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, burst_s: float, moves: int
) -> None:
    monkeypatch.setattr(knobs, "BURST_S", burst_s)
    knob = window.transport.knobs["gain_db"]
    wheel(knob, -1)
    wheel(knob, -1)
    QTest.keyClick(knob, Qt.Key.Key_Down)
    for _ in range(moves):
        assert window.session.dirty
        undo(window)
    assert not window.session.dirty


def test_a_turn_that_follows_an_undo_at_once_can_be_undone_as_well(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knobs, "BURST_S", 1e9)
    knob = window.transport.knobs["gain_db"]
    for _ in range(2):
        wheel(knob, -1)
        assert window.session.dirty
        undo(window)
        assert not window.session.dirty


def test_a_switch_is_flipped_back(window: MainWindow) -> None:
    QTest.mouseClick(window.transport.knobs["guard"], Qt.MouseButton.LeftButton)
    assert undo(window) == "Guard is back at on"
    assert window.session.patch.guard == 1.0


def test_a_move_that_ends_where_it_began_is_passed_over(window: MainWindow) -> None:
    drag(window.transport.knobs["temperature"], 30)
    switch = window.transport.knobs["guard"]
    for _ in range(2):
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    undo(window)  # the second click
    window.session.set_value("guard", 1.0)
    assert undo(window) == "Temperature is back at 0.90"


def test_what_controllers_move_is_left_as_it_is(window: MainWindow) -> None:
    drag(window.transport.knobs["temperature"], 30)
    window.session.set_value("gain_db", -20.0)  # as MIDI and OSC do
    undo(window)
    assert window.session.patch == Patch(temperature=0.9, gain_db=-20.0)
    assert "nothing" in undo(window)


def test_a_change_of_presets_is_one_step_and_brings_back_what_was_not_saved(
    window: MainWindow, client: FakeEngineClient
) -> None:
    session = window.session
    piano = session.preset
    drag(window.transport.knobs["gain_db"], -30)
    tweaked = session.patch
    change_to(session, client, "violin")
    assert undo(window) == "Going back to piano"
    assert client.sent[-1] == ("load", piano.checkpoint, tweaked)
    client.tell_loaded()
    settle()
    assert (session.preset, session.patch, session.dirty) == (piano, tweaked, True)
    assert undo(window) == "Gain is back at 0.0 dB"
    assert not session.dirty
    assert "nothing" in undo(window)


def test_two_changes_of_presets_in_a_row_are_two_steps(window: MainWindow, client: FakeEngineClient) -> None:
    for name in ("violin", "cello"):
        change_to(window.session, client, name)
    undo(window)
    undo(window)  # before the violin is there
    client.tell_loaded()
    settle()
    assert window.session.preset.name == "piano"
    assert "nothing" in undo(window)


def test_a_preset_that_could_not_be_loaded_leaves_no_step(window: MainWindow, client: FakeEngineClient) -> None:
    window.session.step_preset(1)
    say(client, Failed(Attempt.LOAD, "violin: it is broken."))
    assert "nothing" in undo(window)


def test_a_new_engine_leaves_no_step(window: MainWindow, client: FakeEngineClient) -> None:
    session = window.session
    session.set_value("gain_db", -20.0)
    say(client, EngineDied(-9, "killed"))
    session.restart()
    client.load(session.preset.checkpoint, session.patch)  # as a real client does by itself
    client.tell_loaded()
    settle()
    assert "nothing" in undo(window)


def test_a_better_checkpoint_of_a_training_is_no_step(window: MainWindow, client: FakeEngineClient) -> None:
    session = window.session
    drag(window.transport.knobs["temperature"], 30)
    session.hear(next(preset for preset in session.preset_library.presets if preset.name == "cello"))
    client.tell_loaded()
    settle()
    assert undo(window) == "Temperature is back at 0.90"
    assert session.preset.name == "cello"


def test_a_forgotten_mapping_comes_back_and_so_does_one_learned_over(window: MainWindow, midi: object) -> None:
    controllers = window.controllers
    one = Binding(Control(ControlKind.CC, 1, 21, KNOBS), Target.param("temperature"))
    other = Binding(Control(ControlKind.NOTE, 1, 36, KNOBS), Target.action(Action.PANIC))
    controllers.keep(MidiMap((one, other)))
    window.control.mappings.list.setCurrentRow(0)
    window.control.mappings.forget.click()
    controllers.keep(controllers.map.learned(Binding(Control(ControlKind.NOTE, 1, 40, KNOBS), other.target)))
    assert undo(window) == "Mapped as before: Panic"
    assert undo(window) == "Mapped as before: Temperature"
    assert controllers.map.bindings == (one, other)
    assert read_map(data_dir() / "midi.json") == controllers.map
    controllers.keep(MidiMap((one, other), follows_transport=False))
    assert undo(window) == "Mapped as before: the sequencer"


def test_mappings_of_another_preset_are_left_alone(
    make_preset: MakePreset, window: MainWindow, midi: object, client: FakeEngineClient
) -> None:
    controllers = window.controllers
    one = MidiMap((Binding(Control(ControlKind.CC, 1, 21, KNOBS), Target.param("temperature")),))
    controllers.keep(one)
    controllers.keep(MidiMap())
    own = make_preset("own", root=data_dir() / "presets")
    window.session.preset_library.refresh()
    change_to(window.session, client, own.name)
    controllers.make_own(own=True)
    window.session.undo_stack.take_back(window.session)
    assert "nothing" in window.session.undo_stack.take_back(controllers).text
    assert read_map(own / "midi.json") == MidiMap()


def test_one_key_undoes_across_pages_in_order(window: MainWindow) -> None:
    path = put_take("first")
    window.session.recordings._refresh()
    drag(window.transport.knobs["temperature"], 30)
    window.session.recordings.delete(window.session.recordings.sounds[0])
    drag(window.transport.knobs["gain_db"], -30)
    window.takes.undo.click()  # the page's own button brings back takes alone
    assert names(window) == [path.stem]
    assert window.banner.message.text() == "first is back."
    assert undo(window).startswith("Gain")
    assert undo(window).startswith("Temperature")
    assert "nothing" in undo(window)


def test_the_menu_has_it_too(window: MainWindow) -> None:
    drag(window.transport.knobs["temperature"], 30)
    window.header.menu.actions()[0].trigger()
    assert window.session.patch == PIANO


def test_settings_know_the_preset_that_was_gone_back_to(window: MainWindow, client: FakeEngineClient) -> None:
    change_to(window.session, client, "violin")
    undo(window)
    client.tell_loaded()
    settle()
    assert Settings().preset == "piano"
