"""What a sweep may vary, and between which values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trainer.config import TrainConfig

if TYPE_CHECKING:
    from optuna import Trial  # an extra, and slow to import

Change = Callable[["Trial", TrainConfig], TrainConfig]


def _number(field: str, lowest: float, highest: float, *, log: bool = False) -> Change:
    def change(trial: Trial, config: TrainConfig) -> TrainConfig:
        value: Any = trial.suggest_float(field, lowest, highest, log=log)
        return replace(config, **{field: value})

    return change


def _choice(field: str, values: Sequence[Any]) -> Change:
    def change(trial: Trial, config: TrainConfig) -> TrainConfig:
        return replace(config, **{field: trial.suggest_categorical(field, values)})

    return change


def _network(field: str, values: Sequence[Any]) -> Change:
    def change(trial: Trial, config: TrainConfig) -> TrainConfig:
        return replace(config, model=replace(config.model, **{field: trial.suggest_categorical(field, values)}))

    return change


def _chunks(trial: Trial, config: TrainConfig) -> TrainConfig:
    """Streams times samples that gradients look back on."""
    batch, chunk = trial.suggest_categorical("batch", ["2x4096", "4x4096", "8x4096", "8x1024", "32x1024"]).split("x")
    return replace(config, batch=int(batch), chunk_samples=int(chunk))


def _tiers(trial: Trial, config: TrainConfig) -> TrainConfig:
    """Frame tiers from fast to slow; those that the network did not have get the dim of its slowest."""
    frames = trial.suggest_categorical("tiers", ["16", "4,16", "8,64", "16,64", "16,128", "4,16,64"])
    frame_sizes = tuple(int(size) for size in frames.split(","))
    dims = (config.model.dims + len(frame_sizes) * config.model.dims[-1:])[: len(frame_sizes) + 1]
    return replace(config, model=replace(config.model, frame_sizes=frame_sizes, dims=dims))


SPACE: dict[str, Change] = {
    "learning-rate": _number("learning_rate", 3e-4, 1e-2, log=True),
    "batch": _chunks,
    "warmup-steps": _choice("warmup_steps", [0, 50, 200]),
    "decay-share": _number("decay_share", 0.0, 1.0),
    "ema-decay": _choice("ema_decay", [0.0, 0.99, 0.999]),
    "weight-norm": _choice("weight_norm", [False, True]),
    "gap-share": _choice("gap_share", [0.0, 0.05]),
    "clip-norm": _choice("clip_norm", [0.25, 1.0, 4.0]),
    "tiers": _tiers,
    "embed-dim": _network("embed_dim", [16, 32, 128]),
    "cell": _network("cell", ["gru", "lstm"]),
    "upsampler": _network("upsampler", ["full", "shared"]),
}
"""By the names of the options of `fit`, save for `tiers`, which are --dims and --frame-sizes together. Dims are not
among them, as they are a matter of how fast it plays.
"""

USUAL = ("learning-rate", "batch", "warmup-steps", "decay-share", "ema-decay", "weight-norm")
