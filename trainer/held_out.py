"""Held-out bits per sample of a network, by teacher forcing."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from livernn.errors import BadInputError
from livernn.model.foresight import Foresight
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN, TierState
from trainer.dataset import CodeSplit

_TENTHS = 10
"""Of a second."""


def evaluate_split(model: SampleRNN, split: CodeSplit, limit_s: float | None = None) -> Foresight:
    """How well it foresees a split, file by file with the state carried over, in float32.

    The last incomplete frame of a file is left out. `limit_s` bounds the audio looked at.
    """
    rate_hz = model.config.sample_rate_hz
    total_bits, total_samples, busiest_bits = 0.0, 0, -math.inf
    limit = limit_s * rate_hz if limit_s else math.inf
    for codes in split.recordings():
        tenths = _Means(rate_hz // _TENTHS)
        for bits in forced_bits(model, codes):
            total_bits += float(bits.sum(dtype=np.float64))
            total_samples += bits.size
            tenths.add(bits)
            if total_samples >= limit:
                break
        if len(tenths.means) >= _TENTHS:
            busiest_bits = max(busiest_bits, float(sliding_window_view(tenths.means, _TENTHS).min(axis=1).max()))
        if total_samples >= limit:
            break
    if not total_samples:
        raise BadInputError("evaluation", "the split holds no whole frame", "Prepare the data with longer files.")
    return Foresight(total_bits / total_samples, busiest_bits if math.isfinite(busiest_bits) else None)


class _Means:
    """Of every `size` samples of what comes in pieces."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest: NDArray[np.float32] = np.empty(0, np.float32)
        self.means: list[float] = []

    def add(self, piece: NDArray[np.float32]) -> None:
        joined = np.concatenate([self._rest, piece])
        whole = len(joined) // self._size * self._size
        self.means += joined[:whole].reshape(-1, self._size).mean(axis=1).tolist()
        self._rest = joined[whole:]


def forced_bits(model: SampleRNN, codes: NDArray[np.uint8], length: int = 16384) -> Iterator[NDArray[np.float32]]:
    """Of each sample of one recording, in chunks of about `length`; the last incomplete frame is left out."""
    lookback = model.config.lookback_samples
    device = next(model.parameters()).device
    length = max(lookback, length // lookback * lookback)
    silence = np.full(lookback, silence_code(model.config), np.uint8)
    states: list[TierState] = [tuple(part.detach().clone() for part in state) for state in model.initial_states(1)]
    whole = len(codes) // lookback * lookback
    for start in range(0, whole, length):
        before = codes[start - lookback : start] if start else silence
        heard = np.concatenate([before, codes[start : min(start + length, whole)]])
        chunk = torch.from_numpy(heard).long()[None].to(device)
        with torch.no_grad():
            output = model(chunk, states)
            yield _bits(output.logits[0], chunk[0, lookback:]).cpu().numpy()
        for state, after in zip(states, output.states, strict=True):
            for old, new in zip(state, after, strict=True):
                old.copy_(new)


def _bits(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), targets, reduction="none") / math.log(2.0)
