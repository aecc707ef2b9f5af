import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.errors import LiveRNNError
from livernn.training.shelf import DELETED, PLAN_FILE, Plan, Training, TrainingShelf
from trainer.config import NAMED
from trainer.run import RunFolder


def test_one_is_called_after_its_recordings(tmp_path: Path) -> None:
    shelf = TrainingShelf(tmp_path / "shelf")
    assert shelf.trainings() == []
    first, second = (shelf.add(tmp_path / "Cello") for _ in range(2))
    assert [training.name for training in shelf.trainings()] == ["Cello", "Cello (2)"]
    assert shelf.trainings() == [first, second]
    assert first.plan == Plan(tmp_path / "Cello")
    assert shelf.add(tmp_path / DELETED).name == f"{DELETED} (2)"
    assert shelf.add(Path("/")).name == "training"


def test_the_files_are_where_the_trainer_has_them(tmp_path: Path) -> None:
    training = Training(tmp_path, Plan(tmp_path))
    run = RunFolder(training.run)
    assert (training.log, training.best, training.stop) == (run.log, run.best, run.stop)
    with run.claimed():
        assert training.claim.exists()
    assert Plan(tmp_path).config in NAMED


@given(st.builds(Plan, st.just(Path("/takes")), minutes=st.floats(0.01, 1e6), credit=st.text(), licence=st.text()))
def test_a_plan_survives(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    shelf = TrainingShelf(tmp_path_factory.mktemp("shelf"))
    shelf.change(shelf.add(plan.recordings), plan)
    assert [training.plan for training in shelf.trainings()] == [plan]


@pytest.mark.parametrize("spoilt", ["", "[]", "{", '{"format": 1}', "[" * 10000, " " * (1 << 17)])
def test_what_is_no_training_is_left_out(tmp_path: Path, spoilt: str) -> None:
    shelf = TrainingShelf(tmp_path)
    kept = shelf.add(tmp_path / "Cello")
    (tmp_path / "stray").mkdir()
    (tmp_path / "stray" / PLAN_FILE).write_text(spoilt)
    (tmp_path / "file").touch()
    assert shelf.trainings() == [kept]
    plan = json.loads((kept.folder / PLAN_FILE).read_text())
    (kept.folder / PLAN_FILE).write_text(json.dumps({**plan, "minutes": -1}))
    assert shelf.trainings() == []


def test_what_is_deleted_is_kept_beside(tmp_path: Path) -> None:
    shelf = TrainingShelf(tmp_path)
    for _ in range(2):
        shelf.delete(shelf.add(tmp_path / "Cello"))
    assert shelf.trainings() == []
    assert sorted(folder.name for folder in (tmp_path / DELETED).iterdir()) == ["Cello", "Cello (2)"]


def test_a_refusing_disk_is_told(tmp_path: Path) -> None:
    shelf = TrainingShelf(tmp_path / "shelf")
    training = shelf.add(tmp_path)
    with pytest.raises(LiveRNNError, match="the disk refuses"):
        shelf.delete(replace(training, folder=tmp_path / "gone"))
    (tmp_path / "file").touch()
    with pytest.raises(LiveRNNError, match="the disk refuses"):
        TrainingShelf(tmp_path / "file").add(tmp_path)
