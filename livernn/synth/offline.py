"""The same instrument without a clock: a Voice to an array."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import DEFAULT_PRECISION, Precision
from livernn.synth.generator import Generator
from livernn.synth.voice import Voice

MAX_SECONDS = 7200.0
"""A render is held in memory."""

_BLOCK_SAMPLES = 1024


def render_offline(
    checkpoint: Checkpoint,
    patch: Patch,
    seconds: float,
    seed: int,
    *,
    prime: NDArray[np.float32] | None = None,
    rate_hz: float | None = None,
    voices: int = 1,
    precision: Precision = DEFAULT_PRECISION,
    on_progress: Callable[[float], Any] = lambda _: None,
) -> NDArray[np.float32]:
    """What a Voice would play, from its first sample on, without the chain's delay.

    `prime` is mono at the model's rate; the render continues it and does not contain it. `rate_hz` is the model's by
    default. More than one voice are spread from left to right, each with a random stream of its own. `on_progress` is
    called with the share that is done. Returns `[n]`, or `[n, 2]` for more than one voice.

    Raises:
        BadInputError: `seconds` is not in 0..MAX_SECONDS or makes no sample.
    """
    count = round(seconds * (rate_hz or checkpoint.config.sample_rate_hz)) if math.isfinite(seconds) else 0
    if count < 1 or seconds > MAX_SECONDS:
        raise BadInputError(f"{seconds:g} seconds", "that is not a length to render", f"Use up to {MAX_SECONDS:g}.")

    def report(index: int, share: float) -> None:
        on_progress((index + share) / voices)

    parts = []
    for index in range(voices):
        generator = Generator(checkpoint, seed=seed, voice=index, precision=precision)
        voice = Voice(generator, rate_hz or checkpoint.config.sample_rate_hz)
        if prime is not None:
            voice.prime(prime)
        parts.append(_render(voice, patch, count, partial(report, index)))
    return parts[0] if voices == 1 else _spread(parts)


def _render(voice: Voice, patch: Patch, count: int, on_progress: Callable[[float], Any]) -> NDArray[np.float32]:
    blocks: list[NDArray[np.float32]] = []
    wanted = count + voice.delay_samples
    rendered = 0
    while rendered < wanted:
        blocks.append(voice.render(_BLOCK_SAMPLES, patch))
        rendered += blocks[-1].size
        on_progress(min(1.0, rendered / wanted))
    return np.concatenate(blocks)[voice.delay_samples : wanted]


def _spread(voices: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Equal power from left to right; divided by the number of voices, so that their sum stays below full scale."""
    angles = np.linspace(0.0, np.pi / 2, len(voices))
    gains = np.stack([np.cos(angles), np.sin(angles)], axis=1) / len(voices)
    return (np.stack(voices, axis=1) @ gains).astype(np.float32)
