"""Held-out bits per sample of a network, by teacher forcing."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from livernn.errors import BadInputError
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN, TierState, bits_per_sample
from trainer.dataset import CodeSplit


def evaluate_split(model: SampleRNN, split: CodeSplit, limit_s: float | None = None) -> float:
    """Bits per sample of a split, file by file with the state carried over, in float32.

    The last incomplete frame of a file is left out. `limit_s` bounds the audio looked at.
    """
    total_bits, total_samples = 0.0, 0
    limit = int(limit_s * model.config.sample_rate_hz) if limit_s else split.samples
    for chunk, states in _chunks(model, split):
        with torch.no_grad():
            output = model(chunk, states)
            targets = chunk[:, model.config.lookback_samples :]
            total_bits += bits_per_sample(output.logits, targets).item() * targets.numel()
        for state, after in zip(states, output.states, strict=True):
            for old, new in zip(state, after, strict=True):
                old.copy_(new)
        total_samples += targets.numel()
        if total_samples >= limit:
            break
    if not total_samples:
        raise BadInputError("evaluation", "the split holds no whole frame", "Prepare the data with longer files.")
    return total_bits / total_samples


def _chunks(model: SampleRNN, split: CodeSplit, length: int = 16384) -> Iterator[tuple[Tensor, list[TierState]]]:
    lookback = model.config.lookback_samples
    device = next(model.parameters()).device
    length = max(lookback, length // lookback * lookback)
    silence = np.full(lookback, silence_code(model.config), np.uint8)
    for codes in split.recordings():
        states = [tuple(part.detach().clone() for part in state) for state in model.initial_states(1)]
        whole = len(codes) // lookback * lookback
        for start in range(0, whole, length):
            before = codes[start - lookback : start] if start else silence
            chunk = np.concatenate([before, codes[start : min(start + length, whole)]])
            yield torch.from_numpy(chunk).long()[None].to(device), states
