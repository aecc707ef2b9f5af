"""The GRU scan against torch's own: values, gradients, last states."""

import pytest
import torch
from torch import nn

from livernn.model.recurrent import gru


@pytest.mark.parametrize("layers", [1, 2])
def test_values_and_gradients_equal_torchs(layers: int) -> None:
    torch.manual_seed(0)
    rnn = nn.GRU(5, 5, num_layers=layers, batch_first=True)
    inputs = torch.randn(3, 7, 5, requires_grad=True)
    initial = torch.randn(layers, 3, 5, requires_grad=True)
    probe = torch.randn(3, 7, 5)
    results = []
    for run in (rnn, lambda signal, state: gru(rnn, signal, state)):
        hidden, last = run(inputs, initial)
        wanted = [inputs, initial, *rnn.parameters()]
        results.append((hidden, last, *torch.autograd.grad((hidden * probe).sum() + last.square().sum(), wanted)))
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_the_state_stays_float32_under_autocast() -> None:
    rnn = nn.GRU(8, 8, batch_first=True)
    with torch.autocast("cpu", torch.bfloat16):
        hidden, last = gru(rnn, torch.randn(2, 4, 8), torch.zeros(1, 2, 8))
    assert hidden.dtype == last.dtype == torch.float32
    hidden.sum().backward()
    assert rnn.weight_hh_l0.grad is not None
