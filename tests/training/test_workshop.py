"""The way of a training from recordings to a checkpoint, on a fake process."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from livernn.claim import claimed
from livernn.errors import BadInputError, LiveRNNError
from livernn.training.job import Job, files_done, fit_command, last_error, spare_cores
from livernn.training.shelf import Training, TrainingShelf
from livernn.training.workshop import Ended, Improved, Stage, Workshop
from tests.training.fakes import ADVICE, FakeTrainer, step, validation, write_data, write_log


@pytest.fixture
def shelf(tmp_path: Path) -> TrainingShelf:
    return TrainingShelf(tmp_path / "shelf")


@pytest.fixture
def trainer() -> FakeTrainer:
    return FakeTrainer()


@pytest.fixture
def workshop(shelf: TrainingShelf, trainer: FakeTrainer) -> Workshop:
    return Workshop(shelf, trainer)


@pytest.fixture
def cello(workshop: Workshop, trainer: FakeTrainer, tmp_path: Path) -> Training:
    """Prepared."""
    workshop.add(tmp_path / "Cello")
    assert workshop.chosen is not None
    write_data(workshop.chosen, ADVICE)
    trainer.job.code = 0
    workshop.look()
    return workshop.chosen


def test_recordings_are_looked_at_first(workshop: Workshop, trainer: FakeTrainer, tmp_path: Path) -> None:
    assert workshop.chosen is None
    workshop.add(tmp_path / "Cello")
    training = workshop.chosen
    assert training == workshop.working
    assert trainer.job.command[2:5] == ["trainer", "prepare", str(tmp_path / "Cello")]
    trainer.job.output.write_text('{"done": 0, "total": 9, "name": "a"}\n{"done": 3, "total": 9, "name": "b"}\n{"do')
    assert workshop.files_done(training) == (3, 9)
    assert workshop.stage(training) is Stage.PREPARING
    write_data(training, ADVICE)
    assert workshop.look() == []
    trainer.job.code = 0
    assert workshop.look() == [Ended(training, Stage.PREPARED, "")]
    found = workshop.findings(training)
    assert (found.minutes, found.recordings, found.advice) == (21.0, 14, ADVICE)
    assert found.left_out == (("cover.jpg", "it is no sound"),)


def test_recordings_that_cannot_be_used_are_told(workshop: Workshop, trainer: FakeTrainer, tmp_path: Path) -> None:
    workshop.add(tmp_path / "Empty")
    trainer.job.output.write_text("trainer: Empty: it holds no audio. Put WAV files there.\n")
    trainer.job.code = 2
    (ended,) = workshop.look()
    assert (ended.stage, ended.error) == (Stage.UNPREPARED, "Empty: it holds no audio. Put WAV files there.")
    workshop.prepare()
    trainer.job.output.write_text("Killed\n")
    trainer.job.code = -9
    (ended,) = workshop.look()
    assert "exit code -9" in ended.error


def test_it_trains_improves_stops_and_goes_on(workshop: Workshop, trainer: FakeTrainer, cello: Training) -> None:
    workshop.train()
    assert trainer.job.command[2:5] == ["trainer", "fit", str(cello.data)]
    write_log(cello, step(1, 8.0, 1.0))
    assert workshop.look() == []
    assert workshop.stage(cello) is Stage.TRAINING
    write_log(cello, validation(1, 6.0, 2.0))
    assert workshop.look() == [Improved(cello)]
    write_log(cello, validation(1, 6.1, 3.0))
    assert workshop.look() == []
    workshop.stop()
    assert workshop.stage(cello) is Stage.STOPPING
    cello.stop.unlink()  # as the trainer does
    trainer.job.code = 0
    assert workshop.look() == [Ended(cello, Stage.STOPPED, "")]
    cello.stop.touch()  # asked for just as the run ended
    workshop.train()
    assert not cello.stop.exists()
    write_log(cello, step(2, 5.0, 3600.0))
    trainer.job.code = 0
    assert workshop.look() == [Ended(cello, Stage.DONE, "")]
    workshop.change(replace(cello.plan, minutes=120.0))
    assert workshop.stage(workshop.chosen) is Stage.STOPPED


def test_one_is_worked_on_at_a_time(workshop: Workshop, trainer: FakeTrainer, cello: Training, tmp_path: Path) -> None:
    workshop.train()
    with pytest.raises(BadInputError, match="one training"):
        workshop.add(tmp_path / "Violin")
    with pytest.raises(BadInputError, match="Stop it first"):
        workshop.delete()
    assert len(trainer.jobs) == 2
    assert workshop.trainings == [cello]
    trainer.job.code = 0
    workshop.look()
    workshop.delete()
    assert workshop.chosen is None


def test_what_trains_is_followed_while_another_is_looked_at(
    workshop: Workshop, trainer: FakeTrainer, cello: Training, tmp_path: Path
) -> None:
    workshop.add(tmp_path / "Violin")
    violin = workshop.chosen
    write_data(violin)
    trainer.job.code = 0
    workshop.look()
    write_log(cello, step(1, 8.0, 9.0), validation(1, 6.0, 10.0))
    workshop.train()
    workshop.choose(cello)
    write_log(violin, validation(1, 5.0, 1.0))
    assert workshop.look() == [Improved(violin)]
    assert workshop.stage(cello) is Stage.STOPPED


def test_a_preparation_ends_with_its_window_and_a_run_does_not(
    workshop: Workshop, trainer: FakeTrainer, cello: Training
) -> None:
    workshop.train()
    workshop.close()
    assert not trainer.job.interrupted
    trainer.job.code = 0
    workshop.look()
    workshop.prepare()
    workshop.stop()
    assert trainer.job.interrupted
    (ended,) = workshop.look()
    assert ended.error == ""
    workshop.prepare()
    workshop.close()
    assert trainer.job.interrupted


def test_another_window_takes_up_what_was_left_running(
    shelf: TrainingShelf, workshop: Workshop, trainer: FakeTrainer, cello: Training
) -> None:
    write_log(cello, step(1, 8.0, 1.0))
    with claimed(cello.claim):
        later = Workshop(shelf, trainer)
        assert later.working == later.chosen == cello
        assert later.stage(cello) is Stage.TRAINING
        write_log(cello, validation(1, 6.0, 2.0))
        assert later.look() == [Improved(cello)]
        cello.output.write_text("trainer: run: the disk is full. Make room.\n")
    assert later.look() == [Ended(cello, Stage.STOPPED, "run: the disk is full. Make room.")]


def test_a_trainer_that_cannot_be_started_is_told(shelf: TrainingShelf, cello: Training) -> None:
    def refuse(_command: object, _output: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(LiveRNNError, match="No space left"):
        Workshop(shelf, refuse).train()


def test_cores_are_left_to_the_sound(cello: Training) -> None:
    assert 1 <= spare_cores() <= max(1, (os.cpu_count() or 1) - 1)
    assert f"--threads={spare_cores()}" in fit_command(cello)


def test_a_job_is_of_the_least_urgency_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    program = "import time, sys; print('began', flush=True); time.sleep(60)"
    job = Job([sys.executable, "-c", program], tmp_path / "output.txt")
    (process,) = psutil.Process().children()
    try:
        assert process.nice() == (psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 19)
        session = Path(f"/proc/{process.pid}/autogroup")
        assert not session.exists() or session.read_text().endswith("nice 19\n")
        while "began" not in (tmp_path / "output.txt").read_text():
            assert job.poll() is None
        assert job.poll() is None
        assert files_done(tmp_path / "output.txt") == (0, 0)
    finally:
        job.interrupt()
        job.wait()
    assert job.poll() not in (None, 0)
    assert last_error(tmp_path / "output.txt") == ""


def test_a_trainer_that_is_called_by_mistake_says_so(tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    job = Job([sys.executable, "-m", "trainer", "fit"], output)
    job._process.wait(60)
    assert job.poll() == 2
    assert "the following arguments are required" in last_error(output)
