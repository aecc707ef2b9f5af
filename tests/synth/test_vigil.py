"""What is played is told from what is dead, by codes made on purpose."""

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.control.trouble import Trouble
from livernn.model.config import ModelConfig
from livernn.model.foresight import Foresight
from livernn.model.quantize import Audio, to_codes
from livernn.synth.vigil import LOOP_PATIENCE_S, NOISE_ABOVE_BITS, NOISE_ABOVE_BUSIEST_BITS, Vigil
from tests.fixtures.corpus import tune

CONFIG = ModelConfig()
RATE_HZ = CONFIG.sample_rate_hz
BLOCK = 64
USUAL_BITS = 3.6
USUAL = Foresight(USUAL_BITS)
GLANCE_SAMPLES = RATE_HZ // 10 + BLOCK
"""At most so long after the end of a dead second it is seen."""

RANDOM = np.random.default_rng(0)
MUSIC = tune(20.0, 1, RATE_HZ)


def drums(seconds: float, rest_s: float) -> Audio:
    """Bursts of noise that die away, `rest_s` of silence after each; no two alike."""
    period, count = round((0.25 + rest_s) * RATE_HZ), round(seconds / (0.25 + rest_s))
    hit = np.exp(-np.arange(round(0.25 * RATE_HZ)) / (0.04 * RATE_HZ))
    sound = np.zeros(count * period, np.float32)
    for number in range(count):
        colour = RANDOM.uniform(0.8, 0.95) ** np.arange(64)
        noise = np.convolve(RANDOM.standard_normal(hit.size), colour)[: hit.size]
        sound[number * period : number * period + hit.size] = 0.1 * RANDOM.uniform(0.5, 1.0) * hit * noise
    return sound


def tone(seconds: float, hz: float = 440.0) -> Audio:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def watch(
    vigil: Vigil, codes: NDArray[np.uint8], bits: float = USUAL_BITS, begin: int = 0
) -> list[tuple[int, Trouble]]:
    """Every trouble seen in `codes` from sample `begin` on, and when."""
    starts = range(begin, len(codes) - BLOCK + 1, BLOCK)
    glanced = (at + BLOCK for at in starts if vigil.hear(at, codes[np.newaxis, at : at + BLOCK], bits))
    return [(end, vigil.trouble) for end in glanced if vigil.trouble is not None]


@pytest.fixture
def vigil() -> Vigil:
    return Vigil(CONFIG, USUAL)


def test_music_is_healthy(vigil: Vigil) -> None:
    assert watch(vigil, to_codes(MUSIC, CONFIG)) == []
    assert vigil.healthy


@pytest.mark.parametrize("rest_s", [0.25, 0.5, 0.7])
def test_rests_between_hits_are_music(vigil: Vigil, rest_s: float) -> None:
    assert watch(vigil, to_codes(drums(12.0, rest_s), CONFIG)) == []


def test_a_steady_tone_is_let_be_for_some_seconds(vigil: Vigil) -> None:
    held, around = tone(LOOP_PATIENCE_S - 1.0), MUSIC[: 3 * RATE_HZ]
    assert watch(vigil, to_codes(np.concatenate([around, held, around[::-1]]), CONFIG)) == []


@pytest.mark.parametrize("foresight", [USUAL, None])
def test_a_second_of_one_code_is_silence(foresight: Foresight | None) -> None:
    begin = 4 * RATE_HZ
    codes = np.concatenate([to_codes(MUSIC[:begin], CONFIG), np.full(2 * RATE_HZ, 140, np.uint8)])
    end, trouble = watch(Vigil(CONFIG, foresight), codes, bits=0.01)[0]
    assert trouble is Trouble.SILENT
    assert begin + RATE_HZ < end <= begin + 1.2 * RATE_HZ  # the last note decays through the filters first


def test_a_second_of_white_codes_is_noise_by_its_spectrum() -> None:
    vigil = Vigil(ModelConfig(pre_emphasis=0.0), None)
    white = RANDOM.integers(0, 256, 3 * RATE_HZ).astype(np.uint8)
    assert watch(vigil, white, bits=0.0)[0] == (pytest.approx(RATE_HZ, abs=GLANCE_SAMPLES), Trouble.NOISY)
    assert not vigil.healthy


