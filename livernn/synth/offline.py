"""The same instrument without a clock: a Voice to an array."""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import Precision
from livernn.synth.choir import choir_of
from livernn.synth.guard import Guard
from livernn.synth.guarded import GuardedVoice
from livernn.synth.kernel import load_kernel
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
    precision: Precision | None = None,
    on_progress: Callable[[float], Any] = lambda _: None,
) -> NDArray[np.float32]:
    """What a Voice and its guard would play, from the first sample on, without the chain's delay.

    `prime` is mono at the model's rate; the render continues it and does not contain it. `rate_hz` is the model's by
    default, `precision` the model's usual one. `on_progress` is called with the share that is done. Returns `[n]`, or
    `[n, SIDES]` for several voices.

    Raises:
        BadInputError: `seconds` is not in 0..MAX_SECONDS or makes no sample.
    """
    count = round(seconds * (rate_hz or checkpoint.config.sample_rate_hz)) if math.isfinite(seconds) else 0
    if count < 1 or seconds > MAX_SECONDS:
        raise BadInputError(f"{seconds:g} seconds", "that is not a length to render", f"Use up to {MAX_SECONDS:g}.")

    device_rate_hz = rate_hz or checkpoint.config.sample_rate_hz
    voice = Voice(choir_of(load_kernel(checkpoint, precision), seed), device_rate_hz)
    if prime is not None:
        voice.prime(prime)
    guarded = GuardedVoice(voice, Guard(checkpoint.config, checkpoint.foresight, random.Random(seed)))
    delay = voice.delay_samples
    blocks: list[NDArray[np.float32]] = []
    rendered = 0
    while rendered < count + delay:
        blocks.append(guarded.render(_BLOCK_SAMPLES, patch))
        rendered += len(blocks[-1])
        on_progress(min(1.0, rendered / (count + delay)))
    heard = np.concatenate(blocks)[delay : delay + count]
    return heard[:, 0] if patch.voices == 1 else heard
