"""What others see of a run that is under way, and how they end it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from livernn.claim import claimed, is_claimed
from livernn.errors import LiveRNNError
from livernn.model.checkpoint import read_provenance
from tests.fixtures.corpus import write_folder
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.__main__ import main
from trainer.dataset import load_dataset
from trainer.loop import fit
from trainer.progress import Progress
from trainer.run import RunFolder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tone_data(tmp_path / "data")


def entries(run: RunFolder) -> list[dict[str, float]]:
    return [json.loads(line) for line in run.log.read_text().splitlines()]


def bits(run: RunFolder) -> list[tuple[object, ...]]:
    return [(entry["step"], entry.get("bits"), entry.get("valid_bits")) for entry in entries(run)]


def stop_after(run: RunFolder, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Progress.step

    def and_stop(self: Progress, entry: dict[str, float]) -> None:
        take(self, entry)
        if entry["step"] == step:
            run.stop.touch()

    monkeypatch.setattr(Progress, "step", and_stop)


def test_a_step_tells_speed_and_the_time_left(data: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    fit(load_dataset(data), replace(TINY, steps=4), run)
    steps = [entry for entry in entries(run) if "bits" in entry]
    assert all(entry["norm"] > 0.0 and entry["samples_per_s"] > 0 for entry in steps)
    assert steps[0]["left_s"] > 0.0
    assert steps[-1]["left_s"] == 0.0


def test_a_run_that_is_stopped_goes_on_exactly_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset(data)
    config = replace(TINY, steps=30)
    whole, parts = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "parts")
    fit(dataset, config, whole)
    with monkeypatch.context() as patched, parts.claimed():
        stop_after(parts, 17, patched)
        fit(dataset, config, parts)
    assert bits(parts)[-1][0] in (17, 18)  # at the latest after the step that was under way
    with parts.claimed():
        assert not parts.stop.exists()
        fit(dataset, config, parts, resume=True)
    assert bits(parts) == bits(whole)


def test_stopping_before_the_first_validation_is_said(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunFolder(tmp_path / "run")
    stop_after(run, 1, monkeypatch)
    arguments = ["fit", str(data), "--config", "tiny", "--out", str(run.path), "--steps", "9", "--threads", "1"]
    assert main(arguments) == 0
    assert "--resume" in capsys.readouterr().out


def test_one_works_on_a_run_at_a_time(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    with claimed(run.path / "claim"):
        assert main(["fit", str(data), "--config", "tiny", "--out", str(run.path), "--steps", "1"]) == 1
    assert "another fit is at work" in capsys.readouterr().err
    with run.claimed():
        assert is_claimed(run.path / "claim")
    assert not is_claimed(run.path / "claim")
    with claimed(run.path / "claim"), pytest.raises(LiveRNNError, match="another fit"), run.claimed():
        pass


def test_a_validation_comes_by_the_clock_where_steps_are_slow(data: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    fit(load_dataset(data), replace(TINY, steps=4, validate_every_minutes=1e-9), run)
    assert [step for step, _, valid in bits(run) if valid is not None] == [1, 2, 3, 4]


def test_credit_and_licence_can_be_given_with_the_run(data: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    arguments = ["fit", str(data), "--config", "tiny", "--out", str(run.path), "--steps", "1", "--threads", "1"]
    assert main([*arguments, "--credit", "the cellist"]) == 0
    told = read_provenance(run.best)
    assert (told["credit"], told["licence"]) == ("the cellist", "CC0")


def test_prepare_tells_files_and_findings_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path / "in", {"a.wav": 40.0, "b.wav": 3.0, "c.wav": 3.0})
    arguments = ["prepare", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--sample-rate", "8000", "--json"]
    assert main(arguments) == 0
    *files, found = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(line["done"], line["total"]) for line in files] == [(0, 3), (1, 3), (2, 3)]
    assert found == json.loads((tmp_path / "out" / "dataset.json").read_text())["report"]
