"""What a run consists of besides its clock: network, averaged network, optimiser, and the states carried on."""

import copy
from pathlib import Path

import torch
from torch import Tensor

from livernn.model.checkpoint import load_checkpoint
from livernn.model.samplernn import SampleRNN, TierState
from trainer.config import TrainConfig
from trainer.state import Counters, Tensors, load_state, save_state
from trainer.step import detach, forward, update, update_average
from trainer.streams import Batch
from trainer.widen import load_widened


class Learner:
    """All that the next step depends on, save for the counters; `averaged` is what gets played."""

    def __init__(self, config: TrainConfig, device: torch.device, init: Path | None) -> None:
        self._config = config
        self._device = device
        self.model = SampleRNN(config.model, weight_norm=config.weight_norm).to(device)
        if init is not None:
            load_widened(self.model, load_checkpoint(init), init)
        self.averaged = copy.deepcopy(self.model).requires_grad_(False)
        self._optimiser = torch.optim.Adam(self.model.parameters(), config.learning_rate, fused=True)
        self._tensors = _training_tensors(self.model, self.averaged, self._optimiser)
        self._carried = detach(self.model.initial_states(config.batch))

    def step(self, batch: Batch, rate: float) -> tuple[float, float]:
        """Learn from a batch; returns bits per sample and the norm of the gradient, which is dropped if not finite."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        codes = torch.from_numpy(batch.codes).to(self._device).long()
        starts = torch.from_numpy(batch.starts).to(self._device)
        loss, self._carried = forward(self.model, codes, _restarted(self.model, self._carried, starts), self._config)
        loss.backward()
        return loss.item(), update(self.model, self._optimiser, self._config.clip_norm)

    def average(self, step: int) -> None:
        """Let the averaged weights follow."""
        update_average(self.averaged, self.model, self._config.ema_decay, step)

    def save(self, path: Path, counters: Counters) -> None:
        """Write everything.

        Raises:
            LiveRNNError: as `save_state`.
        """
        save_state(path, self._tensors, self._carried, counters)

    def load(self, path: Path) -> Counters:
        """Go on from what `save` wrote.

        Raises:
            BadInputError: as `load_state`.
        """
        counters, self._carried = load_state(path, self._tensors, self._carried)
        for state in self._optimiser.state.values():
            state["step"].fill_(counters.step)
        return counters


def _restarted(model: SampleRNN, carried: list[TierState], starts: Tensor) -> list[TierState]:
    """Carried states, with the learned initial one where `starts` `[batch]` says so."""
    fresh = model.initial_states(len(starts))
    mask = starts.view(1, -1, 1)
    return [
        tuple(torch.where(mask, new, old) for new, old in zip(initial, state, strict=True))
        for initial, state in zip(fresh, carried, strict=True)
    ]


def _training_tensors(model: SampleRNN, averaged: SampleRNN, optimiser: torch.optim.Adam) -> Tensors:
    """Every tensor of the run's state, with Adam's moments created at zero."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    for parameter in names:
        optimiser.state[parameter] = {
            "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
    return Tensors(
        dict(model.named_parameters()),
        dict(averaged.named_parameters()),
        {name: optimiser.state[parameter]["exp_avg"] for parameter, name in names.items()},
        {name: optimiser.state[parameter]["exp_avg_sq"] for parameter, name in names.items()},
    )
