"""`fit`: the training loop, top to bottom."""

import copy
import math
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.checkpoint import load_checkpoint, save_checkpoint
from livernn.model.samplernn import SampleRNN, TierState
from livernn.replacing import replace_text
from trainer.board import Board
from trainer.config import TrainConfig
from trainer.dataset import CODEC_FIELDS, Dataset
from trainer.hardware import training_device
from trainer.held_out import evaluate_split
from trainer.listen import write_audio
from trainer.progress import Progress
from trainer.run import RunFolder
from trainer.state import Counters, Tensors, load_state, save_state, to_arrays
from trainer.step import detach, forward, prepare_torch, update, update_average
from trainer.streams import ChunkStreams
from trainer.widen import can_widen, widened

SMOOTHING = 0.05
"""Weight of the newest step in the samples/s that the bar shows."""


def fit(
    data: Dataset,
    config: TrainConfig,
    run: RunFolder,
    *,
    minutes: float | None = None,
    resume: bool = False,
    init: Path | None = None,
    tensorboard: bool = False,
) -> Path:
    """Train until `config.steps` or for `minutes` of clock time, resumed time included; returns the best checkpoint.

    The codec fields of `config.model` give way to the data's own. Once `run.stop` is there, the state is saved and
    training ends; there is no checkpoint if that was before the first validation.

    Raises:
        BadInputError: RUN exists and `resume` is not set, or a file does not fit.
        LiveRNNError: the loss stopped being finite.
    """
    if config.steps is None and minutes is None:
        raise BadInputError("fit", "neither --steps nor --minutes says when to stop", "Give one of them.")
    if run.config.exists() and not resume:
        raise BadInputError(str(run.path), "a run exists there", "Add --resume, or choose another --out.")
    codec = {name: getattr(data.codec, name) for name in CODEC_FIELDS}
    config = replace(config, model=replace(config.model, **codec))
    device = training_device()
    prepare_torch(config)
    model = SampleRNN(config.model, weight_norm=config.weight_norm).to(device)
    if init is not None and not run.state.exists():
        load_plain(model, init)
    averaged = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.Adam(model.parameters(), config.learning_rate, fused=True)
    tensors = training_tensors(model, averaged, optimiser)
    counters = Counters()
    streams = ChunkStreams(
        list(data.split("train").recordings()),
        model=config.model,
        batch=config.batch,
        chunk_samples=config.chunk_samples,
        gap_share=config.gap_share,
        seed=config.seed,
    )
    carried = detach(model.initial_states(config.batch))
    if run.state.exists():
        counters, carried = load_state(run.state, tensors, carried)
        for state in optimiser.state.values():
            state["step"] += counters.step
    run.audio.mkdir(parents=True, exist_ok=True)
    replace_text(run.config, config.to_json())
    board = Board(run.board, counters.step) if tensorboard else None
    progress = Progress(run.log, first_step=counters.step, total_steps=config.steps, board=board)
    clock = time.monotonic() - counters.elapsed_s
    samples_per_s = 0.0
    finished = share_done(config, counters, minutes) >= 1.0
    stopped = False
    try:
        while not (finished or stopped):
            began = time.monotonic()
            done = share_done(config, counters, minutes)
            rate = config.learning_rate * schedule(config, counters.step, done)
            for group in optimiser.param_groups:
                group["lr"] = rate
            batch = streams.at(counters.step)
            codes = torch.from_numpy(batch.codes).to(device).long()
            starts = torch.from_numpy(batch.starts).to(device)
            states = restarted(model, carried, starts)
            loss, carried = forward(model, codes, states, config)
            loss.backward()
            bits = loss.item()
            norm = update(model, optimiser, config.clip_norm)
            if not math.isfinite(norm) or not math.isfinite(bits):
                raise LiveRNNError(
                    "training", f"the loss is {bits} at step {counters.step}", "Resume with a lower --learning-rate."
                )
            counters.step += 1
            update_average(averaged, model, config.ema_decay, counters.step)
            counters.elapsed_s = time.monotonic() - clock
            speed = config.batch * config.chunk_samples / (time.monotonic() - began)
            samples_per_s = speed if samples_per_s == 0.0 else samples_per_s + SMOOTHING * (speed - samples_per_s)
            progress.step(
                {
                    "step": counters.step,
                    "bits": bits,
                    "rate": rate,
                    "norm": norm,
                    "samples_per_s": round(samples_per_s),
                    "elapsed_s": round(counters.elapsed_s, 2),
                    "left_s": round(time_left(config, counters, minutes, samples_per_s), 1),
                }
            )
            finished = share_done(config, counters, minutes) >= 1.0
            stopped = run.stop.exists()
            if finished or validation_due(config, counters):
                valid_bits = evaluate_split(averaged, data.split("valid"), config.validate_seconds)
                counters.elapsed_s = counters.validated_s = time.monotonic() - clock
                export(averaged, data, config, counters, valid_bits, run.last)
                if valid_bits < counters.best_bits:
                    counters.best_bits = valid_bits
                    export(averaged, data, config, counters, valid_bits, run.best)
                heard = run.audio / f"{counters.step:07d}.wav"
                write_audio(run.last, heard, config.audio_seconds)
                progress.validation(
                    {"step": counters.step, "valid_bits": valid_bits, "elapsed_s": round(counters.elapsed_s, 2)}, heard
                )
                save_state(run.state, tensors, carried, counters)
            elif stopped:
                save_state(run.state, tensors, carried, counters)
    finally:
        progress.close()
    return run.best


