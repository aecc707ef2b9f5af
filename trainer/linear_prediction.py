"""Linear prediction with a discretised logistic residual: the classical baseline for held-out bits per sample.

A sample's amplitude is predicted from the 32 before it. Coefficients are either one least-squares solution for the
whole of `train` (`fixed`) or solved anew every 64 samples from the recent past of the recording alone (`adaptive`).
The residual is logistic; its log scale is a linear function of logs of recent residual sizes and of the predicted
magnitude. The logistic's mass in each quantiser bin is the probability of that code, so the bits are those of the
codes that the models predict. Predicting on the companded axis instead costs a bit more per sample (piano).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from livernn.model.config import ModelConfig
from livernn.model.quantize import Codes
from trainer.dataset import CodeSplit

ORDER = 32

_BLOCK_SAMPLES = 64
_MEMORIES_SAMPLES = (256, 512, 1024)
_PULL = 1e-5
_SCALE_WINDOWS_SAMPLES = (4, 16, 64, 256, 2048)
_SMALLEST = 1e-5
_FAR = 1e6
_CHUNK_SAMPLES = 1 << 18
_FIT_SAMPLES = 1 << 18
_UNIFORM_SHARE = 1e-4

Signal = NDArray[np.float64]


def linear_prediction_bits(train: CodeSplit, valid: CodeSplit, test: CodeSplit, codec: ModelConfig) -> dict[str, float]:
    """Bits per sample of `fixed` and `adaptive` on `test`; the latter's memory is chosen on `valid`."""
    bins = Bins.of(codec)
    coefficients = fixed_coefficients(train, bins)
    excerpts = _excerpts(train)

    def best(memories: Sequence[int | None]) -> float:
        variants = [Variant(bins, coefficients, memory) for memory in memories]
        fitted = [(variant, variant.fit_scale(excerpts)) for variant in variants]
        variant, weights = min(fitted, key=lambda pair: pair[0].bits(valid, pair[1]))
        return variant.bits(test, weights)

    return {"fixed": best([None]), "adaptive": best(_MEMORIES_SAMPLES)}


@dataclass(frozen=True)
class Bins:
    """The quantiser: amplitude of each code `[q]` and the amplitudes between which it is chosen `[q + 1]`."""

    values: Signal
    edges: Signal

    @staticmethod
    def of(codec: ModelConfig) -> "Bins":
        """The outermost bins reach as far as matters: the quantiser clips."""
        top = codec.q_levels - 1
        places = np.arange(-0.5, codec.q_levels, 0.5) * (2.0 / top) - 1.0
        if codec.quantiser == "mu-law":
            places = np.sign(places) * np.expm1(np.abs(places) * np.log1p(top)) / top
        edges = places[::2].copy()
        edges[0], edges[-1] = -_FAR, _FAR
        return Bins(places[1::2], edges)


