import json
import math
from pathlib import Path

import pytest

from livernn.errors import BadInputError
from livernn.model.checkpoint import random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig
from tests.fixtures.corpus import CODEC, RATE_HZ, write_folder
from trainer import evaluate as module
from trainer.dataset import Dataset, load_dataset
from trainer.evaluate import Evaluation, evaluate
from trainer.prepare import prepare

CONFIG = ModelConfig(sample_rate_hz=RATE_HZ, frame_sizes=(4, 16), dims=(8, 8, 8), embed_dim=4)


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    write_folder(tmp_path / "music", {"train/a.wav": 30.0, "valid/b.wav": 1.0, "test/c.wav": 2.0})
    prepare(tmp_path / "music", tmp_path / "data", CODEC)
    return load_dataset(tmp_path / "data")


def saved(folder: Path, config: ModelConfig) -> Path:
    path = folder / "model.safetensors"
    save_checkpoint(path, config, random_checkpoint(config, 0).weights, {})
    return path


def test_model_and_baselines_are_measured_on_the_same_split(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def two(given: Dataset, split: str) -> dict[str, float]:
        assert given is data
        asked.append(split)
        return {"one": 99.0, "other": 1.0}

    monkeypatch.setattr(module, "baselines", two)
    evaluation = evaluate(saved(tmp_path, CONFIG), data, "test")
    assert asked == ["test"]
    assert evaluation.minutes == pytest.approx(2.0 / 60.0)
    assert 1.0 < evaluation.bits_per_sample < 20.0
    assert [line.split(maxsplit=1)[1] for line in evaluation.text().splitlines()[1:]] == ["one", "this model", "other"]
    assert json.loads(json.dumps(evaluation.as_dict()))["baselines"]["one"] == 99.0


def test_baselines_are_named_and_finite(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.linear_prediction._MEMORIES_SAMPLES", (256,))
    monkeypatch.setattr("trainer.linear_prediction._FIT_SAMPLES", 1 << 13)
    found = module.baselines(data, "test")
    assert list(found) == [
        "order-0 entropy",
        "order-2 n-gram",
        "order-32 linear prediction",
        "order-32 linear prediction, adaptive",
    ]
    assert all(math.isfinite(bits) and 0.0 < bits < 9.0 for bits in found.values())


@pytest.mark.parametrize("other", [{"q_levels": 64}, {"quantiser": "linear"}, {"pre_emphasis": 0.0}])
def test_codes_of_another_codec_are_refused(data: Dataset, tmp_path: Path, other: dict[str, object]) -> None:
    fields = {"sample_rate_hz": RATE_HZ, "frame_sizes": (4, 16), "dims": (8, 8, 8), "embed_dim": 4}
    checkpoint = saved(tmp_path, ModelConfig(**(fields | other)))  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match=f"its {next(iter(other))} is"):
        evaluate(checkpoint, data, "test")


def test_an_unknown_split_is_refused(data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such split"):
        evaluate(saved(tmp_path, CONFIG), data, "everything")


def test_the_table_ends_with_the_best() -> None:
    evaluation = Evaluation("test", 2.0, 3.5, {"order-0 entropy": 7.0, "order-2 n-gram": 4.5})
    assert evaluation.text().splitlines() == [
        "bits per sample on 2.0 minutes of test:",
        "   7.000  order-0 entropy",
        "   4.500  order-2 n-gram",
        "   3.500  this model",
    ]
