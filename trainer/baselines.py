"""Held-out bits per sample of simple predictors, on the same codes and splits as the models."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.model.quantize import silence_code
from trainer.dataset import CodeSplit, Dataset
from trainer.linear_prediction import linear_prediction_bits

_STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_CHUNK_SAMPLES = 1 << 22

Counts = NDArray[np.int64]
Probabilities = NDArray[np.float64]


def baselines(data: Dataset, split: str = "test") -> Mapping[str, float]:
    """Bits per sample of each baseline, fitted on `train` and tuned on `valid`, worst first."""
    train, valid, test = data.split("train"), data.split("valid"), data.split(split)
    linear = linear_prediction_bits(train, valid, test, data.codec)
    return {
        "order-0 entropy": order_0_bits(train, test, data.codec),
        "order-2 n-gram": order_2_bits(train, valid, test, data.codec),
        "order-32 linear prediction": linear["fixed"],
        "order-32 linear prediction, adaptive": linear["adaptive"],
    }


def order_0_bits(train: CodeSplit, test: CodeSplit, codec: ModelConfig) -> float:
    """Cross-entropy of the codes' frequencies in `train`, one of each added."""
    shares = _level_counts(train, codec) + 1.0
    shares /= shares.sum()
    return float(-(_level_counts(test, codec) @ np.log2(shares)) / test.samples)


def _level_counts(split: CodeSplit, codec: ModelConfig) -> Counts:
    counts = np.zeros(codec.q_levels, np.int64)
    for start in range(0, split.samples, _CHUNK_SAMPLES):
        counts += np.bincount(split.codes[start : start + _CHUNK_SAMPLES], minlength=codec.q_levels)
    return counts


def order_2_bits(train: CodeSplit, valid: CodeSplit, test: CodeSplit, codec: ModelConfig) -> float:
    """Cross-entropy of the next code given the two before it.

    Each order is smoothed by a Dirichlet prior around the order below (MacKay and Peto, 1995), of the strengths that
    are best on `valid`.
    """
    counts = np.zeros(codec.q_levels**3, np.int64)
    for indices in _trigrams(train, codec):
        counts += np.bincount(indices, minlength=len(counts))
    counts = counts.reshape((codec.q_levels,) * 3)
    strengths = [(one, two) for one in _STRENGTHS for two in _STRENGTHS]
    best = min(strengths, key=lambda pair: _backed_off_bits(counts, valid, codec, *pair))
    return _backed_off_bits(counts, test, codec, *best)


def _trigrams(split: CodeSplit, codec: ModelConfig) -> Iterator[Counts]:
    """Indices into the flat table [code before last, last code, code]; silence comes before each recording."""
    silence = np.full(2, silence_code(codec), np.uint8)
    for recording in split.recordings():
        padded = np.concatenate([silence, recording])
        for start in range(0, len(recording), _CHUNK_SAMPLES):
            window = padded[start : start + _CHUNK_SAMPLES + 2].astype(np.int64)
            yield (window[:-2] * codec.q_levels + window[1:-1]) * codec.q_levels + window[2:]


def _backed_off_bits(
    counts: Counts, split: CodeSplit, codec: ModelConfig, strength_1: float, strength_2: float
) -> float:
    levels = codec.q_levels
    pairs = counts.sum(axis=0)
    singles = pairs.sum(axis=0) + 1.0
    order_0: Probabilities = singles / singles.sum()
    order_1: Probabilities = (pairs + strength_1 * order_0) / (pairs.sum(axis=1, keepdims=True) + strength_1)
    totals = counts.sum(axis=2).reshape(-1)
    flat = counts.reshape(-1)
    bits = 0.0
    for indices in _trigrams(split, codec):
        context = indices // levels
        below = order_1.reshape(-1)[indices % (levels * levels)]
        bits -= float(np.log2((flat[indices] + strength_2 * below) / (totals[context] + strength_2)).sum())
    return bits / split.samples
