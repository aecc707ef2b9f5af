"""Controllers in the window, with a MIDI input that a test plays."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from livernn.control.actions import Action
from livernn.control.map_shelf import MAP_FILE, read_map, write_map
from livernn.control.midi_message import Kind, MidiMessage
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.response import Curve, Encoding, Takeover
from livernn.paths import data_dir
from livernn.ui.controllers import Controllers
from livernn.ui.main_window import MainWindow
from livernn.ui.session import Session
from tests.control.midi import cc, note
from tests.ui.fake_client import FakeEngineClient
from tests.ui.fake_midi import KNOBS, FakeMidi
from tests.ui.test_layout import cut_or_overlapping

# Of the platform without a screen, about every menu.
pytestmark = [pytest.mark.qt_log_ignore("This plugin does not support"), pytest.mark.usefixtures("midi")]

GAIN = Target.param("gain_db")
KNOB = Binding(Control(ControlKind.CC, 1, 21, KNOBS), GAIN)


def learn(knobs: FakeMidi, *messages: MidiMessage) -> None:
    """Move a control, and wait until it must have been recognised."""
    knobs.play(*messages)
    QTest.qWait(900)


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window, key, modifier)


def menu_of(window: MainWindow, target: Target) -> QMenu:
    widget = next(one for one, its in window.learnables._targets.items() if its == target)
    window.learnables.open_menu(widget, QPoint(5, 5))
    (menu,) = (one for one in widget.findChildren(QMenu) if one.isVisible() and one.parent() is widget)
    return menu


def choose(menu: QMenu, *words: str) -> None:
    """Pick an entry of a menu, or of its submenus."""
    for word in words[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == word)
    action = next(action for action in menu.actions() if action.text().startswith(words[-1]))
    assert action.isEnabled()
    action.trigger()
    QApplication.processEvents()


def close_menus(window: MainWindow) -> None:
    for menu in window.findChildren(QMenu):
        menu.close()


def test_a_control_moves_the_knob_and_the_engine(window: MainWindow, knobs: FakeMidi, client: FakeEngineClient) -> None:
    window.controllers.keep(MidiMap((KNOB,)))
    knobs.play(*(cc(21, value) for value in range(128)))
    assert window.transport.knobs["gain_db"].value == 12.0
    assert client.asked("set_param") == [("set_param", "gain_db", 12.0)]


def test_learning_by_menu_is_kept_for_the_next_start(window: MainWindow, knobs: FakeMidi) -> None:
    choose(menu_of(window, GAIN), "Learn")
    assert "Gain" in window.banner.message.text()
    learn(knobs, *(cc(21, value) for value in (3, 4, 6, 7)))
    assert window.controllers.map.bindings == (KNOB,)
    assert read_map(data_dir() / MAP_FILE) == MidiMap((KNOB,))
    assert window.transport.knobs["gain_db"].value == 0.0, "learning moves nothing"
    knobs.play(cc(21, 0))
    assert window.transport.knobs["gain_db"].value == -60.0


def test_learn_mode_pairs_what_is_touched_with_what_moves(window: MainWindow, knobs: FakeMidi) -> None:
    press(window, Qt.Key.Key_M)
    assert all(not mark.isHidden() for mark in window.learnables.marks.values())
    QTest.mouseClick(window.transport.knobs["temperature"], Qt.MouseButton.LeftButton)
    assert window.learnables.marks[Target.param("temperature")].text_shown == "Move…"
    learn(knobs, cc(21, 1), cc(21, 1), cc(21, 1), cc(21, 1))
    window.transport.knobs["gain_db"].setFocus()
    learn(knobs, cc(7, 60), cc(39, 5))
    press(window, Qt.Key.Key_M)
    assert not any(mark.isVisible() for mark in window.learnables.marks.values())
    assert [(b.target.name, b.control.label, b.encoding) for b in window.controllers.map.bindings] == [
        ("temperature", "CC 21, channel 1", Encoding.TWOS_COMPLEMENT),
        ("gain_db", "CC 7 + 39, channel 1", Encoding.ABSOLUTE),
    ]


def test_in_learn_mode_a_button_does_not_go_off(window: MainWindow, knobs: FakeMidi, client: FakeEngineClient) -> None:
    press(window, Qt.Key.Key_M)
    QTest.mouseClick(window.transport.panic, Qt.MouseButton.LeftButton)
    knobs.play(note(36))
    press(window, Qt.Key.Key_M)
    assert client.asked("panic") == []
    knobs.play(note(36, 0), note(36))
    assert client.asked("panic") == [("panic",)]


def test_the_menu_sets_range_takeover_and_curve_and_forgets(window: MainWindow, knobs: FakeMidi) -> None:
    window.controllers.keep(MidiMap((KNOB,)))
    window.session.set_value("gain_db", -20.0)
    for entry in (("Range", "From"), ("Takeover", "Pick up"), ("Curve", "S-shaped")):
        choose(menu_of(window, GAIN), *entry)
        close_menus(window)
    (edited,) = window.controllers.map.bindings
    assert (edited.low, edited.high, edited.takeover, edited.curve) == (-20.0, None, Takeover.PICK_UP, Curve.S_SHAPED)
    choose(menu_of(window, GAIN), "Range", "Whole range")
    close_menus(window)
    assert window.controllers.map.bindings[0].low is None
    choose(menu_of(window, GAIN), "Forget")
    close_menus(window)
    assert window.controllers.map.bindings == ()
    assert not next(a for a in menu_of(window, GAIN).actions() if a.text() == "Forget").isEnabled()


@pytest.mark.parametrize("target", [GAIN, Target.action(Action.PANIC)], ids=lambda target: target.name)
def test_the_menu_sets_the_channel(window: MainWindow, knobs: FakeMidi, target: Target) -> None:
    window.controllers.keep(MidiMap((replace(KNOB, target=target),)))
    for entry, channel in (("Any channel", None), ("Channel 16", 16)):
        choose(menu_of(window, target), "Channel", entry)
        close_menus(window)
        on_channel = replace(KNOB, target=target, control=replace(KNOB.control, channel=channel))
        assert window.controllers.map.bindings == (on_channel,)
        offered = next(action.menu() for action in menu_of(window, target).actions() if action.text() == "Channel")
        assert [action.text() for action in offered.actions() if action.isChecked()] == [entry]
        close_menus(window)


def test_the_menu_key_opens_the_menu_of_the_knob_that_has_the_focus(window: MainWindow, knobs: FakeMidi) -> None:
    knob = window.transport.knobs["temperature"]
    knob.setFocus()
    at = QPoint(5, 5)
    QApplication.sendEvent(knob, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, knob.mapToGlobal(at)))
    (menu,) = (one for one in knob.findChildren(QMenu) if one.parent() is knob)
    assert menu.isVisible()
    assert menu.accessibleName() == "Temperature"


@pytest.mark.parametrize(("kind", "command"), [(Kind.START, "play"), (Kind.CONTINUE, "play"), (Kind.STOP, "stop")])
def test_a_sequencer_plays_and_stops(
    window: MainWindow, knobs: FakeMidi, client: FakeEngineClient, kind: Kind, command: str
) -> None:
    if command == "stop":
        window.session.toggle_play()
    knobs.play(MidiMessage(kind), MidiMessage(kind))
    assert client.asked(command) == [(command,)]


def test_actions_and_program_changes(window: MainWindow, knobs: FakeMidi, client: FakeEngineClient) -> None:
    targets = [Target.action(action) for action in (Action.TOGGLE_PLAY, Action.NEW_SEED, Action.NEXT_PRESET)]
    keys = [Binding(Control(ControlKind.NOTE, None, 60 + at), target) for at, target in enumerate(targets)]
    program = Binding(Control(ControlKind.PROGRAM, None, 4), Target.preset("cello"))
    gone = Binding(Control(ControlKind.PROGRAM, None, 5), Target.preset("organ"))
    window.controllers.keep(MidiMap((*keys, program, gone)))
    knobs.play(note(60), note(61), MidiMessage(Kind.PROGRAM_CHANGE, 1, 4))
    assert (client.asked("play"), client.asked("reset")) == ([("play",)], [("reset", None)])
    assert window.session.pending is not None
    assert window.session.pending.name == "cello"
    knobs.play(note(62))
    assert window.session.pending.name == "piano"
    knobs.play(MidiMessage(Kind.PROGRAM_CHANGE, 1, 5))
    assert "organ" in window.banner.message.text()


def test_the_page_lists_and_edits_mappings(window: MainWindow, knobs: FakeMidi) -> None:
    press(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    panel = window.control.mappings
    assert panel.isVisible()
    window.controllers.keep(MidiMap((KNOB,)))
    panel.list.setCurrentRow(0)
    assert panel.list.item(0).text() == "Gain   –   CC 21, channel 1, Knobs"
    for field, text in ((panel.low, "-30"), (panel.high, "nonsense"), (panel.high, "-6 dB")):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
    panel.takeover.setCurrentIndex(2)
    panel.takeover.activated.emit(2)
    assert panel.channel.currentText() == "Channel 1"
    for chooser in (panel.port, panel.channel):
        chooser.setCurrentIndex(0)
        chooser.activated.emit(0)
    (edited,) = window.controllers.map.bindings
    assert (edited.low, edited.high, edited.takeover) == (-30.0, -6.0, Takeover.SCALING)
    assert (edited.control.port, edited.control.channel) == (None, None)
    panel.channel.activated.emit(16)
    assert panel.list.item(0).text() == "Gain   –   CC 21, channel 16, any input"
    knob = window.transport.knobs["gain_db"]
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Delete)
    assert window.controllers.map.bindings != ()
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert window.controllers.map.bindings == ()
    assert not panel.forget.isEnabled()


def test_the_page_learns_what_has_no_button(window: MainWindow, knobs: FakeMidi) -> None:
    panel = window.control.mappings
    panel.target.setCurrentText("Preset violin")
    panel.learn.click()
    knobs.play(MidiMessage(Kind.PROGRAM_CHANGE, 2, 7))
    (learned,) = window.controllers.map.bindings
    assert (learned.target, learned.control.number) == (Target.preset("violin"), 7)
    assert not panel.learn.isChecked()


def test_only_a_preset_of_ones_own_has_a_map_of_its_own(window: MainWindow, knobs: FakeMidi) -> None:
    window.control.mappings.own.click()
    assert "not a preset of your own" in window.banner.message.text()
    assert not window.control.mappings.own.isChecked()


def test_a_preset_brings_its_map_and_takes_it_away(
    window: MainWindow, knobs: FakeMidi, client: FakeEngineClient
) -> None:
    window.controllers.keep(MidiMap((KNOB,)))
    cello, violin = (one for one in window.session.preset_library.presets if one.name != "piano")
    own = MidiMap(follows_transport=False)
    write_map(cello.folder / MAP_FILE, own)
    for preset, expected in ((cello, own), (violin, MidiMap((KNOB,)))):
        window.session.load(preset)
        client.tell_loaded()
        QApplication.processEvents()
        assert window.controllers.map == expected
        assert window.control.mappings.own.isChecked() == (preset is cello)


def test_the_lamp_lights_for_a_moment(window: MainWindow, knobs: FakeMidi) -> None:
    assert "Knobs" in window.control_lamp.accessibleName()
    assert not window.control_lamp.lit
    knobs.play(cc(99, 1))
    assert window.control_lamp.lit
    QTest.qWait(400)
    assert not window.control_lamp.lit


def test_a_broken_map_is_told_and_set_aside(midi: list[FakeMidi], session: Session) -> None:
    data_dir().mkdir(parents=True, exist_ok=True)
    (data_dir() / MAP_FILE).write_text("{}")
    controllers = Controllers(session, FakeMidi)
    notices: list[str] = []
    controllers.told.connect(lambda notice: notices.append(notice.text))
    controllers.start()
    controllers.close()
    assert MAP_FILE in notices[0]
    assert (data_dir() / f"{MAP_FILE}.unreadable").exists()


def test_a_value_from_another_thread_is_done_on_the_windows_own(window: MainWindow, knobs: FakeMidi) -> None:
    thread = threading.Thread(target=lambda: knobs._on_message(KNOBS, cc(21, 127)))
    window.controllers.keep(MidiMap((KNOB,)))
    thread.start()
    thread.join()
    assert window.session.patch.gain_db == 0.0
    QApplication.processEvents()
    assert window.session.patch.gain_db == 12.0


@pytest.mark.parametrize("size", [(1080, 700), (1280, 800), (1920, 1080)], ids=str)
def test_the_page_fits(window: MainWindow, knobs: FakeMidi, size: tuple[int, int]) -> None:
    window.controllers.keep(MidiMap((KNOB,)))
    window.resize(*size)
    window.pages.toggle(window.control)
    knobs.plug(
        "A rather long name of a MIDI input:of its only port", trouble="something with it is not as it should be"
    )
    QTest.qWait(250)
    assert (window.width(), window.height()) == size
    assert cut_or_overlapping(window) == []