def _excerpts(split: CodeSplit) -> list[Codes]:
    each = _FIT_SAMPLES // len(split.files)
    return [codes[max(0, len(codes) // 2 - each // 2) :][:each] for codes in split.recordings()]


def _windows(signal: Signal) -> Signal:
    """`[n, ORDER + 1]`: each sample after the ORDER before it, oldest first, zeros before the first."""
    return sliding_window_view(np.concatenate([np.zeros(ORDER), signal]), ORDER + 1)


def fixed_coefficients(split: CodeSplit, bins: Bins) -> Signal:
    """Least squares over a whole split, `[ORDER]`, oldest sample first."""
    moments = np.zeros((ORDER + 1, ORDER + 1))
    for codes in split.recordings():
        for start in range(0, len(codes), _CHUNK_SAMPLES):
            windows = np.ascontiguousarray(_windows(bins.values[codes[start : start + _CHUNK_SAMPLES]]))
            moments += windows.T @ windows
    ridge = 1e-9 * np.trace(moments) * np.eye(ORDER) + 1e-12 * np.eye(ORDER)
    return np.asarray(np.linalg.solve(moments[:ORDER, :ORDER] + ridge, moments[:ORDER, ORDER]))


def adaptive_predictions(signal: Signal, fixed: Signal, memory_samples: int) -> Signal:
    """Each sample's prediction by coefficients that were solved from the blocks before its own."""
    blocks = -(-len(signal) // _BLOCK_SAMPLES)
    windows = _windows(np.pad(signal, (0, blocks * _BLOCK_SAMPLES - len(signal)))).reshape(
        blocks, _BLOCK_SAMPLES, ORDER + 1
    )
    predictions = np.empty((blocks, _BLOCK_SAMPLES))
    forgetting = np.exp(-_BLOCK_SAMPLES / memory_samples)
    moments = np.zeros((ORDER + 1, ORDER + 1))
    at_once = 1024
    for start in range(0, blocks, at_once):
        part = windows[start : start + at_once]
        gains = part.transpose(0, 2, 1) @ part
        past = np.empty_like(gains)
        for index, gain in enumerate(gains):
            past[index] = moments
            moments = forgetting * moments + gain
        square, cross = past[:, :ORDER, :ORDER], past[:, :ORDER, ORDER]
        pull = _PULL * np.einsum("bii->b", square)[:, None] / ORDER + 1e-9
        square = square + pull[:, :, None] * np.eye(ORDER)
        coefficients = np.linalg.solve(square, (cross + pull * fixed)[:, :, None])[:, :, 0]
        predictions[start : start + at_once] = np.einsum("bto,bo->bt", part[:, :, :ORDER], coefficients)
    return predictions.reshape(-1)[: len(signal)]


@dataclass(frozen=True)
class Variant:
    """One way to predict: by fixed coefficients or, with a memory, by ones that adapt."""

    bins: Bins
    fixed: Signal
    memory_samples: int | None

    def fit_scale(self, recordings: Sequence[Codes]) -> torch.Tensor:
        """Weights of the residual's log scale, `[features]`, of maximal likelihood."""
        parts = [self._terms(codes) for codes in recordings]
        features, lower, upper = (torch.cat([part[index] for part in parts]) for index in range(3))
        weights = torch.zeros(features.shape[1], dtype=torch.float64)
        weights[1] = 1.0
        weights.requires_grad_()
        optimiser = torch.optim.LBFGS([weights], max_iter=40, line_search_fn="strong_wolfe")

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            loss = self._bits(features, lower, upper, weights).mean()
            loss.backward()
            return loss

        optimiser.step(closure)
        return weights.detach()

    def bits(self, split: CodeSplit, weights: torch.Tensor) -> float:
        """Mean bits per sample over all recordings of a split."""
        total = 0.0
        for codes in split.recordings():
            features, lower, upper = self._terms(codes)
            total += float(self._bits(features, lower, upper, weights).sum())
        return total / split.samples

    def _bits(
        self, features: torch.Tensor, lower: torch.Tensor, upper: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        inverse = torch.exp(-torch.clamp(features @ weights, -20.0, 5.0))
        # Both edges mirrored to the lower tail, where the sigmoid keeps its digits.
        mirrored = lower > -upper
        low, high = torch.where(mirrored, -upper, lower), torch.where(mirrored, -lower, upper)
        mass = torch.sigmoid(high * inverse) - torch.sigmoid(low * inverse)
        return -torch.log2((1.0 - _UNIFORM_SHARE) * mass + _UNIFORM_SHARE / len(self.bins.values))

    def _terms(self, codes: Codes) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Features `[n, k]` of the log scale and the edges of the true bin relative to the prediction, `[n]` each."""
        signal = self.bins.values[codes]
        if self.memory_samples is None:
            predicted = _windows(signal)[:, :ORDER] @ self.fixed
        else:
            predicted = adaptive_predictions(signal, self.fixed, self.memory_samples)
        predicted = np.clip(predicted, -1.0, 1.0)
        sums = np.concatenate([[0.0], np.cumsum(np.abs(signal - predicted))])
        places = np.arange(len(signal))
        features = [np.ones(len(signal))]
        for window in _SCALE_WINDOWS_SAMPLES:
            start = np.maximum(places - window, 0)
            average = (sums[places] - sums[start]) / np.maximum(places - start, 1)
            features.append(np.log(np.maximum(average, 0.0) + _SMALLEST))
        features.append(np.log(np.abs(predicted) + 1e-3))
        lower, upper = self.bins.edges[codes] - predicted, self.bins.edges[codes.astype(np.int64) + 1] - predicted
        return torch.from_numpy(np.stack(features, axis=1)), torch.from_numpy(lower), torch.from_numpy(upper)
