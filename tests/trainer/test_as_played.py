"""Kernels predict held-out codes as the network does, but for what their formats round."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import Precision
from livernn.model.samplernn import SampleRNN
from trainer.as_played import bits_as_played
from trainer.dataset import CodeSplit, FileSpan
from trainer.held_out import evaluate_split

CONFIG = ModelConfig(frame_sizes=(4, 16), dims=(24, 24, 24), embed_dim=4)


def split_of(*lengths: int) -> CodeSplit:
    codes = np.random.default_rng(0).integers(256, size=sum(lengths)).astype(np.uint8)
    offsets = np.cumsum([0, *lengths])
    files = tuple(FileSpan(f"{at}", int(at), length) for at, length in zip(offsets, lengths, strict=False))
    return CodeSplit(codes, files)


def test_every_precision_is_near_the_network(tmp_path: Path) -> None:
    checkpoint = random_checkpoint(CONFIG, seed=1)
    model = SampleRNN(CONFIG)
    model.load_plain_state({name: torch.from_numpy(array) for name, array in checkpoint.weights.items()})
    split = split_of(16 * 300, 16 * 20)
    expected = evaluate_split(model, split).held_out_bits
    bits = bits_as_played(checkpoint, split)
    assert tuple(bits) == get_args(Precision)
    assert bits["fp32"] == pytest.approx(expected, abs=1e-4)
    assert all(value == pytest.approx(expected, abs=0.2) for value in bits.values())
    assert len(set(bits.values())) == 4


def test_the_limit_bounds_what_is_heard() -> None:
    checkpoint = random_checkpoint(CONFIG, seed=1)
    first, both = split_of(16000), split_of(16000, 16000)
    assert bits_as_played(checkpoint, both, limit_s=1.0) == bits_as_played(checkpoint, first)
