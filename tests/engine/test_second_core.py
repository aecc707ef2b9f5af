"""A helper changes when samples come, never which."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from livernn.control.patch import Patch
from livernn.engine.second_core import SecondCore
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth import crew
from livernn.synth.crew import ALONE, AT_WORK, DONE, FRAME, STALLS, make_crew
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.weights import PackedWeights

PATCHES = [Patch(), Patch(temperature=0.7)]


@pytest.fixture(scope="module", params=["full", "shared"])
def weights(request: pytest.FixtureRequest) -> PackedWeights:
    return load_kernel(random_checkpoint(ModelConfig(dims=(64, 48, 32), upsampler=request.param), seed=3))


@pytest.fixture(scope="module")
def full() -> PackedWeights:
    return load_kernel(random_checkpoint(ModelConfig(dims=(64, 48, 32)), seed=3))


def test_the_same_samples_with_and_without(weights: PackedWeights) -> None:
    alone = Generator(weights, seed=4, voices=2)
    helped = SecondCore(Generator(weights, seed=4, voices=2))
    for count in (3, 64, 7, 200, 1, 500, 64):
        np.testing.assert_array_equal(helped.render(count, PATCHES), alone.render(count, PATCHES))
    snapshot = helped.snapshot()
    later = helped.render(70, PATCHES)
    helped.reset(9)
    helped.render(5, PATCHES)
    helped.restore(snapshot)
    np.testing.assert_array_equal(helped.render(70, PATCHES), later)
    helped.close()


def test_the_helper_does_some_of_the_work(full: PackedWeights) -> None:
    helped = SecondCore(Generator(full, seed=4))
    patience = time.monotonic() + 20.0
    while helped._crew.words[DONE] == 0 and time.monotonic() < patience:
        helped.render(64, PATCHES[:1])
    assert helped._crew.words[DONE] > 0
    helped.close()


def test_its_thread_ends_with_it(full: PackedWeights) -> None:
    before = threading.active_count()
    helped = SecondCore(Generator(full, seed=4))
    helped.render(64, PATCHES[:1])
    assert threading.active_count() == before + 1
    del helped
    assert threading.active_count() == before


def test_a_helper_that_stalls_is_left_alone_and_costs_no_sample(full: PackedWeights) -> None:
    """A thief takes a slice and never finishes it, as a thread does that the machine has put to sleep."""
    expected = Generator(full, seed=4).render(40_000, PATCHES[:1])
    stalled = Generator(full, seed=4)
    shared = make_crew(full.config, 1)
    assert crew.take(shared, full.config.taps) == -1  # nobody is at work; and now it is compiled
    stalled.take_on(shared)
    shared.words[AT_WORK] = 1
    results: list[np.ndarray] = []
    rendering = threading.Thread(target=lambda: results.append(stalled.render(40_000, PATCHES[:1])))
    rendering.start()
    ticket = crew.take(shared, full.config.taps)
    rendering.join()
    np.testing.assert_array_equal(results[0], expected)
    assert ticket >= 0
    assert shared.words[STALLS] == 1
    frame = shared.words[FRAME]
    shared.words[ALONE] = 0
    stalled.render(64, PATCHES[:1])
    assert shared.words[FRAME] == frame  # nothing is offered to a helper that has not come back
    crew.finish(shared, ticket)
    stalled.render(64, PATCHES[:1])
    assert shared.words[FRAME] > frame


@pytest.mark.parametrize("at_once", [0, 1])
def test_slices_of_either_order_are_the_same(full: PackedWeights, at_once: int) -> None:
    expected = Generator(full, seed=4).render(300, PATCHES[:1])
    sample = full.arrays.sample.copy()
    sample["at_once"] = at_once
    other = replace(full, arrays=full.arrays._replace(sample=sample))
    np.testing.assert_array_equal(Generator(other, seed=4).render(300, PATCHES[:1]), expected)
    helped = SecondCore(Generator(other, seed=4))
    parts = [helped.render(count, PATCHES[:1]) for count in (100, 3, 197)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), expected)
    helped.close()


def test_a_helper_with_nothing_to_do_returns(full: PackedWeights) -> None:
    Generator(full, seed=4).assist(make_crew(full.config, 1))
