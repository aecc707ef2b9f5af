"""A sweep: resumable, of comparable trials only, and every setting that it may vary leads to a usable configuration."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from livernn.errors import BadInputError, LiveRNNError
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.__main__ import main
from trainer.config import NAMED
from trainer.dataset import Dataset, load_dataset
from trainer.log import Entry
from trainer.run import RunFolder
from trainer.space import SPACE
from trainer.sweep import Sweep, report

optuna = pytest.importorskip("optuna", reason="no Optuna: pip install optuna")


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return load_dataset(tone_data(tmp_path / "data"))


def sweep_of(data: Dataset, folder: Path, trials: int, minutes: float = 0.01) -> Sweep:
    storage = f"sqlite:///{folder / 'sweep.db'}"
    return Sweep(data, TINY, folder, storage, ("learning-rate", "ema-decay"), minutes, trials)


def test_trials_go_on_where_the_last_sweep_ended(data: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    assert sweep_of(data, folder, 1).run().startswith("1 trials to the end, 0 given up")
    said = sweep_of(data, folder, 2).run()
    assert said.startswith("2 trials to the end")
    assert "learning_rate" in said
    assert sweep_of(data, folder, 2).run() == said
    runs = [RunFolder(path) for path in sorted(folder.glob("trial-*"))]
    assert len(runs) == 2
    assert all(run.best.exists() and not run.state.exists() for run in runs)
    assert runs[0].load_config().learning_rate != runs[1].load_config().learning_rate


def test_what_does_not_compare_is_refused(data: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    sweep_of(data, folder, 1).run()
    with pytest.raises(BadInputError, match="other data, settings or minutes"):
        sweep_of(data, folder, 2, minutes=0.02).run()
    with pytest.raises(BadInputError, match="other data, settings or minutes"):
        sweep_of(replace(data, codec=replace(data.codec, pre_emphasis=0.0)), folder, 2).run()


def test_poor_trials_and_those_that_run_away_are_given_up(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, told = iter(range(100)), []

    def fit(*_: object, on_validation: object, **__: object) -> None:
        number = next(count)
        if number == 6:
            raise LiveRNNError("training", "it ran away", "Lower it.")
        for share in range(1, 6):
            entry: Entry = {"valid_bits": 5.0 if number < 5 else 7.0, "elapsed_s": 0.12 * share}
            told.append(number)
            on_validation(entry)  # type: ignore[operator]

    monkeypatch.setattr("trainer.loop.fit", fit)
    said = sweep_of(data, tmp_path / "study", 7).run()
    assert said.startswith("5 trials to the end, 2 given up")
    assert told.count(5) == 3


def test_a_bad_setting_ends_the_sweep_with_its_reason(data: Dataset, tmp_path: Path) -> None:
    short = replace(sweep_of(data, tmp_path / "study", 3), base=replace(TINY, batch=4000))
    with pytest.raises(BadInputError, match="cannot fill a batch"):
        short.run()


@pytest.mark.parametrize("name", SPACE)
@pytest.mark.parametrize("base", ["tiny", "live-256"])
def test_every_setting_makes_a_configuration(name: str, base: str) -> None:
    study = optuna.create_study()
    seen = {SPACE[name](study.ask(), NAMED[base]) for _ in range(20)}
    assert len(seen) > 1


def test_the_report_groups_by_setting() -> None:
    study = optuna.create_study()
    distributions = {
        "rate": optuna.distributions.FloatDistribution(0.0, 1.0),
        "cell": optuna.distributions.CategoricalDistribution(["gru", "lstm"]),
    }
    for index in range(9):
        params = {"rate": index / 8, "cell": "gru" if index % 2 else "lstm"}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=5.0 + index / 8))
    said = report(study).splitlines()
    assert said[1] == "  5.0000  trial-0000  rate 0, cell lstm"
    assert said[-2] == "cell, median and number of trials: gru 5.5000 (4), lstm 5.5000 (5)"
    assert said[-1].endswith("0..0.25 5.1250 (3), 0.375..0.625 5.5000 (3), 0.75..1 5.8750 (3)")


def test_the_command(data: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "sweep", str(data.folder), "--out", str(tmp_path / "study"), "--minutes", "0.005", "--trials", "1", "--config",
        "tiny", "--vary", "gap-share", "--dims", "8,8,8", "--batch", "2", "--chunk-samples", "128", "--threads", "1",
        "--cpu-time",
    ]  # fmt: skip
    assert main(arguments) == 0
    assert "gap_share" in capsys.readouterr().out
    settings = json.loads((tmp_path / "study" / "trial-0000" / "config.json").read_text())
    assert settings["model"]["dims"] == [8, 8, 8]
    assert main([*arguments[:-1], "--vary", "colour"]) == 2
    assert "colour is not one of learning-rate" in capsys.readouterr().err
