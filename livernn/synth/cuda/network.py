"""A checkpoint as tensors of one device, and one step of each tier, all voices at once.

It computes what `reference.py` specifies, in float32. Nothing here waits for the device, so that all of it can be
captured in a CUDA graph.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import FRAME_SCALE
from livernn.synth.folding import frame_gates, tap_table
from livernn.synth.state import gates_of, initial_state, state_places, steps_above
from livernn.synth.steady import aim


class Network:
    """Weights, laid out for products of `[voices, ...]` with them."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.config = config = checkpoint.config
        self.device = device
        self.aim = aim(config, checkpoint.foresight)
        """See `steady.aim`."""
        self._weights = {name: _tensor(array, device) for name, array in checkpoint.weights.items()}
        for tier in range(1, config.tiers):
            prefix = f"frame_tiers.{tier - 1}"
            gates, bias = frame_gates(checkpoint, prefix)
            self._weights |= {f"{prefix}.frame": _tensor(gates, device), f"{prefix}.frame_bias": _tensor(bias, device)}
        newest_first = tap_table(checkpoint)[::-1].transpose(1, 0, 2)
        self.table = _tensor(newest_first, device).flatten(1)
        """`[q_levels, taps * dim]`: what a code adds to the first layers of the `taps` samples after it."""
        self.initial_state = _tensor(initial_state(checkpoint), device)
        if device.type == "cuda":
            torch.cuda.synchronize(device)  # generators read it on streams of their own

    def step_tier(self, tier: int, codes: Tensor, state: Tensor, step: int, noise: Tensor | None) -> None:
        """Step frame tier `tier` over a frame of codes `[frame_size, voices]`.

        `step` is its number within the frame above. `state` `[voices, state_floats]` is updated in place, the part that
        the tier below has been told, with `noise`, included.
        """
        config, weight, prefix = self.config, self._weights, f"frame_tiers.{tier - 1}"
        middle = (config.q_levels - 1) / 2
        frame = (codes.t().float() - middle) * (FRAME_SCALE / middle)
        gates = torch.addmm(weight[f"{prefix}.frame_bias"], frame, weight[f"{prefix}.frame"].t())
        if tier < config.tiers - 1:
            gates = gates + self._told(tier, state)[:, step]
        hidden = self._hidden(tier, state)
        signal = self._step_cell(f"{prefix}.rnn", 0, gates, hidden)
        for layer in range(1, config.layers):
            gates = self._gates(f"{prefix}.rnn", layer, "ih", signal)
            signal = self._step_cell(f"{prefix}.rnn", layer, gates, hidden)
        if tier > 1:
            below = self._weights[f"frame_tiers.{tier - 2}.rnn.weight_ih_l0"]
            self._told(tier - 1, state).copy_(self.conditioning(tier, state, noise) @ below.t())

    def conditioning(self, tier: int, state: Tensor, noise: Tensor | None = None) -> Tensor:
        """What frame tier `tier` says to each step of the tier below, `[voices, ratio, dim]`.

        `noise` `[voices, dim]` is heard in it. The state itself, bounded and fed back, has none.
        """
        prefix = f"frame_tiers.{tier - 1}.upsample"
        heard = self._hidden(tier, state)[:, 0, -1]
        if noise is not None:
            heard = heard + noise
        spread = heard @ self._weights[f"{prefix}.weight"].t()
        conditioning: Tensor = spread.unflatten(1, (-1, self.config.dims[tier - 1])) + self._weights[f"{prefix}.bias"]
        return conditioning

    def logits(self, first: Tensor, out: Tensor) -> None:
        """`[voices, q_levels]` of a first layer `[voices, dim]` before its ReLU, into `out`."""
        weight = self._weights
        hidden = torch.addmm(weight["sample_tier.hidden.bias"], first.relu(), weight["sample_tier.hidden.weight"].t())
        torch.addmm(weight["sample_tier.output.bias"], hidden.relu_(), weight["sample_tier.output.weight"].t(), out=out)

    def _hidden(self, tier: int, state: Tensor) -> Tensor:
        """A view, `[voices, 1 or 2, layers, dim]`."""
        config, (places, _) = self.config, state_places(self.config)
        parts, start = 1 if config.cell == "gru" else 2, places[tier - 1].hidden
        size = parts * config.layers * config.dims[tier]
        hidden: Tensor = state[:, start : start + size].unflatten(1, (parts, config.layers, config.dims[tier]))
        return hidden

    def _told(self, tier: int, state: Tensor) -> Tensor:
        """A view, `[voices, steps, gates]`."""
        config, (places, _) = self.config, state_places(self.config)
        steps, gates, start = steps_above(config, tier), gates_of(config, tier), places[tier - 1].told
        told: Tensor = state[:, start : start + steps * gates].unflatten(1, (steps, gates))
        return told

    def _gates(self, prefix: str, layer: int, source: str, signal: Tensor) -> Tensor:
        weight = self._weights
        return torch.addmm(
            weight[f"{prefix}.bias_{source}_l{layer}"], signal, weight[f"{prefix}.weight_{source}_l{layer}"].t()
        )

    def _step_cell(self, prefix: str, layer: int, gates: Tensor, hidden: Tensor) -> Tensor:
        """The cell of one layer, whose `gates` come from its input; its part of `hidden` is updated."""
        state = hidden[:, :, layer]
        recurrent = self._gates(prefix, layer, "hh", state[:, 0])
        if self.config.cell == "gru":
            reset_in, update_in, new_in = gates.chunk(3, 1)
            reset, update, new = recurrent.chunk(3, 1)
            new = torch.tanh(new_in + torch.sigmoid(reset_in + reset) * new)
            state[:, 0] = torch.lerp(new, state[:, 0], torch.sigmoid(update_in + update))
        else:
            enter, forget, new, out = (gates + recurrent).chunk(4, 1)
            state[:, 1] = torch.sigmoid(forget) * state[:, 1] + torch.sigmoid(enter) * torch.tanh(new)
            state[:, 0] = torch.sigmoid(out) * torch.tanh(state[:, 1])
        return state[:, 0]


def _tensor(array: NDArray[np.float32], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device, copy=True)
