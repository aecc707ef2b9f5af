"""The same instrument without a clock: a Voice to an array."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import DEFAULT_PRECISION, Precision
from livernn.model.quantize import to_codes
from livernn.synth.chain import SignalChain
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel

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

    device_rate_hz = rate_hz or checkpoint.config.sample_rate_hz
    generator = Generator(load_kernel(checkpoint, precision), seed=seed, voices=voices)
    chains = [SignalChain(checkpoint.config, device_rate_hz) for _ in range(voices)]
    if prime is not None:
        codes = to_codes(prime, checkpoint.config)
        generator.prime(codes)
        for chain in chains:
            chain.replace_past(codes)
    delay = chains[0].delay_samples
    blocks: list[NDArray[np.float32]] = []
    rendered = 0
    while rendered < count + delay:
        voiced = generator.render(_BLOCK_SAMPLES, [patch] * voices)
        parts = [chain.process(codes, patch.gain_db) for chain, codes in zip(chains, voiced, strict=True)]
        blocks.append(np.stack(parts, axis=1))
        rendered += len(blocks[-1])
        on_progress(min(1.0, rendered / (count + delay)))
    heard = np.concatenate(blocks)[delay : delay + count]
    return heard[:, 0] if voices == 1 else _spread(heard)


def _spread(voices: NDArray[np.float32]) -> NDArray[np.float32]:
    """`[n, voices]`, equal power from left to right, divided by their number: the sum stays below full scale."""
    count = voices.shape[1]
    angles = np.linspace(0.0, np.pi / 2, count)
    gains = np.stack([np.cos(angles), np.sin(angles)], axis=1) / count
    stereo: NDArray[np.float32] = (voices @ gains).astype(np.float32)
    return stereo
