"""The compiled draw against the reference's, for any logits."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.synth import draw as compiled
from livernn.synth.reference import distribution, draw
from tests.synth.test_cpu import codes_at_edges

LEVELS = 40
SEVENS = np.arange(LEVELS, dtype=np.float32) % 7


@pytest.mark.parametrize("count", [LEVELS, LEVELS - 3])
@given(
    logits=arrays(np.float32, LEVELS, elements=st.integers(-3, 3).map(np.float32)),  # many that are equal
    top_k=st.integers(0, LEVELS),
    top_p=st.floats(0.05, 1.0),
    min_p=st.floats(0.0, 0.5),
    temperature=st.floats(0.1, 2.0),
)
@example(logits=SEVENS, top_k=10, top_p=1.0, min_p=0.0, temperature=2.0)
@example(logits=SEVENS, top_k=0, top_p=0.6, min_p=0.0, temperature=2.0)
def test_any_draw_is_the_reference_s(
    count: int, logits: NDArray[np.float32], top_k: int, top_p: float, min_p: float, temperature: float
) -> None:
    patch = Patch(temperature=temperature, top_k=float(min(top_k, count - 1)), top_p=top_p, min_p=min_p)
    values = [np.float32(value) for value in (patch.temperature, patch.top_k, patch.top_p, patch.min_p)]
    exact = logits[:count].astype(np.float64)
    probabilities = distribution(exact, patch)
    for uniform in np.linspace(0.0, 1.0, 3 * LEVELS, endpoint=False):
        code = compiled.draw(logits, count, np.empty(LEVELS, np.float32), uniform, *values)
        if code != draw(probabilities, uniform):
            assert code in codes_at_edges(exact, patch, uniform)


@given(peak=st.integers(0, 255), width=st.floats(0.5, 12.0), seed=st.integers(0, 1000))
def test_no_uniform_draws_what_is_next_to_impossible(peak: int, width: float, seed: int) -> None:
    """However sums of float32 are rounded: next to nothing can be 1e-38 of the whole, and a click."""
    shape = -0.5 * ((np.arange(256) - peak) / width) ** 2
    logits = (shape + np.random.default_rng(seed).normal(0.0, 1.0, 256)).astype(np.float32)
    probabilities = distribution(logits.astype(np.float64), Patch())
    cumulated = np.cumsum(probabilities)
    values = (np.float32(1.0), np.float32(0.0), np.float32(1.0), np.float32(0.0))
    for uniform in [2.0**-33, 1.0 - 2.0**-33, *cumulated[cumulated < 1.0 - 2.0**-33]]:
        code = compiled.draw(logits, 256, np.empty(256, np.float32), float(uniform), *values)
        assert probabilities[code] > 1e-9
