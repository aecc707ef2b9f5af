"""The plain way to sample in torch, one small call after another: what `bench --compare` is measured against."""

from typing import NamedTuple

import torch
from torch import Tensor

from livernn.model.checkpoint import Checkpoint
from livernn.model.config import FRAME_SCALE
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN


class _Memory(NamedTuple):
    history: Tensor
    states: list[tuple[Tensor, ...]]
    conditioning: list[Tensor]


class PlainLoop:
    """A voice of a checkpoint in torch's eager mode, float32, at temperature 1."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._config = config = checkpoint.config
        self._network = SampleRNN(config)
        self._network.load_plain_state({name: torch.from_numpy(array) for name, array in checkpoint.weights.items()})
        self._network.eval()
        self._position = 0
        self._memory = _Memory(
            torch.full((config.lookback_samples,), silence_code(config)),
            self._network.initial_states(1),
            [torch.empty(0)] * (config.tiers - 1),
        )

    @torch.inference_mode()
    def render(self, count: int) -> Tensor:
        """The next `count` codes."""
        codes = torch.empty(count, dtype=torch.long)
        for index in range(count):
            codes[index] = torch.multinomial(torch.softmax(self.logits(), dim=-1), 1)[0]
            self.push(codes[index])
        return codes

    def logits(self) -> Tensor:
        """Of the next sample; steps the frame tiers that are due."""
        config, (history, states, conditioning) = self._config, self._memory
        middle = (config.q_levels - 1) / 2
        for index in range(config.tiers - 2, -1, -1):
            size = config.frame_sizes[index]
            if self._position % size:
                continue
            frame = (history[-size:].float() - middle) * (FRAME_SCALE / middle)
            above = None
            if index + 1 < len(states):
                above = conditioning[index + 1][:, self._position // size % config.ratio(index + 2)].unsqueeze(1)
            tier = self._network.frame_tiers[index]
            conditioning[index], states[index] = tier(frame.view(1, 1, -1), above, states[index])
        first = conditioning[0][:, self._position % config.taps].unsqueeze(1)
        logits: Tensor = self._network.sample_tier(history[-config.taps :].unsqueeze(0), first)[0, 0]
        return logits

    def push(self, code: Tensor) -> None:
        """Take `code` as the sample whose logits were asked for last."""
        self._memory.history[:-1] = self._memory.history[1:].clone()
        self._memory.history[-1] = code
        self._position += 1
