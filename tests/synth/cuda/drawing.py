"""Whether codes are those that the reference draws by the same noise."""

import numpy as np

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.synth.philox import fill_gumbels
from livernn.synth.reference import Reference, Steadying, distribution, draw_by_noise


def assert_drawn_as_specified(
    checkpoint: Checkpoint, codes: np.ndarray, patch: Patch, seed: int, voice: int, tolerance: float
) -> np.ndarray:
    """Each of `codes` has the largest perturbed score, or one that is lower by the tolerance at most.

    Returns -log2 of the probability of each.
    """
    noise = np.empty((len(codes), checkpoint.config.q_levels))
    fill_gumbels(noise, seed=seed, voice=voice, start=0)
    shares, steadying = [], Steadying(checkpoint)
    rows = Reference(checkpoint, patch=patch, seed=seed, voice=voice).forced_logits(codes)
    for logits, gumbels, code in zip(rows, noise, codes, strict=True):
        led = steadying.patch(patch)
        probabilities = distribution(logits, led)
        best = draw_by_noise(probabilities, gumbels)
        if code != best:
            scores = logits / led.temperature + gumbels
            assert scores[best] - scores[code] < tolerance
            assert probabilities[code] > 0.0
        steadying.push(probabilities[code])
        shares.append(probabilities[code])
    return np.asarray(-np.log2(shares))
