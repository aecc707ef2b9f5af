"""The audio callback: compiled, holds no Python, allocates and locks nothing.

It copies ring -> output channels -> tap and is the only one to advance the ring's read index. When the ring is empty
it plays zeros, reached and left by a short fade, and counts; what the device itself missed is counted apart. Of each
break in the way from ring to tap it leaves a mark on the reel, so that what was heard can be made again by `serve`.
"""

import ctypes
from typing import Any

import numba
import numpy as np
from numba import cfunc, extending, njit

from livernn.engine.reel import (
    MARK_FLAGS,
    MARK_HEARD,
    MARK_LEVEL,
    MARK_OPEN,
    MARK_RATE_HZ,
    MARK_RING,
    MARK_STARVED,
    MARK_WORDS,
    MARK_XRUN,
    MARKS,
    MARKS_AT,
    MARKS_WRITTEN,
    OWNER,
    REEL_FLOATS,
    REEL_TAP_FLOAT_AT,
    REEL_WORDS,
    RING_HEARD,
    TAP_SAMPLES,
    TAP_WRITTEN,
)
from livernn.engine.ringbuffer import skip
from livernn.engine.shared import (
    CALLBACKS,
    CHANNELS,
    DEVICE_XRUNS,
    FADE_SAMPLES,
    FLOW,
    GATE,
    HEADER_WORDS,
    HELD_FLOAT,
    LARGEST_BLOCK,
    LEVEL,
    LIFE,
    REEL_ADDRESS,
    RING_AT,
    RING_FLOAT_AT,
    RING_READ,
    RING_SAMPLES,
    RING_WORDS,
    RING_WRITE,
    STARVED,
    STREAM_RATE_HZ,
    TOTAL_FLOATS,
    UNDERRUNS,
)
from livernn.synth.atomics import load_acquire, store_release
from livernn.units import SIDES

carray: Any = numba.carray  # type: ignore[attr-defined]
types: Any = numba.types
_intrinsic: Any = extending.intrinsic

CONTINUE = 0
OUTPUT_UNDERFLOW, OUTPUT_OVERFLOW = 0x04, 0x08
"""PaStreamCallbackFlags of portaudio.h."""

_DEVICE_XRUN = OUTPUT_UNDERFLOW | OUTPUT_OVERFLOW
_HELD_FADES = np.float32(6.0)
"""Within one fade a held value falls by e^-6 (52 dB)."""
_INAUDIBLE = np.float32(1e-5)
_HALF = np.float32(0.5)

_KNOWN = 8
"""Flow that has been marked, in SharedBlock's FLOW."""

_UNSIGNED_LONG = types.uint32 if ctypes.sizeof(ctypes.c_ulong) == 4 else types.uint64


@njit("void(int64[::1], int64[::1], int64, int64, int64)", nogil=True, cache=True)
def _leave_mark(words, reel, heard, ring, flags):  # type: ignore[no-untyped-def]
    words[FLOW] = flags & ~MARK_XRUN
    if words[LIFE] != reel[OWNER]:
        return
    count = reel[MARKS_WRITTEN]
    at = MARKS_AT + MARK_WORDS * (count % MARKS)
    reel[at + MARK_HEARD] = heard
    reel[at + MARK_RING] = ring
    reel[at + MARK_FLAGS] = flags & ~_KNOWN
    reel[at + MARK_LEVEL] = words[LEVEL]
    reel[at + MARK_RATE_HZ] = words[STREAM_RATE_HZ]
    store_release(reel, MARKS_WRITTEN, count + 1)