@pytest.mark.parametrize(
    ("bits", "foresight", "noise"),
    [
        (USUAL_BITS + NOISE_ABOVE_BITS + 0.1, USUAL, True),
        (USUAL_BITS + NOISE_ABOVE_BITS - 0.1, USUAL, False),
        (USUAL_BITS + 2.0 + NOISE_ABOVE_BUSIEST_BITS + 0.1, Foresight(USUAL_BITS, USUAL_BITS + 2.0), True),
        (USUAL_BITS + 2.0 + NOISE_ABOVE_BUSIEST_BITS - 0.1, Foresight(USUAL_BITS, USUAL_BITS + 2.0), False),
        (USUAL_BITS + NOISE_ABOVE_BITS + 0.1, Foresight(USUAL_BITS, USUAL_BITS - 1.5), True),
        (USUAL_BITS + NOISE_ABOVE_BITS - 0.1, Foresight(USUAL_BITS, USUAL_BITS - 1.5), False),
        (6.1, None, True),
        (5.9, None, False),
        (np.nan, USUAL, False),
    ],
)
def test_a_second_that_the_network_only_guesses_at_is_noise(
    bits: float, foresight: Foresight | None, noise: bool
) -> None:
    begin, vigil, codes = 4 * RATE_HZ, Vigil(CONFIG, foresight), to_codes(MUSIC, CONFIG)
    assert watch(vigil, codes[:begin]) == []
    seen = watch(vigil, codes[: begin + 2 * RATE_HZ], bits, begin)
    assert bool(seen) == noise
    assert not noise or seen[0] == (pytest.approx(begin + RATE_HZ, abs=2 * GLANCE_SAMPLES), Trouble.NOISY)


@pytest.mark.parametrize("period_s", [0.01, 0.5, 2.0])
def test_a_bar_that_comes_again_and_again_is_a_loop_after_some_seconds(vigil: Vigil, period_s: float) -> None:
    begin, bar = 4 * RATE_HZ, MUSIC[4 * RATE_HZ : round((4.0 + period_s) * RATE_HZ)]
    looped = np.tile(bar, round(14.0 / period_s))
    seen = watch(vigil, to_codes(np.concatenate([MUSIC[:begin], looped]), CONFIG))
    assert {trouble for _, trouble in seen} == {Trouble.LOOPING}
    first_repeated_second = begin + (max(1.0, period_s) + 1.0) * RATE_HZ
    assert seen[0][0] <= first_repeated_second + (LOOP_PATIENCE_S + 0.3) * RATE_HZ


def test_a_drone_is_a_loop_where_the_network_is_too_sure_of_it() -> None:
    shimmer = 1.0 + 0.8 * np.repeat(RANDOM.standard_normal(100), RATE_HZ // 5)
    drone = tone(20.0) * shimmer[: 20 * RATE_HZ] + 0.02 * RANDOM.standard_normal(20 * RATE_HZ)
    codes = to_codes(drone.astype(np.float32), CONFIG)
    assert {trouble for _, trouble in watch(Vigil(CONFIG, USUAL), codes, bits=1.3)} == {Trouble.LOOPING}
    assert watch(Vigil(CONFIG, USUAL), codes, bits=3.0) == []
    assert watch(Vigil(CONFIG, Foresight(USUAL_BITS, trained_bits=1.8)), codes, bits=1.3) == []
    assert watch(Vigil(CONFIG, Foresight(USUAL_BITS, trained_bits=2.0)), codes, bits=1.3) != []
    assert watch(Vigil(CONFIG, None), codes, bits=1.3) == []


def test_what_is_rendered_again_is_heard_once(vigil: Vigil) -> None:
    """As while a knob is turned: the ring again and again, ever a little later."""
    codes, ring, moved = to_codes(MUSIC, CONFIG), 3200, 640
    for begin in range(0, 15 * RATE_HZ, moved):
        assert watch(vigil, codes[: begin + ring], begin=begin) == []
    assert vigil.healthy


def test_after_a_gap_a_whole_second_is_needed_again(vigil: Vigil) -> None:
    codes = to_codes(MUSIC, CONFIG)
    watch(vigil, codes[: 2 * RATE_HZ])
    watch(vigil, codes[: 4 * RATE_HZ], begin=3 * RATE_HZ + BLOCK)
    assert not vigil.healthy
    watch(vigil, codes[: 5 * RATE_HZ], begin=4 * RATE_HZ)
    assert vigil.healthy


def test_the_sum_of_voices_is_watched(vigil: Vigil) -> None:
    both = np.stack([np.full(len(MUSIC), 128, np.uint8), to_codes(MUSIC, CONFIG)])
    for at in range(0, 5 * RATE_HZ, BLOCK):
        vigil.hear(at, both[:, at : at + BLOCK], USUAL_BITS)
    assert vigil.healthy
