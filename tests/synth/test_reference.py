"""The reference's sampler on distributions whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from livernn.control.patch import Patch
from livernn.synth.reference import distribution, draw

LOGITS = np.log(np.array([0.1, 0.4, 0.3, 0.2]))


def test_default_patch_is_the_softmax() -> None:
    np.testing.assert_allclose(distribution(LOGITS, Patch()), [0.1, 0.4, 0.3, 0.2])


def test_temperature_is_a_power() -> None:
    expected = np.array([0.1, 0.4, 0.3, 0.2]) ** 2
    np.testing.assert_allclose(distribution(LOGITS, Patch(temperature=0.5)), expected / expected.sum())


@pytest.mark.parametrize(
    ("patch", "kept"),
    [
        (Patch(top_k=1), [1]),
        (Patch(top_k=3), [1, 2, 3]),
        (Patch(top_p=0.65), [1, 2]),
        (Patch(top_p=0.75), [1, 2, 3]),
        (Patch(min_p=0.4), [1, 2, 3]),
        (Patch(min_p=0.3, top_k=2), [1, 2]),
    ],
    ids=str,
)
def test_truncation(patch: Patch, kept: list[int]) -> None:
    np.testing.assert_array_equal(np.flatnonzero(distribution(LOGITS, patch)), kept)


@given(logits=arrays(float, 16, elements=st.floats(-30, 30)), top_p=st.floats(0.05, 1.0), top_k=st.integers(0, 16))
def test_probabilities_sum_to_one_and_keep_the_likeliest(logits: np.ndarray, top_p: float, top_k: int) -> None:
    probabilities = distribution(logits, Patch(top_p=top_p, top_k=top_k))
    assert probabilities.sum() == pytest.approx(1.0)
    assert probabilities[np.argmax(logits)] > 0.0


def test_draw_walks_the_cumulated_distribution() -> None:
    probabilities = np.array([0.25, 0.0, 0.5, 0.25])
    assert [draw(probabilities, uniform) for uniform in (0.0, 0.24, 0.26, 0.74, 0.76, 1.0)] == [0, 0, 2, 2, 3, 3]
