"""A choir's voices come and go; what each sings depends on nobody else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.choir import Choir, choir_of
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.weights import PackedWeights

CONFIG = ModelConfig(frame_sizes=(4, 12), dims=(16, 16, 16), embed_dim=4, q_levels=64)
PATCHES = [Patch(temperature=0.5 + voice / 5) for voice in range(8)]


@pytest.fixture(scope="module")
def weights() -> PackedWeights:
    return load_kernel(random_checkpoint(CONFIG, seed=3))


def sing(choir: Choir, voices: int, count: int) -> np.ndarray:
    choir.engage(voices)
    return choir.render(count, PATCHES[:voices])


@given(turns=st.lists(st.tuples(st.integers(1, 8), st.integers(1, 60)), min_size=1, max_size=8))
def test_a_voice_goes_on_bit_for_bit_in_any_company(weights: PackedWeights, turns: list[tuple[int, int]]) -> None:
    choir = choir_of(weights, 5)
    alone = Generator(weights, seed=5, voices=8)
    before = 1
    for voices, count in turns:
        snapshot = choir.snapshot()
        choir.engage(voices)
        heirs = np.arange(voices) % before
        assert np.array_equal(choir.snapshot().state, snapshot.state[heirs])
        filled = np.arange(8) % before
        alone.restore(replace(snapshot, state=snapshot.state[filled], history=snapshot.history[filled]))
        assert np.array_equal(choir.render(count, PATCHES[:voices]), alone.render(count, PATCHES)[:voices])
        before = voices
    assert choir.voices == before


def test_a_further_voice_begins_as_a_copy_and_finds_its_own_way(weights: PackedWeights) -> None:
    choir = choir_of(weights, 5)
    sing(choir, 1, 100)
    first, second = sing(choir, 2, 400)
    assert not np.array_equal(first, second)
    unbroken = choir_of(weights, 5)
    assert np.array_equal(first, sing(unbroken, 1, 500)[0, 100:])


def test_snapshots_are_of_all_that_sing_and_a_reset_leaves_one(weights: PackedWeights) -> None:
    choir = choir_of(weights, 5)
    sing(choir, 3, 50)
    snapshot = choir.snapshot()
    expected = sing(choir, 3, 50)
    sing(choir, 8, 20)
    choir.restore(snapshot)
    assert choir.voices == 3
    assert np.array_equal(sing(choir, 3, 50), expected)
    choir.reset(6)
    assert choir.voices == 1
    assert np.array_equal(sing(choir, 2, 40), sing(choir_of(weights, 6), 2, 40))


def test_a_state_of_no_choir_is_refused(weights: PackedWeights) -> None:
    choir = choir_of(weights, 5)
    good = choir.snapshot()
    for rows in (np.zeros(0, int), np.zeros(9, int)):
        with pytest.raises(ValueError, match="number of voices"):
            choir.restore(replace(good, state=good.state[rows], history=good.history[rows]))
    with pytest.raises(ValueError, match="number of voices"):
        choir.restore(replace(good, history=good.history[[0, 0]]))
