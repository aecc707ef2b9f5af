"""A widened network computes what the narrow one does, and its new units can learn."""

from dataclasses import replace

import pytest
import torch

from livernn.model.config import Cell, ModelConfig, Upsampler
from livernn.model.samplernn import SampleRNN, bits_per_sample
from trainer.widen import can_widen, widened

NARROW = ModelConfig(frame_sizes=(4, 16), dims=(12, 16, 20), embed_dim=4, q_levels=64)


@pytest.mark.parametrize("upsampler", ["full", "shared"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("dims", [(20, 24, 28), (12, 24, 20), (24, 16, 20)], ids=str)
def test_logits_stay(upsampler: Upsampler, cell: Cell, layers: int, dims: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    config = replace(NARROW, upsampler=upsampler, cell=cell, layers=layers)
    narrow, wide = SampleRNN(config), SampleRNN(replace(config, dims=dims))
    for parameter in narrow.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    wide.load_plain_state(widened(narrow.plain_state(), wide.plain_state(), wide.config))
    codes = torch.randint(config.q_levels, (2, 16 + 64))
    expected = narrow(codes, narrow.initial_states(2)).logits
    assert expected.std() > 0.1
    torch.testing.assert_close(wide(codes, wide.initial_states(2)).logits, expected)


def test_new_units_learn() -> None:
    torch.manual_seed(0)
    narrow = SampleRNN(NARROW)
    wide = SampleRNN(replace(NARROW, dims=(20, 24, 28)))
    wide.load_plain_state(widened(narrow.plain_state(), wide.plain_state(), wide.config))
    codes = torch.randint(64, (2, 16 + 64))
    bits_per_sample(wide(codes, wide.initial_states(2)).logits, codes[:, 16:]).backward()
    grown = wide.sample_tier.output.weight.grad
    assert grown is not None
    assert (grown[:, 12:].abs().sum(dim=0) > 0.0).any()


def test_only_wider_networks_of_the_same_kind() -> None:
    assert can_widen(NARROW, replace(NARROW, dims=(12, 16, 24), sample_rate_hz=8000))
    assert not can_widen(NARROW, replace(NARROW, dims=(12, 8, 24)))
    assert not can_widen(NARROW, replace(NARROW, upsampler="shared"))
    assert not can_widen(NARROW, replace(NARROW, frame_sizes=(4,), dims=(12, 16)))
