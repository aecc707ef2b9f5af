import math
from dataclasses import replace

import numpy as np
import pytest

from livernn.control.patch import Patch
from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.choir import choir_of
from livernn.synth.kernel import load_kernel
from livernn.synth.offline import MAX_SECONDS, render_offline
from livernn.synth.voice import Voice
from tests.fixtures.stereo import mono

CONFIG = ModelConfig(frame_sizes=(4, 16), dims=(16, 16, 16), embed_dim=8)
PATCH = Patch(gain_db=-12.0)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return random_checkpoint(CONFIG, seed=1)


def test_a_render_is_the_voice_without_its_delay(checkpoint: Checkpoint) -> None:
    audio = render_offline(checkpoint, PATCH, 0.25, seed=7)
    voice = Voice(choir_of(load_kernel(checkpoint), 7), 16000.0)
    live = np.concatenate([voice.render(64, PATCH) for _ in range(80)])
    assert audio.shape == (4000,)
    assert audio.dtype == np.float32
    assert np.array_equal(audio, mono(live)[voice.delay_samples : voice.delay_samples + 4000])


def test_it_repeats_and_the_seed_matters(checkpoint: Checkpoint) -> None:
    first = render_offline(checkpoint, PATCH, 0.1, seed=7)
    assert np.array_equal(first, render_offline(checkpoint, PATCH, 0.1, seed=7))
    assert not np.array_equal(first, render_offline(checkpoint, PATCH, 0.1, seed=8))


@pytest.mark.parametrize("rate_hz", [8000.0, 44100.0, 48000.0])
def test_any_rate_gives_its_exact_count(checkpoint: Checkpoint, rate_hz: float) -> None:
    assert render_offline(checkpoint, PATCH, 0.123, seed=1, rate_hz=rate_hz).shape == (round(0.123 * rate_hz),)


def test_a_prime_is_continued_and_not_contained(checkpoint: Checkpoint) -> None:
    prime = (0.3 * np.sin(np.arange(4000) / 9.0)).astype(np.float32)
    primed = render_offline(checkpoint, PATCH, 0.1, seed=7, prime=prime)
    voice = Voice(choir_of(load_kernel(checkpoint), 7), 16000.0)
    voice.prime(prime)
    assert np.array_equal(primed, mono(voice.render(2000, PATCH))[voice.delay_samples :][:1600])
    assert not np.array_equal(primed, render_offline(checkpoint, PATCH, 0.1, seed=7))


def test_voices_are_spread_and_differ(checkpoint: Checkpoint) -> None:
    single = render_offline(checkpoint, PATCH, 0.1, seed=7)
    pair = render_offline(checkpoint, replace(PATCH, voices=2, pan_spread=1), 0.1, seed=7)
    assert pair.shape == (1600, 2)
    assert np.array_equal(pair[:, 0], single)
    assert not np.allclose(pair[:, 0], pair[:, 1])
    middle = render_offline(checkpoint, replace(PATCH, voices=2, pan_spread=0), 0.1, seed=7)
    assert np.allclose(mono(middle), pair.sum(axis=1) / np.sqrt(2), atol=1e-6)


def test_progress_climbs_to_the_end(checkpoint: Checkpoint) -> None:
    shares: list[float] = []
    render_offline(checkpoint, PATCH, 0.2, seed=7, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, math.nan, math.inf, MAX_SECONDS * 2])
def test_a_length_that_cannot_be_is_refused(checkpoint: Checkpoint, seconds: float) -> None:
    with pytest.raises(BadInputError, match="not a length"):
        render_offline(checkpoint, PATCH, seconds, seed=1)
