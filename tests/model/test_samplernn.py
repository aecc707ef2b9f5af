"""The torch network: the published structure, equal to the reference, weights that survive the checkpoint."""

import numpy as np
import pytest
import torch

from livernn.model.checkpoint import Checkpoint, weight_shapes
from livernn.model.config import ModelConfig
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN, bits_per_sample
from livernn.synth.reference import Reference

CONFIGS = [
    ModelConfig(frame_sizes=(8,), dims=(24, 40)),
    ModelConfig(dims=(24, 32, 40), layers=2),
    ModelConfig(frame_sizes=(4, 8, 16), dims=(16, 24, 20, 12), cell="lstm", upsampler="shared", q_levels=100),
]


def network(config: ModelConfig, *, weight_norm: bool = False) -> SampleRNN:
    torch.manual_seed(0)
    model = SampleRNN(config, weight_norm=weight_norm)
    for tier in model.frame_tiers:
        torch.nn.init.normal_(tier.initial, std=0.5)
        torch.nn.init.normal_(tier.upsample.bias, std=0.2)
    return model


def random_codes(config: ModelConfig, batch: int, time: int) -> torch.Tensor:
    codes = torch.randint(config.q_levels, (batch, config.lookback_samples + time))
    codes[:, : config.lookback_samples] = silence_code(config)
    return codes


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("weight_norm", [False, True])
def test_forward_equals_the_reference(config: ModelConfig, weight_norm: bool) -> None:
    model = network(config, weight_norm=weight_norm)
    weights = {name: tensor.numpy() for name, tensor in model.plain_state().items()}
    voice = Reference(Checkpoint(config, weights, {}, ""))
    codes = random_codes(config, 1, 2 * config.lookback_samples)
    with torch.no_grad():
        logits = model(codes, model.initial_states(1)).logits[0].numpy()
    for time, code in enumerate(codes[0, config.lookback_samples :]):
        np.testing.assert_allclose(logits[time], voice.logits(), atol=1e-4)
        voice.push(int(code))


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_two_chunks_with_carried_states_equal_one(config: ModelConfig) -> None:
    model = network(config)
    lookback = config.lookback_samples
    codes = random_codes(config, 3, 4 * lookback)
    with torch.no_grad():
        whole = model(codes, model.initial_states(3)).logits
        first = model(codes[:, : 3 * lookback], model.initial_states(3))
        second = model(codes[:, 2 * lookback :], first.states)
    torch.testing.assert_close(torch.cat([first.logits, second.logits], 1), whole, atol=1e-5, rtol=1e-5)


def test_a_logit_sees_the_past_alone() -> None:
    config = CONFIGS[1]
    model = network(config)
    codes = random_codes(config, 1, 2 * config.lookback_samples)
    changed = codes.clone()
    at = config.lookback_samples + 70
    changed[0, at] = (changed[0, at] + 50) % config.q_levels
    with torch.no_grad():
        before = model(codes, model.initial_states(1)).logits[0]
        after = model(changed, model.initial_states(1)).logits[0]
    differs = (before != after).any(dim=1)
    assert not differs[:71].any()
    assert differs[71]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("weight_norm", [False, True])
def test_plain_state_has_the_checkpoint_shapes_and_loads_back(config: ModelConfig, weight_norm: bool) -> None:
    model = network(config, weight_norm=weight_norm)
    plain = {name: tensor.clone() for name, tensor in model.plain_state().items()}
    assert {name: tuple(tensor.shape) for name, tensor in plain.items()} == weight_shapes(config)
    other = SampleRNN(config, weight_norm=weight_norm)
    other.load_plain_state(plain)
    codes = random_codes(config, 1, config.lookback_samples)
    with torch.no_grad():
        torch.testing.assert_close(
            other(codes, other.initial_states(1)).logits, model(codes, model.initial_states(1)).logits
        )


def test_weight_norm_keeps_every_gradient() -> None:
    model = network(CONFIGS[0], weight_norm=True)
    codes = random_codes(CONFIGS[0], 2, 16)
    loss = bits_per_sample(model(codes, model.initial_states(2)).logits, codes[:, 8:])
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert any(name.endswith("original0") for name, _ in model.named_parameters())


def test_bits_of_a_uniform_guess() -> None:
    assert bits_per_sample(torch.zeros(2, 5, 256), torch.zeros(2, 5)).item() == pytest.approx(8.0)
