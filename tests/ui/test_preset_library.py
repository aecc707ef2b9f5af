from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from livernn import paths
from livernn.control.preset import About, load_preset
from livernn.engine.client import EngineDied
from livernn.model.checkpoint import random_checkpoint, read_provenance, save_checkpoint
from livernn.model.config import ModelConfig
from livernn.ui.main_window import MainWindow
from livernn.ui.notice import Kind
from livernn.ui.save_dialog import SaveDialog
from livernn.ui.session import Session
from livernn.ui.settings import Settings
from livernn.ui.text_dialog import about_dialog
from tests.ui.fake_client import FakeEngineClient, say

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CONTROL = Qt.KeyboardModifier.ControlModifier


def listed(window: MainWindow) -> list[str]:
    presets = window.header.presets
    return [presets.itemText(at) for at in range(presets.count())]


def load(window: MainWindow, name: str) -> None:
    window.session.load(load_preset(name))
    window.session.client.tell_loaded()
    QApplication.processEvents()


def save_as(window: MainWindow, qtbot: object, title: str) -> None:
    dialog = window.findChild(SaveDialog)
    dialog.title.setText(title)
    with qtbot.waitSignal(window.session.presets_changed):
        QTest.mouseClick(dialog.save, Qt.MouseButton.LeftButton)


def test_a_favourite_is_marked_listed_first_and_remembered(window: MainWindow) -> None:
    load(window, "violin")
    QTest.keyClick(window, Qt.Key.Key_B, CONTROL)
    assert listed(window) == ["★ violin", "cello", "piano"]
    assert window.header.presets.currentText() == "★ violin"
    assert window.header.favourite.isChecked()
    load(window, "piano")
    assert not window.header.favourite.isChecked()
    again = Session(FakeEngineClient, Settings())
    assert [preset.name for preset in again.preset_library.favourites] == ["violin"]
    load(window, "violin")
    QTest.mouseClick(window.header.favourite, Qt.MouseButton.LeftButton)
    assert listed(window) == ["cello", "piano", "violin"]
    assert Settings().favourites == []


def test_digits_load_favourites(window: MainWindow, client: FakeEngineClient) -> None:
    for name in ("violin", "cello"):
        load(window, name)
        QTest.keyClick(window, Qt.Key.Key_B, CONTROL)
    QTest.keyClick(window, Qt.Key.Key_2, CONTROL)
    assert window.session.pending.name == "violin"
    loads = len(client.asked("load"))
    QTest.keyClick(window, Qt.Key.Key_9, CONTROL)
    assert len(client.asked("load")) == loads


def test_arrows_step_through_the_list_as_it_is_shown(window: MainWindow) -> None:
    load(window, "violin")
    QTest.keyClick(window, Qt.Key.Key_B, CONTROL)
    QTest.mouseClick(window.header.next, Qt.MouseButton.LeftButton)
    assert window.session.pending.name == "cello"


def test_a_bundled_preset_is_saved_under_a_title(window: MainWindow, client: FakeEngineClient, qtbot: object) -> None:
    window.transport.knobs["temperature"].reset()
    assert window.header.presets.currentText() == "piano *"
    before = len(client.asked("load"))
    QTest.keyClick(window, Qt.Key.Key_S, CONTROL)
    assert window.findChild(SaveDialog).title.text() == "piano"
    save_as(window, qtbot, "Night piano")
    assert load_preset("Night piano").patch.temperature == 1.0
    assert load_preset("piano").patch.temperature == 0.9
    assert window.header.presets.currentText() == "Night piano"
    assert window.session.notice.text == "Saved Night piano"
    assert Settings().preset == "Night piano"
    assert len(client.asked("load")) == before, "the sound was cut"


