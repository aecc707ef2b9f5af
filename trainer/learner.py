"""What a run consists of besides its clock: network, averaged network, optimiser, and the states carried on."""

import contextlib
import copy
from pathlib import Path

import torch
from torch import Tensor

from livernn.model.checkpoint import load_checkpoint
from livernn.model.samplernn import SampleRNN, TierState
from trainer.config import TrainConfig
from trainer.int8 import rounded_to_int8
from trainer.ranks import Ranks
from trainer.state import Counters, Tensors, load_state, save_state
from trainer.step import detach, forward, update, update_average
from trainer.streams import Batch
from trainer.widen import load_widened


class Learner:
    """All that the next step depends on, save for the counters; `averaged` is what gets played.

    Of several processes each has the network, and carries the states of its own streams.
    """

    def __init__(self, config: TrainConfig, device: torch.device, init: Path | None, ranks: Ranks) -> None:
        self._config = config
        self._device = device
        self._ranks = ranks
        self.model = SampleRNN(config.model, weight_norm=config.weight_norm).to(device)
        if init is not None:
            load_widened(self.model, load_checkpoint(init), init)
        self.averaged = copy.deepcopy(self.model).requires_grad_(False)
        self._optimiser = torch.optim.Adam(self.model.parameters(), config.learning_rate, fused=True)
        self._tensors = _training_tensors(self.model, self.averaged, self._optimiser)
        self._streams = ranks.share(config.batch)
        self._carried = self._own(detach(self.model.initial_states(config.batch)))
        self._shared = ranks.wrapped(self.model)

    def step(self, batch: Batch, rate: float) -> tuple[float, float]:
        """Learn from this process's streams of a batch; returns bits per sample and the norm of the gradient of all.

        A gradient that is not finite is dropped.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        codes = torch.from_numpy(batch.codes).to(self._device).long()
        starts = torch.from_numpy(batch.starts).to(self._device)
        parts = self._config.accumulate
        bits = torch.zeros((), device=self._device)
        after: list[list[TierState]] = []
        chunks = zip(codes.chunk(parts), starts.chunk(parts), _chunked(self._carried, parts), strict=True)
        with self.as_played(self.model):
            for part, (some, fresh, carried) in enumerate(chunks, 1):
                # Gradients go round once, with the last part's.
                with contextlib.nullcontext() if part == parts else self._ranks.unsynchronised(self._shared):
                    loss, ended = forward(self._shared, some, _restarted(self.model, carried, fresh), self._config)
                    (loss / parts).backward()
                bits += loss.detach() / parts
                after.append(ended)
        self._carried = _joined(after)
        return self._ranks.mean(bits), update(self.model, self._optimiser, self._config.clip_norm)

    def as_played(self, model: SampleRNN) -> contextlib.AbstractContextManager[None]:
        """Within, `model` has its weights as they are played, where this run learns for that."""
        return rounded_to_int8(model) if self._config.int8 else contextlib.nullcontext()

    def average(self, step: int) -> None:
        """Let the averaged weights follow."""
        update_average(self.averaged, self.model, self._config.ema_decay, step)

    def save(self, path: Path, counters: Counters) -> None:
        """Write everything; one of several processes does, with the states of all.

        Raises:
            LiveRNNError: as `save_state`.
        """
        carried = self._ranks.gathered(self._carried)
        if self._ranks.leads:
            save_state(path, self._tensors, carried, counters)

    def load(self, path: Path) -> Counters:
        """Go on from what `save` wrote, be it with more processes or fewer.

        Raises:
            BadInputError: as `load_state`.
        """
        counters, carried = load_state(path, self._tensors, detach(self.model.initial_states(self._config.batch)))
        self._carried = self._own(carried)
        for state in self._optimiser.state.values():
            state["step"].fill_(counters.step)
        return counters

    def _own(self, states: list[TierState]) -> list[TierState]:
        return [tuple(part[:, self._streams].contiguous() for part in state) for state in states]


def _chunked(states: list[TierState], parts: int) -> list[list[TierState]]:
    """States `[layers, batch, dim]` cut along their streams."""
    cut = [list(zip(*(part.chunk(parts, dim=1) for part in state), strict=True)) for state in states]
    return [list(tiers) for tiers in zip(*cut, strict=True)]


def _joined(chunks: list[list[TierState]]) -> list[TierState]:
    """Inverse of `_chunked`."""
    return [
        tuple(torch.cat(parts, dim=1) for parts in zip(*states, strict=True)) for states in zip(*chunks, strict=True)
    ]


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
