"""The loop that the kernels are compared with computes the same network."""

import numpy as np
import pytest
import torch

from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.plain_loop import PlainLoop
from livernn.synth.reference import Reference


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig(frame_sizes=(4, 8), dims=(16, 12, 8), embed_dim=4),
        ModelConfig(frame_sizes=(4, 8), dims=(16, 12, 8), embed_dim=4, cell="lstm", upsampler="shared"),
    ],
    ids=str,
)
def test_its_logits_are_the_references(config: ModelConfig) -> None:
    checkpoint = random_checkpoint(config, seed=2)
    loop, reference = PlainLoop(checkpoint), Reference(checkpoint)
    with torch.inference_mode():
        for code in np.random.default_rng(0).integers(256, size=40):
            np.testing.assert_allclose(loop.logits().numpy(), reference.logits(), atol=1e-4)
            loop.push(torch.tensor(code))
            reference.push(int(code))


def test_it_draws() -> None:
    torch.manual_seed(0)
    codes = PlainLoop(random_checkpoint(ModelConfig(frame_sizes=(4, 8), dims=(16, 12, 8)))).render(50)
    assert len(set(codes.tolist())) > 10