@njit(
    "void(int64[::1], float32[:, ::1], int64[::1], float32[:, ::1], float32[::1], int64, int64)",
    nogil=True, cache=True, error_model="numpy",
)  # fmt: skip
def serve(words, ring, reel, tap, output, count, flags):  # type: ignore[no-untyped-def]
    """Fill `output` `[count * channels]`, interleaved: both sides, their mean for one channel, and silence beyond two.

    The level of the gate at the time of a mark is in `words`.
    """
    ring_words = words[RING_AT : RING_AT + RING_WORDS]
    owned = words[LIFE] == reel[OWNER]
    gate = load_acquire(words, GATE)
    fade = max(words[FADE_SAMPLES], 1)
    channels = words[CHANNELS]
    level = words[LEVEL]
    heard = reel[TAP_WRITTEN]
    kept = words.view(np.float32)
    held_left, held_right = kept[HELD_FLOAT], kept[HELD_FLOAT + 1]
    held_decay = np.float32(1.0) - _HELD_FADES / np.float32(fade + _HELD_FADES)
    before = ring_words[RING_READ]
    first = skip(ring_words) if level == 0 else before
    end = load_acquire(ring_words, RING_WRITE)
    left, right = tap[(heard - 1) % TAP_SAMPLES, 0], tap[(heard - 1) % TAP_SAMPLES, 1]
    flow = _KNOWN | (MARK_OPEN if gate != 0 else 0)
    if flags & _DEVICE_XRUN:
        words[DEVICE_XRUNS] += 1
        _leave_mark(words, reel, heard, first, flow | (MARK_STARVED if words[STARVED] else 0) | MARK_XRUN)
    elif first != before or words[FLOW] != flow | (MARK_STARVED if words[STARVED] else 0):
        _leave_mark(words, reel, heard, first, flow | (MARK_STARVED if words[STARVED] else 0))

    for index in range(count):
        if gate != 0 or level > 0:
            if first < end:
                if words[STARVED] != 0:
                    words[STARVED] = 0
                    words[LEVEL] = level
                    _leave_mark(words, reel, heard + index, first, flow)
                level = min(level + 1, fade) if gate != 0 else level - 1
                share = np.float32(level) / np.float32(fade)
                rest = np.float32(1.0) - share
                left = share * ring[first % len(ring), 0] + rest * held_left
                right = share * ring[first % len(ring), 1] + rest * held_right
                first += 1
            else:
                if words[STARVED] == 0:
                    words[STARVED] = 1
                    words[UNDERRUNS] += gate
                    words[LEVEL] = 0
                    _leave_mark(words, reel, heard + index, first, flow | MARK_STARVED)
                    held_left, held_right = left, right
                level = 0
                left, right = held_left, held_right
        else:
            left, right = held_left, held_right
        held_left = held_left * held_decay if abs(held_left) > _INAUDIBLE else np.float32(0.0)
        held_right = held_right * held_decay if abs(held_right) > _INAUDIBLE else np.float32(0.0)
        if owned:
            tap[(heard + index) % TAP_SAMPLES, 0] = left
            tap[(heard + index) % TAP_SAMPLES, 1] = right
        if channels == 1:
            output[index] = _HALF * (left + right)
        else:
            output[index * channels] = left
            output[index * channels + 1] = right
            for channel in range(SIDES, channels):
                output[index * channels + channel] = np.float32(0.0)

    words[LEVEL] = level
    kept[HELD_FLOAT], kept[HELD_FLOAT + 1] = held_left, held_right
    words[CALLBACKS] += 1
    words[LARGEST_BLOCK] = max(words[LARGEST_BLOCK], count)
    store_release(ring_words, RING_READ, first)
    if owned:
        reel[RING_HEARD] = first
        store_release(reel, TAP_WRITTEN, heard + count)


STREAM_SIGNATURE = types.int32(
    types.voidptr, types.CPointer(types.float32), _UNSIGNED_LONG, types.voidptr, _UNSIGNED_LONG, types.voidptr
)


@_intrinsic
def _pointer_at(typing_context, address):  # type: ignore[no-untyped-def] # noqa: ARG001
    """An address as what `carray` takes."""

    def generate(context, builder, _, arguments):  # type: ignore[no-untyped-def]
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


@cfunc(STREAM_SIGNATURE, cache=True)
def callback(unused_input, output, count, unused_time, flags, block):  # type: ignore[no-untyped-def] # noqa: ARG001
    """PaStreamCallback; `block` is the address of a SharedBlock that says where the reel is."""
    words = carray(block, HEADER_WORDS, np.int64)
    ring = carray(block, TOTAL_FLOATS, np.float32)[RING_FLOAT_AT:].reshape(RING_SAMPLES, SIDES)
    reel = _pointer_at(words[REEL_ADDRESS])
    reel_words = carray(reel, REEL_WORDS, np.int64)
    tap = carray(reel, REEL_FLOATS, np.float32)[REEL_TAP_FLOAT_AT:].reshape(TAP_SAMPLES, SIDES)
    samples = carray(output, np.int64(count) * words[CHANNELS])
    serve(words, ring, reel_words, tap, samples, np.int64(count), np.int64(flags))
    return CONTINUE