def share_done(config: TrainConfig, counters: Counters, minutes: float | None) -> float:
    """How much of the run is behind, 0..1, by whichever limit is nearer."""
    by_steps = counters.step / config.steps if config.steps else 0.0
    by_clock = counters.elapsed_s / (60.0 * minutes) if minutes else 0.0
    return max(by_steps, by_clock)


def validation_due(config: TrainConfig, counters: Counters) -> bool:
    """By steps, or by the clock where that comes first."""
    since_s = counters.elapsed_s - counters.validated_s
    by_clock = config.validate_every_minutes is not None and since_s >= 60.0 * config.validate_every_minutes
    return by_clock or counters.step % config.validate_every_steps == 0


def schedule(config: TrainConfig, step: int, done: float) -> float:
    """Factor on the learning rate: linear warm-up, flat, cosine decay over the last `decay_share`."""
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    into_decay = (done - (1.0 - config.decay_share)) / config.decay_share if config.decay_share else 0.0
    return warm * 0.5 * (1.0 + math.cos(math.pi * min(max(into_decay, 0.0), 1.0)))


def time_left(config: TrainConfig, counters: Counters, minutes: float | None, samples_per_s: float) -> float:
    """Seconds until the nearer limit."""
    limits = []
    if config.steps:
        limits.append((config.steps - counters.step) * config.batch * config.chunk_samples / samples_per_s)
    if minutes:
        limits.append(60.0 * minutes - counters.elapsed_s)
    return min(limits)


def restarted(model: SampleRNN, carried: list[TierState], starts: Tensor) -> list[TierState]:
    """Carried states, with the learned initial one where `starts` `[batch]` says so."""
    fresh = model.initial_states(len(starts))
    mask = starts.view(1, -1, 1)
    return [
        tuple(torch.where(mask, new, old) for new, old in zip(initial, state, strict=True))
        for initial, state in zip(fresh, carried, strict=True)
    ]


def training_tensors(model: SampleRNN, averaged: SampleRNN, optimiser: torch.optim.Adam) -> Tensors:
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


def load_plain(model: SampleRNN, path: Path) -> None:
    """Start from a checkpoint's weights; where `model` is wider, its new units begin unheard.

    Raises:
        BadInputError: it has another shape.
    """
    checkpoint = load_checkpoint(path)
    if not can_widen(checkpoint.config, model.config):
        raise BadInputError(
            str(path),
            "its network is not of the chosen shape, nor a narrower one",
            "Choose its config, or wider --dims.",
        )
    weights = {name: torch.from_numpy(array) for name, array in checkpoint.weights.items()}
    model.load_plain_state(widened(weights, model.plain_state(), model.config))


def export(
    model: SampleRNN, data: Dataset, config: TrainConfig, counters: Counters, valid_bits: float, path: Path
) -> None:
    """Write the averaged weights as a checkpoint with its provenance."""
    provenance = {
        "data": data.folder.name,
        "licence": data.licence,
        "credit": data.credit,
        "steps": counters.step,
        "minutes": round(counters.elapsed_s / 60.0, 1),
        "bits_per_sample": {"valid": valid_bits},
        "settings": config.to_json(),
    }
    save_checkpoint(path, config.model, to_arrays(model.plain_state()), provenance)
