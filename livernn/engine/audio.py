"""The audio callback: compiled, holds no Python, allocates and locks nothing.

It copies ring -> output channels -> tap and is the only one to advance the ring's read index. When the ring is empty
it plays zeros, reached and left by a short fade, and counts; what the device itself missed is counted apart.
"""

import ctypes
from typing import Any

import numba
import numpy as np
from numba import cfunc, njit

from livernn.engine.ringbuffer import load_acquire, skip, store_release
from livernn.engine.shared import (
    CALLBACKS,
    CHANNELS,
    DEVICE_XRUNS,
    FADE_SAMPLES,
    GATE,
    HEADER_WORDS,
    HELD_FLOAT,
    LARGEST_BLOCK,
    LEVEL,
    RING_AT,
    RING_FLOAT_AT,
    RING_READ,
    RING_WORDS,
    RING_WRITE,
    STARVED,
    TAP_FLOAT_AT,
    TAP_SAMPLES,
    TAP_WRITTEN,
    TOTAL_FLOATS,
    UNDERRUNS,
)

carray: Any = numba.carray  # type: ignore[attr-defined]
types: Any = numba.types

CONTINUE = 0
OUTPUT_UNDERFLOW, OUTPUT_OVERFLOW = 0x04, 0x08
"""PaStreamCallbackFlags of portaudio.h."""

_DEVICE_XRUN = OUTPUT_UNDERFLOW | OUTPUT_OVERFLOW
_HELD_FADES = np.float32(6.0)
"""Within one fade a held value falls by e^-6 (52 dB)."""
_INAUDIBLE = np.float32(1e-5)

_UNSIGNED_LONG = types.uint32 if ctypes.sizeof(ctypes.c_ulong) == 4 else types.uint64


@njit("void(int64[::1], float32[::1], float32[::1], int64, int64)", nogil=True, cache=True, error_model="numpy")
def serve(words, floats, output, count, flags):  # type: ignore[no-untyped-def]
    """Fill `output` `[count * channels]`, interleaved."""
    ring_words = words[RING_AT : RING_AT + RING_WORDS]
    ring = floats[RING_FLOAT_AT:TAP_FLOAT_AT]
    tap = floats[TAP_FLOAT_AT:TOTAL_FLOATS]
    gate = load_acquire(words, GATE)
    fade = max(words[FADE_SAMPLES], 1)
    channels = words[CHANNELS]
    level = words[LEVEL]
    heard = words[TAP_WRITTEN]
    held = floats[HELD_FLOAT]
    held_decay = np.float32(1.0) - _HELD_FADES / np.float32(fade + _HELD_FADES)
    first = skip(ring_words) if level == 0 else ring_words[RING_READ]
    end = load_acquire(ring_words, RING_WRITE)
    last = tap[(heard - 1) % TAP_SAMPLES]

    for index in range(count):
        if gate != 0 or level > 0:
            if first < end:
                words[STARVED] = 0
                level = min(level + 1, fade) if gate != 0 else level - 1
                share = np.float32(level) / np.float32(fade)
                last = share * ring[first % ring.size] + (np.float32(1.0) - share) * held
                first += 1
            else:
                if words[STARVED] == 0:
                    words[STARVED] = 1
                    words[UNDERRUNS] += gate
                    held = last
                level = 0
                last = held
        else:
            last = held
        held = held * held_decay if abs(held) > _INAUDIBLE else np.float32(0.0)
        tap[(heard + index) % TAP_SAMPLES] = last
        for channel in range(channels):
            output[index * channels + channel] = last

    words[LEVEL] = level
    floats[HELD_FLOAT] = held
    words[CALLBACKS] += 1
    words[LARGEST_BLOCK] = max(words[LARGEST_BLOCK], count)
    if flags & _DEVICE_XRUN:
        words[DEVICE_XRUNS] += 1
    store_release(ring_words, RING_READ, first)
    store_release(words, TAP_WRITTEN, heard + count)


_SIGNATURE = types.int32(
    types.voidptr, types.CPointer(types.float32), _UNSIGNED_LONG, types.voidptr, _UNSIGNED_LONG, types.voidptr
)


@cfunc(_SIGNATURE, cache=True)
def callback(unused_input, output, count, unused_time, flags, block):  # type: ignore[no-untyped-def] # noqa: ARG001
    """PaStreamCallback; `block` is the address of a SharedBlock."""
    words = carray(block, HEADER_WORDS, np.int64)
    floats = carray(block, TOTAL_FLOATS, np.float32)
    samples = carray(output, np.int64(count) * words[CHANNELS])
    serve(words, floats, samples, np.int64(count), np.int64(flags))
    return CONTINUE
