"""What is silent is cut at the ends, and shortened between."""

import numpy as np
import pytest

from tests.fixtures.corpus import RATE_HZ, tune
from trainer.silence import shorten_pauses, without_silent_ends

TONE = tune(2.0, seed=0)
QUIET = np.zeros(RATE_HZ, np.float32)


def test_silent_ends_are_cut_and_pauses_kept() -> None:
    padded = np.concatenate([QUIET, TONE, QUIET, TONE, QUIET])
    cut = without_silent_ends(padded, RATE_HZ)
    assert abs(len(cut) - (2 * len(TONE) + RATE_HZ)) <= RATE_HZ // 5
    assert len(without_silent_ends(padded + np.float32(0.1), RATE_HZ)) == len(cut)
    np.testing.assert_array_equal(without_silent_ends(TONE, RATE_HZ), TONE)
    np.testing.assert_array_equal(without_silent_ends(QUIET[:7], RATE_HZ), QUIET[:7])


@pytest.mark.parametrize("offset", [0.0, 0.1])
def test_long_pauses_are_shortened(offset: float) -> None:
    paused = np.concatenate([QUIET, TONE, QUIET, QUIET, TONE]) + np.float32(offset)
    shorter = shorten_pauses(paused, RATE_HZ, 0.25)
    assert abs(len(shorter) - (2 * len(TONE) + RATE_HZ // 2)) <= RATE_HZ // 25
    np.testing.assert_array_equal(shorter[-len(TONE) :], TONE + np.float32(offset))


def test_short_pauses_are_kept() -> None:
    paused = np.concatenate([TONE, QUIET, TONE])
    np.testing.assert_array_equal(shorten_pauses(paused, RATE_HZ, 1.1), paused)
    np.testing.assert_array_equal(shorten_pauses(QUIET[:7], RATE_HZ, 0.1), QUIET[:7])
