import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint, random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.quantize import Audio
from tests.fixtures.corpus import RATE_HZ, tune
from trainer import priming


def test_primes_are_followed_by_what_was_played_next() -> None:
    audio = tune(40.0, 5)
    audio[10 * RATE_HZ : 12 * RATE_HZ] = 0.0
    primes, onward = priming.held_out_primes([audio], RATE_HZ)
    assert len(primes) == len(onward) == 20
    starts = [
        next(at for at in range(0, len(audio), RATE_HZ) if np.array_equal(audio[at : at + len(prime)], prime))
        for prime in primes
    ]
    for start, following in zip(starts, onward, strict=True):
        end = start + priming.PRIME_S * RATE_HZ
        assert np.array_equal(audio[end : end + priming.CONTINUATION_S * RATE_HZ], following)
        assert not 6 * RATE_HZ <= start < 12 * RATE_HZ


@given(st.integers(0, 1000), st.integers(1, 10))
def test_partners_are_mutual_and_a_deaf_model_is_right_half_of_the_time(seed: int, pairs: int) -> None:
    random = np.random.default_rng(seed)
    chromas = list(random.random((2 * pairs, 12)))
    partner = priming.pair_apart(chromas)
    assert sorted(partner) == list(range(2 * pairs))
    assert all(partner[partner[index]] == index != partner[index] for index in partner)
    heard = random.random(12)
    assert sum(chromas[index] @ heard > chromas[other] @ heard for index, other in partner.items()) == pairs


def test_a_model_that_goes_on_in_harmony_is_told_from_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    time_s = np.arange(20 * RATE_HZ) / RATE_HZ
    held = [(0.2 * np.sin(2 * np.pi * 220.0 * 2 ** (step / 12) * time_s)).astype(np.float32) for step in range(8)]

    def go_on(_: Checkpoint, patch: Patch, seconds: float, seed: int, prime: Audio) -> Audio:
        return prime[: round(seconds * RATE_HZ)]

    monkeypatch.setattr(priming, "render_offline", go_on)
    config = ModelConfig(sample_rate_hz=RATE_HZ, frame_sizes=(4, 16), dims=(8, 8, 8), embed_dim=4)
    following = priming.compare_primed(random_checkpoint(config, 0), Patch(), held, 0.0)
    assert following.generated == following.recorded == following.primes == 20
