"""A stage that dies is brought back while it plays, and a take tells it, sample for sample."""

import json
from pathlib import Path

import numpy as np
import pytest

from livernn.control.trouble import Trouble
from livernn.engine.messages import Event, Guarded, Play
from livernn.engine.shared import read_metrics
from livernn.model.checkpoint import random_checkpoint, save_checkpoint
from livernn.model.quantize import silence_code
from tests.engine.fakes import SMALL
from tests.engine.test_replay import Stage, assert_replayed, stage

__all__ = ["stage"]

RATE_HZ = 48000


def dead(path: Path, certainty: float) -> Path:
    """A network that has learned nothing but silence: certain of it, or, at 0, guessing at random."""
    weights = {name: np.zeros_like(array) for name, array in random_checkpoint(SMALL).weights.items()}
    weights["sample_tier.output.bias"][silence_code(SMALL)] = certainty
    save_checkpoint(path, SMALL, weights, {})
    return path


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    return dead(tmp_path / "noise.safetensors", 0.0)


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    return dead(tmp_path / "silence.safetensors", 20.0)


def is_return(event: Event) -> bool:
    return isinstance(event, Guarded)


def returns_in(wav: Path) -> list[str]:
    log = json.loads(wav.with_suffix(".json").read_text())["log"]
    return [entry["guard"] for entry in log if "guard" in entry]


@pytest.mark.parametrize(
    ("dying", "trouble", "seconds", "least"), [("noise", Trouble.NOISY, 3, 2), ("silence", Trouble.SILENT, 4, 1)]
)
def test_a_dead_sound_is_left_and_a_take_tells_it(
    stage: Stage, request: pytest.FixtureRequest, dying: str, trouble: Trouble, seconds: int, least: int
) -> None:
    stage.turn()
    stage.load(1, request.getfixturevalue(dying))
    stage.rig.send(Play())
    stage.play_for(RATE_HZ // 2)
    stage.record()
    stage.play_for(seconds * RATE_HZ)
    assert stage.rig.await_event(is_return) == Guarded(trouble)
    metrics = read_metrics(stage.rig.block, stage.rig.reel)
    assert metrics.guard_trouble is trouble
    wav = stage.end()
    assert least <= len(returns_in(wav)) <= metrics.guard_returns
    assert set(returns_in(wav)) == {trouble.value}
    assert_replayed(wav)


def test_switched_off_it_only_watches(stage: Stage, noise: Path) -> None:
    stage.turn(guard=0.0)
    stage.load(1, noise)
    stage.rig.send(Play())
    stage.play_for(3 * RATE_HZ)
    assert read_metrics(stage.rig.block, stage.rig.reel).guard_returns == 0
    stage.turn(guard=1.0)
    stage.play_for(RATE_HZ)
    assert stage.rig.await_event(is_return) == Guarded(Trouble.NOISY)
