"""One training step: what the loop repeats and the benchmark times."""

from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from livernn.model.samplernn import NetworkOutput, SampleRNN, TierState, bits_per_sample
from trainer.config import TrainConfig
from trainer.hardware import bf16_pays, keep_freed_memory


def prepare_torch(config: TrainConfig) -> None:
    """Threads, memory and determinism, process-wide."""
    keep_freed_memory()
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.use_deterministic_algorithms(config.deterministic)
    torch.manual_seed(config.seed)


def autocast(device: torch.device, config: TrainConfig) -> AbstractContextManager[object]:
    """bfloat16 where hardware carries it out; float32 in deterministic mode, whatever the machine."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16_pays(device) and not config.deterministic)


def forward(
    model: nn.Module, codes: Tensor, states: list[TierState], config: TrainConfig
) -> tuple[Tensor, list[TierState]]:
    """Loss in bits per sample of codes `[batch, lookback + chunk]`, and the states to carry on with."""
    with autocast(codes.device, config):
        output: NetworkOutput = model(codes, states)
    loss = bits_per_sample(output.logits, codes[:, config.model.lookback_samples :])
    return loss, detach(output.states)


def update(model: SampleRNN, optimiser: torch.optim.Optimizer, clip_norm: float) -> float:
    """Apply the gradients, clipped, unless they are not finite; returns their norm before clipping."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    if torch.isfinite(norm):
        optimiser.step()
    optimiser.zero_grad()
    return norm.item()


def detach(states: list[TierState]) -> list[TierState]:
    """States cut from the graph, in float32."""
    return [tuple(part.detach().float().contiguous() for part in state) for state in states]


@torch.no_grad()
def update_average(averaged: SampleRNN, model: SampleRNN, decay: float, step: int) -> None:
    """Exponential moving average of the weights; young averages forget faster."""
    weight = 1.0 - min(decay, (1 + step) / (10 + step))
    for slow, fast in zip(averaged.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, weight)
