import numpy as np
import pytest
import torch

from livernn.model.config import ModelConfig
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN
from trainer.dataset import CodeSplit, FileSpan
from trainer.held_out import evaluate_split

CONFIG = ModelConfig(frame_sizes=(4, 16), dims=(8, 8, 8), embed_dim=4)
SURE = 6.0


@pytest.fixture
def model() -> SampleRNN:
    """One that expects silence, whatever it hears."""
    network = SampleRNN(CONFIG)
    with torch.no_grad():
        network.sample_tier.output.weight.zero_()
        network.sample_tier.output.bias.zero_()
        network.sample_tier.output.bias[silence_code(CONFIG)] = SURE
    return network


def split_with_a_burst(burst_s: float, length_s: float = 4.0) -> CodeSplit:
    rate_hz, silence = CONFIG.sample_rate_hz, silence_code(CONFIG)
    codes = np.full(round(length_s * rate_hz), silence, np.uint8)
    codes[-rate_hz // 2 - round(burst_s * rate_hz) : -rate_hz // 2] = silence + 50
    return CodeSplit(codes, (FileSpan("burst", 0, len(codes)),))


def test_the_busiest_second_is_one_that_surprises_throughout(model: SampleRNN) -> None:
    total = np.exp(SURE) + CONFIG.q_levels - 1
    unforeseen, foreseen = np.log2(total), np.log2(total) - SURE / np.log(2.0)
    for burst_s, busiest in ((1.5, unforeseen), (0.8, foreseen)):
        held_out = evaluate_split(model, split_with_a_burst(burst_s))
        assert held_out.busiest_bits == pytest.approx(busiest, abs=1e-4)
        share = burst_s / 4.0
        assert held_out.held_out_bits == pytest.approx(share * unforeseen + (1.0 - share) * foreseen, abs=1e-4)


def test_what_lasts_less_than_a_second_has_no_busiest_second(model: SampleRNN) -> None:
    assert evaluate_split(model, split_with_a_burst(0.2, length_s=0.9)).busiest_bits is None
