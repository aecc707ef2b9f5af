"""Sounds that die on purpose are brought back to life: when, to which place, under which seed and patch."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.model.config import ModelConfig
from livernn.model.foresight import Foresight
from livernn.model.quantize import to_codes
from livernn.synth.generator import Snapshot
from livernn.synth.guard import FRESH_S, LIFTED_FROM, ONSET_S, STEPS_BACK, Guard, Rendered
from livernn.synth.voice import VoiceSnapshot
from tests.fixtures.corpus import tune

CONFIG = ModelConfig()
RATE_HZ = CONFIG.sample_rate_hz
BLOCK = 64
USUAL_BITS = 3.6
MUSIC = to_codes(tune(60.0, 1, RATE_HZ), CONFIG)
WHITE = np.random.default_rng(0).integers(0, 256, 60 * RATE_HZ).astype(np.uint8)
LIFE = 6 * RATE_HZ
AT_REST = Patch()

DEATHS: dict[Trouble, tuple[Callable[[int], NDArray[np.uint8]], float]] = {
    Trouble.SILENT: (lambda position: np.full(BLOCK, 131, np.uint8), 0.0),
    Trouble.NOISY: (lambda position: WHITE[position : position + BLOCK], 8.0),
    Trouble.LOOPING: (lambda position: MUSIC[position % 8000 : position % 8000 + BLOCK], 1.0),
}
"""What each sounds like at a position, and its surprisal."""


@dataclass
class Mortal:
    """Plays music and dies `life` samples after its beginning or the last return."""

    death: Trouble
    life: int
    position: int = 0
    lived: int = 0
    seed: int = 0
    returns: list[tuple[int, Trouble, int, int]] = field(default_factory=list)
    """When, why, to which position of the music and with which seed."""

    def snapshot(self) -> VoiceSnapshot:
        state = np.array([self.position], np.float32)
        return VoiceSnapshot(Snapshot(state, np.zeros(1, np.uint8), self.position, self.seed), ())

    def play(self, guard: Guard, blocks: int, patch: Patch = AT_REST) -> None:
        for _ in range(blocks):
            at, snapshot = self.heard, self.snapshot()
            dead = self.lived >= self.life and guard.lift(patch) == patch
            sound, bits = DEATHS[self.death] if dead else (lambda at: MUSIC[at : at + BLOCK], USUAL_BITS)
            codes = sound(self.position)[np.newaxis]
            self.position, self.lived, self.heard = self.position + BLOCK, self.lived + BLOCK, self.heard + BLOCK
            trouble = guard.hear(Rendered(at, snapshot, codes, np.array([bits])))
            if trouble is not None:
                back = guard.go_back(self.heard, trouble).generator
                self.position, self.seed, self.lived = back.position, back.seed, 0
                self.returns.append((self.heard, trouble, back.position, back.seed))

    heard: int = 0


def seconds(count: float) -> int:
    return round(count * RATE_HZ / BLOCK)


@pytest.fixture
def guard() -> Guard:
    return Guard(CONFIG, Foresight(USUAL_BITS), random.Random(1))


@pytest.mark.parametrize("death", Trouble)
def test_it_goes_back_to_before_the_collapse_at_once(guard: Guard, death: Trouble) -> None:
    mortal = Mortal(death, LIFE)
    mortal.play(guard, seconds(16.0))
    when, why, position, seed = mortal.returns[0]
    assert why is death
    assert LIFE < when <= LIFE + (ONSET_S[death] + 0.3) * RATE_HZ
    assert LIFE - 4 * RATE_HZ <= position <= LIFE
    assert seed != 0


def test_every_return_has_a_random_stream_of_its_own(guard: Guard) -> None:
    mortal = Mortal(Trouble.SILENT, LIFE)
    mortal.play(guard, seconds(40.0))
    seeds = [seed for *_, seed in mortal.returns]
    assert len(seeds) == len(set(seeds)) >= 4


def test_while_it_lives_on_for_a_while_the_last_healthy_place_is_taken(guard: Guard) -> None:
    mortal = Mortal(Trouble.SILENT, LIFE)
    mortal.play(guard, seconds(30.0))
    positions = [position for _, _, position, _ in mortal.returns]
    assert positions == sorted(positions)
    assert len(positions) >= 3


def test_a_place_that_collapses_again_is_left_for_earlier_ones_and_then_the_beginning(guard: Guard) -> None:
    mortal = Mortal(Trouble.SILENT, 20 * RATE_HZ)
    mortal.play(guard, seconds(20.0))
    mortal.life = 0
    guard.lift = lambda patch: patch  # type: ignore[method-assign]  # as if the performer's settings were at rest
    mortal.play(guard, seconds(1.3 * (len(STEPS_BACK) + 1) + 1.5))
    back = [round((20 * RATE_HZ - position) / RATE_HZ) for _, _, position, _ in mortal.returns]
    first = back[0]
    assert back[: len(STEPS_BACK)] == [first + step for step in STEPS_BACK]
    assert mortal.returns[len(STEPS_BACK)][2] == 0


def test_after_some_in_a_row_it_plays_with_settings_at_rest_until_it_is_healthy(guard: Guard) -> None:
    patch = Patch(temperature=0.3, top_k=3, gain_db=-9.0)
    mortal = Mortal(Trouble.SILENT, 8 * RATE_HZ)
    mortal.play(guard, seconds(8.0), patch)
    mortal.life = 0
    while len(mortal.returns) <= LIFTED_FROM:
        assert guard.lift(patch) == patch
        mortal.play(guard, 1, patch)
    lifted = guard.lift(patch)
    assert lifted == Patch(gain_db=-9.0)
    assert guard.lift(replace(patch, guard=0.0)) == replace(patch, guard=0.0)
    mortal.play(guard, seconds(2.5), patch)
    assert len(mortal.returns) == LIFTED_FROM + 1
    assert guard.lift(patch) == patch


def test_a_sound_may_begin_in_silence(guard: Guard) -> None:
    mortal = Mortal(Trouble.SILENT, 0)
    mortal.play(guard, seconds(FRESH_S - 0.1))
    assert mortal.returns == []
    mortal.play(guard, seconds(0.3))
    assert [position for _, _, position, _ in mortal.returns] == [0]


def test_what_is_rendered_again_leaves_no_place_that_nobody_heard(guard: Guard) -> None:
    """As while a knob is turned."""
    mortal = Mortal(Trouble.SILENT, 10 * RATE_HZ)
    for _ in range(100):
        mortal.play(guard, 50)
        mortal.position, mortal.heard, mortal.lived = (
            value - 40 * BLOCK for value in (mortal.position, mortal.heard, mortal.lived)
        )
    mortal.life = 0
    mortal.play(guard, seconds(2.0))
    assert mortal.returns[0][2] < 100 * 10 * BLOCK
