import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.control.preset import save_patch
from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint, random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig
from tests.fixtures.corpus import CODEC, RATE_HZ, tune, write_folder
from trainer import judge as judging
from trainer import priming
from trainer.dataset import Dataset, load_dataset
from trainer.judge import judge, judge_minutes, sound_of
from trainer.prepare import prepare

CONFIG = ModelConfig(sample_rate_hz=RATE_HZ, frame_sizes=(4, 16), dims=(8, 8, 8), embed_dim=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("corpus")
    write_folder(folder / "music", {"train/a.wav": 30.0, "valid/b.wav": 30.0, "test/c.wav": 30.0, "test/d.wav": 0.5})
    prepare(folder / "music", folder / "data", CODEC)
    return load_dataset(folder / "data")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save_checkpoint(path, CONFIG, random_checkpoint(CONFIG, 0).weights, {})
    return path


def played(audio: NDArray[np.float32]) -> Any:
    """A renderer that plays `audio` whatever it is asked for, and after a prime goes on with the prime."""

    def render(_: Checkpoint, patch: Patch, seconds: float, seed: int, prime: Any = None) -> NDArray[np.float32]:
        count = round(seconds * RATE_HZ)
        return audio[:count] if prime is None else prime[:count]

    return render


def hear(monkeypatch: pytest.MonkeyPatch, render: Any) -> None:
    """Have `render` play in place of the checkpoint."""
    for module in (judging, priming):
        monkeypatch.setattr(module, "render_offline", render)


def test_music_like_that_of_the_data_passes(
    data: Dataset, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(monkeypatch, played(sound_of(data.split("valid"), CODEC)[0]))
    shares: list[float] = []
    judgement = judge(
        checkpoint, data, Patch(), seeds=2, seconds=30.0, picture=tmp_path / "a.png", on_progress=shares.append
    )
    assert [check.name for check in judgement.checks() if not check.passed] == []
    assert "FAIL" not in judgement.text()
    assert judgement.priming.primes == 20
    assert judgement.generated.seconds == 60
    assert judgement.timbre.generated < judgement.timbre.ceiling / 4
    assert "pitch classes 85%, loudness 100%" in judgement.text()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert (tmp_path / "a.png").stat().st_size > 1000
    assert json.loads(json.dumps(judgement.as_dict()))["checks"][0]["passed"] is True


def test_noise_that_ignores_its_prime_fails(data: Dataset, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(20 * RATE_HZ)).astype(np.float32)

    def render(_: Checkpoint, patch: Patch, seconds: float, seed: int, prime: Any = None) -> NDArray[np.float32]:
        return noise[: round(seconds * RATE_HZ)]

    hear(monkeypatch, render)
    judgement = judge(checkpoint, data, Patch(), seeds=1, seconds=20.0)
    failed = {check.name for check in judgement.checks() if not check.passed}
    assert failed >= {"silent or noise", "timbre's distance from test", "peaks in tune", "closer to own prime"}
    assert judgement.generated.noise_share == 1.0
    assert judgement.priming.generated == 10
    assert judgement.text().count("FAIL") == len(failed)


def test_silence_is_judged_without_warnings(data: Dataset, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hear(monkeypatch, played(np.zeros(20 * RATE_HZ, np.float32)))
    assert judge(checkpoint, data, Patch(), seeds=1, seconds=20.0).generated.silent_share == 1.0


def test_a_real_checkpoint_is_judged(data: Dataset, checkpoint: Path) -> None:
    judgement = judge(checkpoint, data, Patch(), seeds=2, seconds=2.0)
    assert judgement.generated.seconds == 4
    assert judgement.train.looping_share == 0.0


@pytest.mark.parametrize(("minutes", "pieces"), [(0.1, [6.0]), (1.5, [45.0, 45.0])])
def test_minutes_are_played_with_the_presets_patch(
    data: Dataset, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, minutes: float, pieces: list[float]
) -> None:
    asked: list[tuple[float, int, float]] = []

    def render(_: Checkpoint, patch: Patch, seconds: float, seed: int, prime: Any = None) -> NDArray[np.float32]:
        if prime is None:
            asked.append((seconds, seed, patch.temperature))
        return tune(seconds, seed)

    hear(monkeypatch, render)
    judge_minutes(checkpoint, data, minutes)
    save_patch(checkpoint.parent, Patch(temperature=0.5))
    judge_minutes(checkpoint, data, minutes)
    (checkpoint.parent / "patch.json").unlink()
    assert asked == [(seconds, seed, heat) for heat in (1.0, 0.5) for seed, seconds in enumerate(pieces)]


@pytest.mark.parametrize("minutes", [0.0, -1.0, 1e9, float("nan")])
def test_impossible_minutes_are_refused(data: Dataset, checkpoint: Path, minutes: float) -> None:
    with pytest.raises(BadInputError, match="not a length to generate"):
        judge_minutes(checkpoint, data, minutes)


def test_another_sample_rate_is_refused(data: Dataset, tmp_path: Path) -> None:
    config = ModelConfig(sample_rate_hz=16000, frame_sizes=(4, 16), dims=(8, 8, 8), embed_dim=4)
    save_checkpoint(tmp_path / "a.safetensors", config, random_checkpoint(config, 0).weights, {})
    with pytest.raises(BadInputError, match="plays at 16000 Hz"):
        judge(tmp_path / "a.safetensors", data, Patch())


def test_recordings_shorter_than_a_second_are_left_out(data: Dataset) -> None:
    assert [len(audio) / RATE_HZ for audio in sound_of(data.split("test"), CODEC)] == [30.0]


def test_recordings_too_short_to_prime_from_leave_that_check_out(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "music", {"train/a.wav": 30.0, "valid/b.wav": 4.0, "test/c.wav": 4.0})
    prepare(tmp_path / "music", tmp_path / "data", CODEC)
    hear(monkeypatch, played(tune(20.0, 99)))
    judgement = judge(checkpoint, load_dataset(tmp_path / "data"), Patch(), seeds=1, seconds=4.0)
    assert judgement.priming.primes == 0
    assert "closer to own prime" not in judgement.text()


def test_recordings_below_a_second_are_refused(tmp_path: Path, checkpoint: Path) -> None:
    names = {f"test/{index}.wav": 0.5 for index in range(4)}
    write_folder(tmp_path / "music", {"train/a.wav": 30.0, "valid/b.wav": 4.0, **names})
    prepare(tmp_path / "music", tmp_path / "data", CODEC)
    with pytest.raises(BadInputError, match="no recording of a second"):
        judge(checkpoint, load_dataset(tmp_path / "data"), Patch())
