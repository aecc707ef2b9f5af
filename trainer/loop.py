"""`fit`: the training loop, top to bottom."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.foresight import Foresight
from livernn.replacing import replace_text
from trainer.board import Board
from trainer.config import TrainConfig
from trainer.dataset import CODEC_FIELDS, Dataset
from trainer.hardware import training_device
from trainer.held_out import evaluate_split
from trainer.learner import Learner
from trainer.log import Entry
from trainer.progress import Progress
from trainer.publish import Publisher
from trainer.ranks import ALONE, Ranks
from trainer.run import RunFolder
from trainer.schedule import schedule, share_done, time_left, validation_due
from trainer.state import Counters
from trainer.step import prepare_torch
from trainer.streams import ChunkStreams
from trainer.trend import gain_bits, jump
from trainer.watch import trouble

SMOOTHING = 0.05
"""Weight of the newest step in the samples/s that the bar shows."""

MIN_RATE_FACTOR = 1 / 32
"""A run that leaves its course even at this share of its learning rate is not to be saved by a lower one."""


def fit(
    data: Dataset,
    config: TrainConfig,
    run: RunFolder,
    *,
    minutes: float | None = None,
    resume: bool = False,
    init: Path | None = None,
    tensorboard: bool = False,
    ranks: Ranks = ALONE,
    on_validation: Callable[[Entry], None] | None = None,
    now_s: Callable[[], float] = time.monotonic,
) -> Path:
    """Train until `config.steps` or for `minutes` of clock time, resumed time included; returns the best checkpoint.

    The codec fields of `config.model` give way to the data's own. Once `run.stop` is there, the state is saved and
    training ends; there is no checkpoint if that was before the first validation. Where loss or gradient stop being
    finite, or the loss leaps up, the run goes back to the last saved state, at half the learning rate. Of several
    processes each calls this, and one writes. `on_validation` may raise to end the run.

    Raises:
        BadInputError: RUN exists and `resume` is not set, or a file does not fit.
        LiveRNNError: going back did not help.
    """
    if config.steps is None and minutes is None:
        raise BadInputError("fit", "neither --steps nor --minutes says when to stop", "Give one of them.")
    exists, begun = ranks.told(run.config.exists(), run.state.exists())
    if exists and not resume:
        raise BadInputError(str(run.path), "a run exists there", "Add --resume, or choose another --out.")
    codec = {name: getattr(data.codec, name) for name in CODEC_FIELDS}
    config = replace(config, model=replace(config.model, **codec))
    valid = data.split("valid")
    prepare_torch(config)
    learner = Learner(config, training_device(), None if begun else init, ranks)
    streams = ChunkStreams(
        list(data.split("train").recordings()),
        model=config.model,
        batch=config.batch,
        chunk_samples=config.chunk_samples,
        gap_share=config.gap_share,
        seed=config.seed,
        share=ranks.share(config.batch),
    )
    run.audio.mkdir(parents=True, exist_ok=True)
    counters = Counters()
    if begun:
        counters = learner.load(run.state)
    else:
        learner.save(run.state, counters)
    if ranks.leads:
        replace_text(run.config, config.to_json())
    board = Board(run.board, counters.step) if tensorboard and ranks.leads else None
    progress = Progress(run.log, first_step=counters.step, total_steps=config.steps, board=board, shown=ranks.leads)
    publisher = Publisher(data, config, run) if ranks.leads else None
    clock = now_s() - counters.elapsed_s
    samples_per_s = 0.0
    finished = share_done(config, counters, minutes) >= 1.0
    stopped = False
    try:
        while not (finished or stopped):
            began = now_s()
            done = share_done(config, counters, minutes)
            rate = config.learning_rate * counters.rate_factor * schedule(config, counters.step, done)
            bits, norm = learner.step(streams.at(counters.step), rate)
            counters.step += 1
            counters.elapsed_s, stop = ranks.told(now_s() - clock, run.stop.exists())
            stopped = bool(stop)
            finished = share_done(config, counters, minutes) >= 1.0
            if (wrong := trouble(progress.log.losses, bits, norm, config.model.q_levels)) is not None:
                counters, finished = rolled_back(learner, run, progress, counters, wrong), False
                continue
            learner.average(counters.step)
            speed = config.batch * config.chunk_samples / (now_s() - began)
            samples_per_s = speed if samples_per_s == 0.0 else samples_per_s + SMOOTHING * (speed - samples_per_s)
            progress.step(
                {
                    "step": counters.step,
                    "bits": bits,
                    "rate": rate,
                    "norm": norm,
                    "samples_per_s": round(samples_per_s),
                    "elapsed_s": round(counters.elapsed_s, 2),
                    "left_s": round(time_left(config, counters, minutes, samples_per_s), 3),
                }
            )
            if finished or validation_due(config, counters):
                with learner.as_played(learner.averaged):
                    foresight = (
                        evaluate_split(learner.averaged, valid, config.validate_seconds)
                        if ranks.leads
                        else Foresight(0.0)
                    )
                valid_bits, counters.elapsed_s = ranks.told(foresight.held_out_bits, now_s() - clock)
                counters.validated_s = counters.elapsed_s
                entry: Entry = {"step": counters.step, "valid_bits": valid_bits}
                entry["elapsed_s"] = round(counters.elapsed_s, 2)
                validations = [*progress.log.validations, entry]
                if (wrong := jump(validations)) is not None:
                    counters, finished = rolled_back(learner, run, progress, counters, wrong), False
                    continue
                entry["gain_bits"] = gain_bits(validations)
                advice = (
                    publisher.publish(learner.averaged, foresight, counters, progress.log.losses, validations)
                    if publisher
                    else []
                )
                counters.best_bits = min(valid_bits, counters.best_bits)
                progress.validation(entry, run.sound(counters.step))
                for text in advice:
                    progress.notice(counters.step, text)
                learner.save(run.state, counters)
                if on_validation is not None:
                    on_validation(entry)
            elif stopped:
                learner.save(run.state, counters)
    finally:
        progress.close()
    return run.best


def rolled_back(learner: Learner, run: RunFolder, progress: Progress, counters: Counters, wrong: str) -> Counters:
    """Go back to the last saved state, at half the learning rate; the clock goes on. Returns where the run now stands.

    Raises:
        LiveRNNError: the rate has been halved too often.
    """
    if counters.rate_factor / 2 < MIN_RATE_FACTOR:
        raise LiveRNNError(
            "training",
            f"at step {counters.step} {wrong}, and {counters.rate_factor:.0%} of the learning rate did not help",
            "Begin again with a tenth of --learning-rate, and read what prepare said of the data.",
        )
    before = learner.load(run.state)
    before.rate_factor, before.elapsed_s = counters.rate_factor / 2, counters.elapsed_s
    learner.save(run.state, before)
    progress.rewind(before.step)
    rate = f"{before.rate_factor:.1%} of the learning rate"
    progress.notice(before.step, f"at step {counters.step} {wrong}: back to step {before.step}, with {rate}")
    return before
