"""The exact state of a run, saved so that a killed run goes on as if it had not been."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.samplernn import TierState

Arrays = dict[str, NDArray[np.float32]]


@dataclass
class Counters:
    """Where a run stands. `best_bits` is infinite before the first validation; the last one was at `validated_s`. Every
    roll-back halves `rate_factor`.
    """

    step: int = 0
    elapsed_s: float = 0.0
    validated_s: float = 0.0
    best_bits: float = float("inf")
    rate_factor: float = 1.0


@dataclass(frozen=True)
class Tensors:
    """The tensors that the next step depends on, all updated in place."""

    model: Mapping[str, Tensor]
    ema: Mapping[str, Tensor]
    adam_mean: Mapping[str, Tensor]
    adam_square: Mapping[str, Tensor]

    def named(self) -> dict[str, Tensor]:
        """All tensors under one flat naming."""
        groups = {"model": self.model, "ema": self.ema, "mean": self.adam_mean, "square": self.adam_square}
        return {f"{group}/{name}": tensor for group, tensors in groups.items() for name, tensor in tensors.items()}


def save_state(path: Path, tensors: Tensors, carried: list[TierState], counters: Counters) -> None:
    """Replace the state atomically: a run killed at any moment resumes from this or the one before.

    Raises:
        LiveRNNError: the file cannot be written; the state before is still there.
    """
    named = {name: tensor.detach().clone() for name, tensor in tensors.named().items()}
    for tier, state in enumerate(carried):
        for part, tensor in enumerate(state):
            named[f"carried/{tier}/{part}"] = tensor.detach().clone()
    temporary = path.with_suffix(".tmp")
    try:
        save_file(named, temporary, {"counters": json.dumps(counters.__dict__)})
        with temporary.open("r+b") as file:  # Windows flushes only what may be written
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise LiveRNNError(
            str(path), f"it cannot be written ({error})", "Make room, then go on with --resume."
        ) from error


def load_state(path: Path, tensors: Tensors, carried: list[TierState]) -> tuple[Counters, list[TierState]]:
    """Fill `tensors` in place; returns the counters and the carried states.

    Raises:
        BadInputError: the file is damaged or belongs to another configuration.
    """
    try:
        with safe_open(path, framework="pt") as file:
            for name, tensor in tensors.named().items():
                tensor.data.copy_(file.get_tensor(name))
            restored = [
                tuple(file.get_tensor(f"carried/{tier}/{part}").to(tensor.device) for part, tensor in enumerate(state))
                for tier, state in enumerate(carried)
            ]
            return Counters(**json.loads(file.metadata()["counters"])), restored
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise BadInputError(
            str(path), f"the saved state cannot be used ({error})", "Start a new run, with --init for its best weights."
        ) from error


def to_arrays(weights: Mapping[str, Tensor]) -> Arrays:
    """Torch weights as the float32 arrays that a checkpoint holds."""
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in weights.items()}
