"""A run that leaves its course goes back, with a lower rate, and says so; slower troubles are told, too."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livernn.errors import LiveRNNError
from livernn.model.foresight import Foresight
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.advice import Adviser
from trainer.dataset import Dataset, load_dataset
from trainer.learner import Learner
from trainer.loop import fit
from trainer.run import RunFolder
from trainer.streams import Batch
from trainer.trend import gain_bits, jump, learns_by_heart, verdict
from trainer.watch import frequency_bits, stuck, trouble


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return load_dataset(tone_data(tmp_path / "data"))


def entries(run: RunFolder) -> list[dict[str, float]]:
    return [json.loads(line) for line in run.log.read_text().splitlines()]


def noisy(level: float, steps: int) -> list[float]:
    return list(level + 0.3 * np.random.default_rng(0).standard_normal(steps))


def validations(*bits: float) -> list[dict[str, float]]:
    return [{"step": step, "valid_bits": value, "elapsed_s": 60.0 * step} for step, value in enumerate(bits, 1)]


def poison(monkeypatch: pytest.MonkeyPatch, calls: Iterator[bool]) -> None:
    """Where `calls` says so, a step breaks the weights and the loss is not a number."""
    step = Learner.step

    def broken(self: Learner, batch: Batch, rate: float) -> tuple[float, float]:
        result = step(self, batch, rate)
        if next(calls):
            for parameter in self.model.parameters():
                parameter.data.fill_(math.nan)
            return math.nan, math.nan
        return result

    monkeypatch.setattr(Learner, "step", broken)


def test_nan_goes_back_to_the_last_validation_at_half_the_rate(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(TINY, steps=40, decay_share=0.0)
    calm, shaken = RunFolder(tmp_path / "calm"), RunFolder(tmp_path / "shaken")
    fit(data, config, calm)
    poison(monkeypatch, (call == 26 for call in range(100)))
    fit(data, config, shaken)
    told = entries(shaken)
    (notice,) = [entry for entry in told if "notice" in entry]
    assert notice == {
        "step": 20,
        "notice": "at step 27 loss or gradient is not finite: back to step 20, with 50.0% of the learning rate",
    }
    steps = [entry for entry in told if "bits" in entry]
    assert [entry["step"] for entry in steps] == list(range(1, 41))
    assert steps[19]["rate"] == TINY.learning_rate
    assert steps[20]["rate"] == TINY.learning_rate / 2
    expected = [entry["bits"] for entry in entries(calm) if "bits" in entry]
    assert [entry["bits"] for entry in steps][:21] == expected[:21]
    assert all(math.isfinite(entry["bits"]) for entry in steps)
    assert shaken.best.exists()


def test_a_run_that_goes_back_before_its_first_validation_begins_again(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, (call == 3 for call in range(100)))
    run = RunFolder(tmp_path / "run")
    fit(data, replace(TINY, steps=10), run)
    assert entries(run)[0]["step"] == 0
    assert "back to step 0" in str(entries(run)[0]["notice"])


def test_the_lower_rate_outlives_a_kill(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder(tmp_path / "run")
    config = replace(TINY, steps=20, decay_share=0.0)

    def killed() -> Iterator[bool]:
        yield from (call == 12 for call in range(15))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        poison(patch, killed())
        with pytest.raises(KeyboardInterrupt):
            fit(data, config, run)
    fit(data, config, run, resume=True)
    assert entries(run)[-2]["rate"] == TINY.learning_rate / 2


def test_it_gives_up_where_no_rate_helps(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch, (True for _ in range(100)))
    with pytest.raises(LiveRNNError, match=r"3% of the learning rate did not help\. Begin again"):
        fit(data, replace(TINY, steps=10), RunFolder(tmp_path / "run"))


def test_a_validation_that_jumps_goes_back(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = iter([5.0, 4.9, 5.3, 4.8, 4.7])
    monkeypatch.setattr("trainer.loop.evaluate_split", lambda *_: Foresight(next(figures)))
    run = RunFolder(tmp_path / "run")
    fit(data, replace(TINY, steps=40), run)
    assert [entry["valid_bits"] for entry in entries(run) if "valid_bits" in entry] == [5.0, 4.9, 4.8, 4.7]
    (notice,) = [str(entry["notice"]) for entry in entries(run) if "notice" in entry]
    assert notice.startswith("at step 30 the held-out loss rose from 4.90 to 5.30 bits: back to step 20")


def test_a_spike_is_told_from_noise() -> None:
    losses = noisy(3.7, 300)
    for end in range(250, 300):
        assert trouble(losses[:end], losses[end], 1.0, 256) is None
    for _ in range(9):
        losses.append(8.0)
    assert trouble(losses[:-9], 8.0, 1.0, 256) is None  # one step is not a course
    assert trouble(losses, 8.0, 1.0, 256) == "the loss rose from 3.67 to 8.00 bits"
    assert trouble(losses, 8.0, math.inf, 256) == "loss or gradient is not finite"


def test_worse_than_guessing_needs_no_past() -> None:
    assert trouble([8.1] * 9, 8.1, 1.0, 256) is None
    assert trouble([12.0] * 9, 12.0, 1.0, 256) == "the loss is 12.00 bits, worse than guessing"


def test_stuck_is_knowing_only_how_often_levels_occur() -> None:
    codes = np.repeat(np.arange(16, dtype=np.uint8), 5000)
    assert frequency_bits(codes) == pytest.approx(4.0, abs=0.15)
    assert frequency_bits(codes[:3]) == 0.0
    assert stuck([8.0] * 200 + [3.95] * 100, 4.0)
    assert not stuck([8.0] * 200 + [3.5] * 100, 4.0)
    assert not stuck([4.0] * 50, 4.0)


def test_the_gain_of_as_much_time_again() -> None:
    falling = validations(*(4.0 - 0.1 * math.log2(step) for step in range(1, 9)))
    assert gain_bits(falling[:3]) is None
    assert gain_bits(falling) == pytest.approx(0.1)
    assert verdict(gain_bits(falling)) == ", as much time again would gain about 0.100 bits"
    assert verdict(gain_bits(validations(4.0, 3.7, 3.6, 3.6, 3.6, 3.6))).startswith(", done")
    assert verdict(None) == ""


def test_learning_by_heart_and_jumps() -> None:
    assert learns_by_heart(validations(4.0, 3.9, 3.93, 3.94, 3.95))
    assert not learns_by_heart(validations(4.0, 3.9, 3.93, 3.91, 3.95))
    assert jump(validations(4.0)) is None
    assert jump(validations(4.0, 4.2)) is None
    assert jump(validations(3.0, 4.0, 4.3)) == "the held-out loss rose from 4.00 to 4.30 bits"


def test_advice_is_given_once_and_in_time(data: Dataset) -> None:
    looked = ([7.9] * 300, validations(4.0, 3.9, 3.95, 3.95, 3.95))
    silence, tone = np.zeros(16000, np.float32), np.sin(np.arange(16000)).astype(np.float32)
    adviser = Adviser(TINY, data)
    first = adviser.after_validation(*looked, silence)
    assert [text.split(":")[0] for text in first] == ["stuck", "it learns its recordings by heart"]
    (second,) = adviser.after_validation(*looked, silence)
    assert second.startswith("dying: ")
    assert adviser.after_validation(*looked, silence) == []
    assert not any("dying" in text for text in Adviser(TINY, data).after_validation(*looked, tone))


def test_silence_is_in_order_where_the_recordings_rest(data: Dataset) -> None:
    rests = {"files": [{"seconds": 10.0, "silent_share": 0.3}, {"seconds": 30.0, "silent_share": 0.1}]}
    adviser = Adviser(TINY, replace(data, report=rests))
    silence = np.zeros(16000, np.float32)
    assert [adviser.after_validation([], validations(4.0), silence) for _ in range(3)] == [[], [], []]
