"""How far a run has come, and what follows from it."""

import math

from trainer.config import TrainConfig
from trainer.state import Counters


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
