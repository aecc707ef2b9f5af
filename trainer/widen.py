"""A wider network that computes what a narrower one does, for training to go on from (arXiv 1511.05641)."""

from collections.abc import Mapping

from torch import Tensor

from livernn.model.config import ModelConfig


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
