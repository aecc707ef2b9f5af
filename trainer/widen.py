"""A wider network that computes what a narrower one does, for training to go on from (arXiv 1511.05641)."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.model.samplernn import SampleRNN


def load_widened(model: SampleRNN, checkpoint: Checkpoint, path: Path) -> None:
    """Start from a checkpoint's weights; where `model` is wider, its new units begin unheard. `path` is for the error.

    Raises:
        BadInputError: it has another shape.
    """
    if not can_widen(checkpoint.config, model.config):
        raise BadInputError(
            str(path),
            "its network is not of the chosen shape, nor a narrower one",
            "Choose its config, or wider --dims.",
        )
    weights = {name: torch.from_numpy(array) for name, array in checkpoint.weights.items()}
    model.load_plain_state(widened(weights, model.plain_state(), model.config))


def can_widen(narrow: ModelConfig, wide: ModelConfig) -> bool:
    """Whether both differ only in `dims`, and `wide` is nowhere narrower."""
    fixed = ("frame_sizes", "embed_dim", "cell", "layers", "upsampler", "q_levels")
    return all(getattr(narrow, name) == getattr(wide, name) for name in fixed) and all(
        small <= large for small, large in zip(narrow.dims, wide.dims, strict=True)
    )


def widened(weights: Mapping[str, Tensor], fresh: Mapping[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """`weights` of a narrower network, its new units from `fresh`, one of the wider `config`.

    Nothing that was there hears a new unit at first, so the logits stay what they were.
    """
    wide = {}
    for name, start in fresh.items():
        blocks = _row_blocks(name, config)
        if "weight" in name:
            wide[name] = _widened_matrix(weights[name], start, blocks)
        else:
            wide[name] = _widened_vectors(weights[name], start, blocks)
    return wide


def _row_blocks(name: str, config: ModelConfig) -> int:
    """Into how many equal blocks a weight's rows fall, one per gate or position."""
    if ".rnn." in name:
        return 3 if config.cell == "gru" else 4
    if name.endswith("upsample.weight") and config.upsampler == "full":
        return config.ratio(int(name.split(".")[1]) + 1)
    return 1


def _widened_matrix(narrow: Tensor, fresh: Tensor, blocks: int) -> Tensor:
    wide = fresh.clone()
    old, new = narrow.unflatten(0, (blocks, -1)), wide.unflatten(0, (blocks, -1))
    heard = new[:, : old.shape[1]]
    heard[:] = 0.0
    heard[..., : old.shape[2]] = old
    return wide


def _widened_vectors(narrow: Tensor, fresh: Tensor, blocks: int) -> Tensor:
    wide = fresh.clone()
    old, new = narrow.unflatten(-1, (blocks, -1)), wide.unflatten(-1, (blocks, -1))
    new[..., : old.shape[-1]] = old
    return wide
