"""The page of trainings, on a fake engine and a fake trainer."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from livernn.claim import claimed
from livernn.control.preset import load_preset
from livernn.engine.client import EngineDied
from livernn.model.checkpoint import random_checkpoint, read_provenance, save_checkpoint
from livernn.model.config import ModelConfig
from livernn.training.shelf import Plan, Training, TrainingShelf, trainings_folder
from livernn.ui import trainings as trainings_module
from livernn.ui.main_window import MainWindow
from livernn.ui.notice import Kind, Remedy
from livernn.ui.save_dialog import SaveDialog
from livernn.ui.session import Session
from livernn.ui.training_panel import MINUTES, NETWORKS, TrainingPanel
from livernn.ui.unattended_dialog import UnattendedDialog
from tests.training.fakes import ADVICE, FakeTrainer, step, validation, write_data, write_log
from tests.ui.fake_client import FakeEngineClient, say
from tests.ui.test_layout import cut_or_overlapping
from trainer.config import NAMED

# Of the platform without a screen, about every dialog.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

TINY = ModelConfig(dims=(16, 16, 16), embed_dim=4)


@pytest.fixture(autouse=True)
def trainer(monkeypatch: pytest.MonkeyPatch) -> FakeTrainer:
    trainer = FakeTrainer()
    monkeypatch.setattr(trainings_module, "Job", trainer)
    return trainer


@pytest.fixture
def page(trainer: FakeTrainer, window: MainWindow) -> TrainingPanel:
    QApplication.processEvents()  # so that the window is the active one
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    return window.training


@pytest.fixture
def cello(window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, tmp_path: Path) -> Training:
    """Looked through."""
    window.trainings.add(tmp_path / "Cello")
    training = window.trainings.chosen
    assert training is not None
    write_data(training, ADVICE)
    end(window, trainer)
    return training


def end(window: MainWindow, trainer: FakeTrainer, code: int = 0) -> None:
    trainer.job.code = code
    window.trainings.look()


def improve(window: MainWindow, training: Training, bits: float) -> None:
    """As a validation does."""
    training.run.mkdir(exist_ok=True)
    provenance = {"credit": "the cellist", "steps": 500, "bits_per_sample": {"valid": bits}}
    checkpoint = random_checkpoint(TINY)
    save_checkpoint(training.best, TINY, checkpoint.weights, provenance)
    write_log(training, step(500, bits, 60.0, 540.0), validation(500, bits, 61.0, 0.02))
    window.trainings.look()


def text(page: TrainingPanel) -> str:
    return page.findings.toPlainText()


def dialog_of(window: MainWindow, kind: type) -> object:
    QApplication.processEvents()
    (dialog,) = window.findChildren(kind)
    return dialog


def save_as(qtbot: object, window: MainWindow, title: str) -> None:
    window.training.save.click()
    dialog = dialog_of(window, SaveDialog)
    assert dialog.title.text() == "Cello"
    dialog.title.setText(title)
    dialog.save.click()
    qtbot.waitUntil(lambda: window.session.notice.text == f"Saved {title}")


def test_an_empty_page_says_how_to_begin(page: TrainingPanel) -> None:
    assert page.isVisible()
    assert "choose a folder" in text(page)
    assert not page.act.isEnabled()
    assert not page.save.isEnabled()


def test_a_folder_is_chosen_and_looked_through(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, tmp_path: Path
) -> None:
    page.new.click()
    dialog = dialog_of(window, QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(tmp_path / "Cello"))
    dialog.reject()
    trainer.job.output.write_text('{"done": 3, "total": 14, "name": "b"}\n')
    window.trainings.look()
    assert "3 of 14 files" in text(page)
    write_data(window.trainings.chosen, ADVICE)
    end(window, trainer)
    assert "21 min of sound in 14 recordings" in text(page)
    assert all(sentence in text(page) for sentence in ADVICE)
    assert "cover.jpg (it is no sound)" in text(page)
    assert "press Train" in window.session.notice.text


def test_a_folder_is_dropped(window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, tmp_path: Path) -> None:
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    (tmp_path / "Cello").mkdir()
    (tmp_path / "song.wav").touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "song.wav"))])
    event = QDragEnterEvent(QPoint(100, 100), copy, data, left, none)
    page.dragEnterEvent(event)
    assert not event.isAccepted()  # it is for the window, which continues it
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "Cello"))])
    QApplication.sendEvent(page, QDragEnterEvent(QPoint(100, 100), copy, data, left, none))
    QApplication.sendEvent(page, QDropEvent(QPointF(100, 100), copy, data, left, none))
    assert window.trainings.chosen.name == "Cello"
    trainer.job.code = 0


def test_recordings_that_cannot_be_used_are_told(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, tmp_path: Path
) -> None:
    window.trainings.add(tmp_path / "Empty")
    trainer.job.output.write_text("trainer: Empty: it holds no audio. Put WAV files there.\n")
    end(window, trainer, code=2)
    assert (window.session.notice.kind, window.session.notice.text) == (
        Kind.ERROR,
        "Empty: it holds no audio. Put WAV files there.",
    )
    assert page.act.text() == "Look through"
    page.act.click()
    assert len(trainer.jobs) == 2
    page.act.click()
    assert trainer.job.interrupted
    window.trainings.look()


def test_the_plan_is_kept(page: TrainingPanel, trainer: FakeTrainer, cello: Training) -> None:
    page.network.activated.emit(1)
    page.minutes.activated.emit(list(MINUTES).index(240.0))
    page.credit.setText(" the cellist")
    page.credit.editingFinished.emit()
    page.licence.setText("CC0")
    page.licence.editingFinished.emit()
    (kept,) = TrainingShelf(trainings_folder()).trainings()
    assert kept.plan == Plan(cello.plan.recordings, "live-512", 240.0, "the cellist", "CC0")
    page.act.click()
    for option in ("--config=live-512", "--minutes=240", "--credit=the cellist", "--licence=CC0", "--resume"):
        assert option in trainer.job.command
    assert not page.network.isEnabled()
    assert not page.credit.isEnabled()
    trainer.job.code = 0


def test_the_networks_are_the_trainers() -> None:
    assert set(NETWORKS) <= set(NAMED)


def test_it_trains_stops_goes_on_and_is_done(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, cello: Training
) -> None:
    assert page.act.text() == "Train"
    page.act.click()
    assert page.act.text() == "Stop"
    assert "Getting ready" in text(page)
    write_log(cello, *(step(at, 5.0, float(at), left_s=3600.0 - at) for at in range(1, 31)), validation(30, 4.5, 31.0))
    window.trainings.look()
    assert (page.training.value.text(), page.held_out.value.text()) == ("5.000", "4.500")
    assert (page.left.value.text(), page.speed.value.text()) == ("1 h", "9,000 / s")
    assert np.isfinite(page.curve._steps.values).mean() == pytest.approx(29 / 60, abs=0.01)
    assert len(page.curve._validations.getData()[0]) == 1
    page.act.click()
    assert cello.stop.exists()
    assert not page.act.isEnabled()
    cello.stop.unlink()
    end(window, trainer)
    assert page.act.text() == "Go on"
    assert "can go on" in window.session.notice.text
    page.act.click()
    write_log(cello, step(31, 4.0, 3600.0, left_s=0.0), validation(31, 4.2, 3601.0, gain_bits=0.001))
    end(window, trainer)
    assert (page.act.text(), page.act.isEnabled()) == ("Done", False)
    assert "would not be heard" in text(page)
    page.minutes.activated.emit(list(MINUTES).index(240.0))
    assert (page.act.text(), page.act.isEnabled()) == ("Go on", True)


def test_what_the_trainer_advises_is_shown(window: MainWindow, page: TrainingPanel, cello: Training) -> None:
    write_log(cello, step(1, 8.0, 1.0), {"step": 1, "notice": "stuck: begin again <soon>"})
    window.trainings.look()
    window.trainings.choose(cello)
    assert "stuck: begin again <soon>" in text(page)


def test_the_newest_is_heard_with_the_knobs_as_they_are(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, client: FakeEngineClient, cello: Training
) -> None:
    session = window.session
    page.act.click()
    page.hear.click()
    assert "for the first time" in session.notice.text
    session.set_value("temperature", 0.7)
    improve(window, cello, 4.5)
    assert client.sent[-2:] == [("load", cello.best, None), ("play",)]
    client.tell_loaded()
    QApplication.processEvents()
    assert session.patch.temperature == 0.7
    assert session.preset.title == "Cello (training)"
    assert page.hear.isChecked()
    session.toggle_play()
    improve(window, cello, 4.4)
    assert len(client.asked("load")) == 3
    assert not session.playing  # who has stopped the sound since does not want it back
    improve(window, cello, 4.3)  # while that is being loaded
    assert len(client.asked("load")) == 3
    client.tell_loaded()
    QApplication.processEvents()
    window.trainings.look()
    assert len(client.asked("load")) == 4
    client.tell_loaded()
    improve(window, cello, 4.6)  # it is not better
    page.hear.click()
    improve(window, cello, 4.2)
    assert len(client.asked("load")) == 4
    trainer.job.code = 0


def test_whoever_loads_something_else_hears_that(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, client: FakeEngineClient, cello: Training
) -> None:
    page.act.click()
    improve(window, cello, 4.5)
    page.hear.click()
    client.tell_loaded()
    QApplication.processEvents()
    window.session.load(load_preset("violin"))
    assert not page.hear.isChecked()
    improve(window, cello, 4.0)
    assert client.asked("load")[-1][1] == load_preset("violin").checkpoint
    trainer.job.code = 0


def test_the_best_is_saved_as_a_preset_with_a_card(
    qtbot: object, window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, cello: Training
) -> None:
    page.act.click()
    assert not page.save.isEnabled()
    improve(window, cello, 4.5)
    window.session.set_value("temperature", 0.6)  # of the piano, which is what plays
    save_as(qtbot, window, "My cello")
    assert load_preset("My cello").patch.temperature == 1.0
    page.hear.click()
    window.session.client.tell_loaded()
    QApplication.processEvents()
    save_as(qtbot, window, "My heard cello")
    preset = load_preset("My heard cello")
    assert preset.patch.temperature == 0.6
    card = (preset.folder / "CARD.md").read_text()
    assert card.startswith("# My heard cello\n")
    assert "**Credit:** the cellist" in card
    improve(window, cello, 4.0)  # is no change to what was saved
    assert read_provenance(preset.checkpoint)["bits_per_sample"] == {"valid": 4.5}
    assert "valid 4.5" in card
    trainer.job.code = 0


@pytest.mark.parametrize("choice", ["leave", "stop", "stay"])
def test_closing_asks_what_becomes_of_a_training(
    window: MainWindow, trainer: FakeTrainer, client: FakeEngineClient, cello: Training, choice: str
) -> None:
    window.training.act.click()
    assert not window.close()
    dialog = dialog_of(window, UnattendedDialog)
    getattr(dialog, choice).click()
    QApplication.processEvents()
    assert window.isVisible() == (choice == "stay")
    assert (client.sent[-1] == ("close",)) == (choice != "stay")
    assert cello.stop.exists() == (choice == "stop")
    assert not trainer.job.interrupted
    trainer.job.code = 0
    window.trainings.look()


def test_an_interrupt_closes_without_a_question(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, client: FakeEngineClient, cello: Training
) -> None:
    page.act.click()
    window.end()
    assert client.sent[-1] == ("close",)
    assert not cello.stop.exists()
    trainer.job.code = 0


def test_a_training_that_was_left_running_is_taken_up(session: Session, trainer: FakeTrainer, tmp_path: Path) -> None:
    shelf = TrainingShelf(trainings_folder())
    shelf.add(tmp_path / "Accordion")
    left = shelf.add(tmp_path / "Cello")
    write_data(left)
    write_log(left, step(1, 8.0, 1.0))
    with claimed(left.claim):
        window = MainWindow(session)
        try:
            assert window.training.choice.currentText() == "Cello"
            assert window.training.act.text() == "Stop"
            window.training.act.click()
            assert left.stop.exists()
        finally:
            window.end()
            window.deleteLater()


def test_several_are_kept_and_deleted(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, cello: Training, tmp_path: Path
) -> None:
    window.trainings.add(tmp_path / "Violin")
    write_data(window.trainings.chosen, minutes=3.0)
    assert page.choice.currentText() == "Violin"
    page.choice.activated.emit(0)
    assert page.choice.currentText() == "Cello"
    assert not page.act.isEnabled()
    assert "Another one" in page.act.toolTip()
    end(window, trainer)
    assert page.act.isEnabled()
    page.choice.setFocus()
    QTest.keyClick(page.choice, Qt.Key.Key_Delete)
    assert [page.choice.itemText(at) for at in range(page.choice.count())] == ["Violin"]
    assert "'deleted'" in window.session.notice.text


def test_a_remedy_that_is_offered_is_not_talked_over(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, client: FakeEngineClient, cello: Training
) -> None:
    page.act.click()
    say(client, EngineDied(-9, "killed"))
    write_log(cello, step(1, 4.0, 3600.0))
    end(window, trainer)
    assert window.session.notice.remedy is Remedy.RESTART_ENGINE
    assert "as was planned" in window.session.notice.text


@pytest.mark.parametrize("size", [(1080, 700), (1280, 800), (1920, 1080)], ids=str)
def test_nothing_of_the_page_is_cut(
    window: MainWindow, page: TrainingPanel, trainer: FakeTrainer, cello: Training, size: tuple[int, int]
) -> None:
    window.resize(*size)
    QTest.qWait(50)
    assert cut_or_overlapping(window) == []
    page.act.click()
    improve(window, cello, 4.5)
    QTest.qWait(50)
    assert cut_or_overlapping(window) == []
    trainer.job.code = 0


def test_the_page_is_reached_by_keys(window: MainWindow, page: TrainingPanel, cello: Training) -> None:
    page.choice.setFocus()
    reached = []
    for _ in range(12):
        reached.append(QApplication.focusWidget().accessibleName() or QApplication.focusWidget().text())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    wanted = ["Trainings", "New…", "What was found in the recordings", "Credit", "Licence", "Network", "Time to train",
              "Train"]  # fmt: skip
    assert [name for name in reached if name in wanted] == wanted
