"""The input callback: compiled, holds no Python, allocates and locks nothing. It keeps what is heard in the ear."""

from typing import Any

import numba
import numpy as np
from numba import cfunc, njit

from livernn.engine.audio import CONTINUE, STREAM_SIGNATURE
from livernn.engine.ear import (
    CALLBACKS,
    CHANNELS,
    CLIPPED,
    EAR_FLOAT_AT,
    EAR_FLOATS,
    EAR_SAMPLES,
    EAR_WORDS,
    FIRST,
    HEARD,
    INPUT_XRUNS,
)
from livernn.synth.atomics import store_release

carray: Any = numba.carray  # type: ignore[attr-defined]

INPUT_UNDERFLOW, INPUT_OVERFLOW = 0x01, 0x02
"""PaStreamCallbackFlags of portaudio.h."""

_DEVICE_XRUN = INPUT_UNDERFLOW | INPUT_OVERFLOW
_TOP = np.float32(0.999)


@njit(
    "void(int64[::1], float32[::1], float32[::1], int64, int64)",
    nogil=True, cache=True, error_model="numpy",
)  # fmt: skip
def keep(words, ring, frames, count, flags):  # type: ignore[no-untyped-def]
    """Append the mean of `frames` `[count * channels]`, interleaved, from channel FIRST on; no number is silence."""
    channels = words[CHANNELS]
    first = words[FIRST]
    heard = words[HEARD]
    for index in range(count):
        total = np.float32(0.0)
        for channel in range(first, channels):
            value = frames[index * channels + channel]
            if not abs(value) < np.float32(np.inf):
                value = np.float32(0.0)
            if abs(value) >= _TOP:
                words[CLIPPED] += 1
            total += value
        ring[(heard + index) % EAR_SAMPLES] = total / np.float32(channels - first)
    words[CALLBACKS] += 1
    if flags & _DEVICE_XRUN:
        words[INPUT_XRUNS] += 1
    store_release(words, HEARD, heard + count)


@cfunc(STREAM_SIGNATURE, cache=True)
def callback(frames, unused_output, count, unused_time, flags, ear):  # type: ignore[no-untyped-def] # noqa: ARG001
    """PaStreamCallback; `ear` is the address of an Ear."""
    words = carray(ear, EAR_WORDS, np.int64)
    ring = carray(ear, EAR_FLOATS, np.float32)[EAR_FLOAT_AT:]
    heard = carray(frames, np.int64(count) * words[CHANNELS], np.float32)
    keep(words, ring, heard, np.int64(count), np.int64(flags))
    return CONTINUE