def test_ones_own_preset_is_saved_in_place(window: MainWindow, qtbot: object) -> None:
    QTest.keyClick(window, Qt.Key.Key_S, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    save_as(window, qtbot, "Mine")
    window.session.set_value("gain_db", -9.0)
    assert window.header.presets.currentText() == "Mine *"
    QTest.mouseClick(window.header.save, Qt.MouseButton.LeftButton)
    assert window.header.presets.currentText() == "Mine"
    assert load_preset("Mine").patch.gain_db == -9.0


def test_a_save_that_fails_is_told(window: MainWindow, qtbot: object) -> None:
    window.dialogs.ask_for_title()
    save_as(window, qtbot, "Mine")
    (paths.data_dir() / "presets" / "Mine" / "patch.json").write_text("no json")
    window.dialogs.save()
    assert window.session.notice.kind is Kind.ERROR
    assert "not JSON" in window.banner.message.text()


def test_what_was_loaded_meanwhile_is_not_taken_for_what_was_saved(window: MainWindow, qtbot: object) -> None:
    window.session.save_as("Mine", About())
    violin = load_preset("violin")
    window.session.load(violin)
    window.session.client.tell_loaded()
    qtbot.waitUntil(lambda: "Mine" in listed(window))
    assert window.session.preset == violin


def test_a_restart_after_a_save_loads_the_saved_one(
    window: MainWindow, client: FakeEngineClient, qtbot: object
) -> None:
    window.dialogs.ask_for_title()
    save_as(window, qtbot, "Mine")
    window.session.set_value("gain_db", -9.0)
    say(client, EngineDied(-9, "killed"))
    window.session.restart()
    client.tell_loaded()
    QApplication.processEvents()
    assert window.session.preset.name == "Mine"
    assert window.session.pending is None
    assert window.session.patch.gain_db == -9.0


def test_the_dialog_refuses_no_title_and_warns_of_a_replacement(window: MainWindow, qtbot: object) -> None:
    window.dialogs.ask_for_title()
    save_as(window, qtbot, "Mine")
    window.dialogs.ask_for_title()
    dialog = next(one for one in window.findChildren(SaveDialog) if one.isVisible())
    assert dialog.save.text() == "Replace"
    dialog.title.setText(" / ")
    assert not dialog.save.isEnabled()
    dialog.title.setText("Other")
    assert (dialog.save.text(), dialog.save.isEnabled()) == ("Save", True)
    dialog.reject()


def test_the_dialog_asks_for_author_licence_and_notes_and_begins_with_what_is_known(
    window: MainWindow, qtbot: object
) -> None:
    credit_network(window, credit="Played by A. Harpist", licence="CC BY 4.0")
    window.dialogs.ask_for_title()
    dialog = window.findChild(SaveDialog)
    assert (dialog.author.text(), dialog.licence.text(), dialog.notes.toPlainText()) == ("", "CC BY 4.0", "")
    assert "Played by A. Harpist" in dialog.network.text()
    dialog.author.setText(" A. Performer ")
    dialog.licence.setText("CC0")
    dialog.notes.setPlainText("Low *temperature*.\nSlowly.")
    save_as(window, qtbot, "Mine")
    about = About("A. Performer", "CC0", "Low *temperature*.\nSlowly.")
    assert load_preset("Mine").about == window.session.preset.about == about
    assert read_provenance(load_preset("Mine").checkpoint)["credit"] == "Played by A. Harpist"
    window.session.set_value("gain_db", -9.0)
    window.dialogs.save()
    assert load_preset("Mine").about == about
    window.dialogs.ask_for_title()
    again = next(one for one in window.findChildren(SaveDialog) if one.isVisible())
    assert (again.author.text(), again.licence.text()) == ("A. Performer", "CC0")
    again.notes.setPlainText("x" * 4001)
    assert not again.save.isEnabled()
    assert "4000" in again.remark.text()
    again.reject()


def test_about_tells_what_the_maker_says_and_the_credit_of_the_network(window: MainWindow) -> None:
    credit_network(window, credit="Played by A. Harpist", licence="CC BY 4.0")
    own = replace(window.session.preset, about=About("A. Performer", "CC0 <b>", "Low *temperature*.\n# Slowly."))
    dialog = about_dialog(window, 1.0, [own], None)
    text = dialog.page.toPlainText()
    dialog.close()
    for line in ("Author: A. Performer", "Licence: CC0 <b>", "Low *temperature*.", "# Slowly.", "The network:",
                 "Credit: Played by A. Harpist", "Licence: CC BY 4.0"):  # fmt: skip
        assert line in text.replace("\N{LINE SEPARATOR}", "\n").split("\n"), text


def test_a_network_without_a_credit_says_so(window: MainWindow) -> None:
    window.dialogs.ask_for_title()
    dialog = window.findChild(SaveDialog)
    assert "no credit" in dialog.network.text()
    dialog.reject()


def credit_network(window: MainWindow, **provenance: str) -> None:
    config = ModelConfig(sample_rate_hz=8000, frame_sizes=(4, 8), dims=(8, 8, 8))
    save_checkpoint(window.session.preset.checkpoint, config, random_checkpoint(config).weights, provenance)


def test_a_patch_file_stands_for_its_preset(session: Session, client: FakeEngineClient, tmp_path: Path) -> None:
    session.open(load_preset("violin").folder / "patch.json")
    assert client.asked("load")[-1][1] == load_preset("violin").checkpoint
