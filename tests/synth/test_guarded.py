import numpy as np
import pytest

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.offline import render_offline

CONFIG = ModelConfig(frame_sizes=(4, 16), dims=(16, 16, 16), embed_dim=8)
RATE_HZ = CONFIG.sample_rate_hz
SECONDS = 3.0


@pytest.fixture(scope="module")
def noise() -> Checkpoint:
    """A network that has learned nothing: it guesses."""
    made = random_checkpoint(CONFIG)
    weights = {name: np.zeros_like(array) for name, array in made.weights.items()}
    return Checkpoint(CONFIG, weights, {}, made.sha256)


def test_a_render_leaves_noise_after_a_second_without_a_step(noise: Checkpoint) -> None:
    alone = render_offline(noise, Patch(guard=0.0), SECONDS, seed=1)
    guarded = render_offline(noise, Patch(), SECONDS, seed=1)
    first = int(np.flatnonzero(guarded != alone)[0])
    assert RATE_HZ <= first < 1.2 * RATE_HZ
    assert not np.array_equal(guarded[: RATE_HZ // 2], guarded[first : first + RATE_HZ // 2])
    assert np.array_equal(guarded, render_offline(noise, Patch(), SECONDS, seed=1))
