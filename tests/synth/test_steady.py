from dataclasses import replace

import numpy as np
import pytest

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.foresight import Foresight
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.state import excess_place
from tests.fixtures.agreement import assert_reference_draws
from tests.fixtures.networks import stating

STEADY = Patch(temperature=0.9, steady=0.4)


def generator(checkpoint: Checkpoint, voices: int = 1) -> Generator:
    return Generator(load_kernel(checkpoint, "fp32"), seed=11, voices=voices)


@pytest.mark.parametrize("name", ["three tiers", "lstm", "odd sizes"])
def test_codes_equal_the_reference_for_the_same_uniforms(name: str) -> None:
    checkpoint, count = stating(Foresight(5.0, trained_bits=4.0), name), 1000
    (codes,) = generator(checkpoint).render(count, [STEADY])
    assert (codes != generator(checkpoint).render(count, [replace(STEADY, steady=0.0)])[0]).any()
    assert_reference_draws(codes, checkpoint, STEADY, seed=11)


@pytest.mark.parametrize(("temperature", "aim_bits"), [(1.4, 6.5), (0.6, 7.5)])
def test_what_is_drawn_comes_nearer_to_the_aim(temperature: float, aim_bits: float) -> None:
    checkpoint = stating(Foresight(aim_bits))
    away_bits = []
    for steady in (0.0, 0.5):
        voice, patch = generator(checkpoint), Patch(temperature=temperature, steady=steady)
        voice.render(12000, [patch])
        voice.render(4000, [patch])
        away_bits.append(abs(voice.surprisal_bits[0] - aim_bits))
    assert away_bits[1] < 0.8 * away_bits[0]


def test_the_aim_is_what_it_was_trained_on_where_that_is_stated() -> None:
    codes = [
        generator(stating(foresight)).render(2000, [STEADY])
        for foresight in (Foresight(4.0, trained_bits=3.0), Foresight(3.0), Foresight(4.0))
    ]
    np.testing.assert_array_equal(codes[0], codes[1])
    assert (codes[0] != codes[2]).any()


def test_a_checkpoint_that_states_nothing_is_played_at_its_temperature() -> None:
    checkpoint = stating(None)
    plain = generator(checkpoint).render(2000, [Patch(temperature=0.9)])
    np.testing.assert_array_equal(generator(checkpoint).render(2000, [STEADY]), plain)


def test_it_depends_on_neither_blocks_nor_company_and_comes_back_with_a_snapshot() -> None:
    checkpoint = stating(Foresight(3.0))
    whole = generator(checkpoint, voices=2).render(900, [STEADY, Patch()])
    np.testing.assert_array_equal(generator(checkpoint).render(900, [STEADY])[0], whole[0])
    voice = generator(checkpoint)
    parts = [voice.render(count, [STEADY]) for count in (1, 63, 300)]
    before = voice.snapshot()
    parts.append(voice.render(536, [STEADY]))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1)[0], whole[0])
    voice.restore(before)
    np.testing.assert_array_equal(voice.render(536, [STEADY]), parts[-1])


def test_a_prime_is_gone_on_from_at_the_temperature_itself() -> None:
    checkpoint = stating(Foresight(3.0))
    voice, place = generator(checkpoint), excess_place(checkpoint.config)
    voice.render(640, [STEADY])
    assert voice.snapshot().state[0, place] > 0.1
    voice.prime(np.full(640, 90, np.uint8))
    assert voice.snapshot().state[0, place] == 0.0
