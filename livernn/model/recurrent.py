"""GRU over a sequence for training on a CPU: torch's own spends most of its time on one weight gradient per step.

Here the weight gradients of all steps are one matrix product, and the state stays float32 under autocast, so that
slow changes of it are not rounded away.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def gru(rnn: nn.GRU, inputs: Tensor, initial: Tensor) -> tuple[Tensor, Tensor]:
    """What `rnn(inputs, initial)` computes: `[batch, time, dim]` and `[layers, batch, dim]`."""
    last = []
    signal = inputs.transpose(0, 1)
    for layer in range(rnn.num_layers):
        weights = (getattr(rnn, f"{name}_l{layer}") for name in ("weight_ih", "bias_ih", "weight_hh", "bias_hh"))
        weight_ih, bias_ih, weight_hh, bias_hh = weights
        gates = F.linear(signal, weight_ih, bias_ih)
        weight_hh, bias_hh = weight_hh.to(gates.dtype), bias_hh.to(gates.dtype)
        signal = _Scan.apply(gates, initial[layer], weight_hh, bias_hh)  # type: ignore[no-untyped-call]
        last.append(signal[-1])
    return signal.transpose(0, 1), torch.stack(last)


class _Scan(torch.autograd.Function):
    """The recurrent part of one layer; gates from the input are given.

    Gates `[time, batch, 3 * dim]` in the order of torch: reset, update, new. Equations as in torch.nn.GRU.
    """

    @staticmethod
    def forward(ctx: Any, gates: Tensor, initial: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        time, batch, width = gates.shape
        dim = width // 3
        states = initial.new_empty(time + 1, batch, dim)
        reset_update = initial.new_empty(time, batch, 2 * dim)
        news = initial.new_empty(time, batch, dim)
        recurrent_news = gates.new_empty(time, batch, dim)
        states[0] = initial
        transposed = weight.t()
        for step in range(time):
            recurrent = torch.addmm(bias, states[step].to(weight.dtype), transposed)
            both, new = reset_update[step], news[step]
            torch.add(gates[step, :, : 2 * dim], recurrent[:, : 2 * dim], out=both)
            both.sigmoid_()
            recurrent_news[step] = recurrent[:, 2 * dim :]
            torch.mul(both[:, :dim], recurrent[:, 2 * dim :], out=new)
            new.add_(gates[step, :, 2 * dim :]).tanh_()
            torch.lerp(new, states[step], both[:, dim:], out=states[step + 1])
        ctx.save_for_backward(states, reset_update, news, recurrent_news, weight)
        return states[1:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        (gradient,) = gradients
        states, reset_update, news, recurrent_news, weight = ctx.saved_tensors
        time, batch, dim = news.shape
        reset, update = reset_update[..., :dim], reset_update[..., dim:]
        # What does not depend on the gradient from later steps, for all steps at once.
        into_new = (1.0 - update) * (1.0 - news * news)
        into_update = (states[:-1] - news) * update * (1.0 - update)
        into_reset = recurrent_news * reset * (1.0 - reset)
        recurrent = weight.new_empty(time, batch, 3 * dim)
        from_new = weight.new_empty(time, batch, dim)
        carried = torch.zeros_like(states[0])
        for step in range(time - 1, -1, -1):
            total = gradient[step] + carried
            new = total * into_new[step]
            from_new[step] = new
            recurrent[step, :, :dim] = new * into_reset[step]
            recurrent[step, :, dim : 2 * dim] = total * into_update[step]
            recurrent[step, :, 2 * dim :] = new * reset[step]
            carried = total * update[step] + recurrent[step] @ weight
        gates = torch.cat([recurrent[..., : 2 * dim], from_new], dim=-1)
        past = states[:-1].flatten(0, 1).to(weight.dtype)
        return gates, carried, recurrent.flatten(0, 1).t() @ past, recurrent.sum(dim=(0, 1))
