"""Memory that client, engine and stream process share for one life of an engine: ControlBlock, ring and Metrics.

Each 64-byte line of the header has one writer. No numba here: a window that only reads scopes must not load a compiler.
"""

import math
import time
from dataclasses import dataclass
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.engine.memory import SharedMemory
from livernn.engine.reel import OWNER, RECORDED, RECORDING_RATE_HZ, Reel, ScopeTap
from livernn.engine.transport import EngineState
from livernn.units import SIDES, SILENCE_DB, gain_to_db, samples_to_ms

_LINE = 8
"""Words of a cache line."""

# Written by the client.
CONTROL_AT = 0
_CONTROL_SEQUENCE, _CONTROL_EPOCH, _CONTROL_VALUES = CONTROL_AT, CONTROL_AT + 1, CONTROL_AT + 2
LIFE = 7 * _LINE
"""Which engine of its client this is, counted from 0: the callback writes the reel only while that names this life."""

# Written by the sampler (see ringbuffer).
RING_AT = 8 * _LINE
RING_WORDS = 2 * _LINE
RING_WRITE, RING_SKIP, RING_CURSOR, RING_READ = 0, 1, 2, _LINE
"""Within the ring's words: end of what there is to play, first sample worth playing, next one to render (before the end
while sound is being rendered again), next one to play."""

# Written by the engine.
GATE = 12 * _LINE
STATE = GATE + 1
HEARTBEAT = GATE + 2
FADE_SAMPLES = GATE + 3

# Written by the stream process before the first callback.
CHANNELS = 13 * _LINE
REEL_ADDRESS = CHANNELS + 1
"""Where the stream process has the reel."""
STREAM_RATE_HZ = CHANNELS + 2
"""To the nearest whole number."""

# Written by the audio callback.
LEVEL = 16 * _LINE
STARVED = LEVEL + 1
UNDERRUNS = LEVEL + 2
DEVICE_XRUNS = LEVEL + 3
CALLBACKS = LEVEL + 4
LARGEST_BLOCK = LEVEL + 5
FLOW = LEVEL + 6
"""How the ring is being heard, as in the last mark; 0 before there is one."""
HELD_FLOAT = 2 * (LEVEL + _LINE)
"""Index, in floats, of the `SIDES` values that an underrun fades from."""

# Written by sampler and engine, as float64.
REAL_TIME_FACTOR = 20 * _LINE
BLOCK_MS = REAL_TIME_FACTOR + 1
LIMITER_GAIN_DB = REAL_TIME_FACTOR + 2
TOUCH_MS = REAL_TIME_FACTOR + 3
LATE_RENDERS = REAL_TIME_FACTOR + 4
"""As int64."""
GUARD_RETURNS = REAL_TIME_FACTOR + 5
GUARD_TROUBLE = REAL_TIME_FACTOR + 6
"""As int64: how often the guard went back, and, in the order of `Trouble`, because of what the last time."""
GPU_MS = REAL_TIME_FACTOR + 7
TARGET_DEPTH_MS = 21 * _LINE
DEVICE_RATE_HZ = TARGET_DEPTH_MS + 1
OUTPUT_LATENCY_MS = TARGET_DEPTH_MS + 2

# Written by the follower.
MICROPHONE_PEAK = 22 * _LINE
"""As float64; 0 while no microphone is open."""
MICROPHONE_CLIPPED = MICROPHONE_PEAK + 1
MICROPHONE_XRUNS = MICROPHONE_PEAK + 2

HEADER_WORDS = 512
RING_SAMPLES = 1 << 18
RING_FLOAT_AT = 2 * HEADER_WORDS
TOTAL_FLOATS = RING_FLOAT_AT + RING_SAMPLES * SIDES
LIFE_SHIFT = 40
"""A ring begins at position `life << LIFE_SHIFT`, so that positions of several lives are never taken for each other."""

_PEAK_WINDOW_MS = 50.0
_READ_ATTEMPTS = 100


class SharedBlock(SharedMemory):
    """The mapped block, by its parts."""

    size_bytes = 4 * TOTAL_FLOATS

    def __init__(self, mapping: mmap, handle: str, descriptor: int | None) -> None:
        super().__init__(mapping, handle, descriptor)
        self.words: NDArray[np.int64] = np.frombuffer(mapping, np.int64, HEADER_WORDS)
        self.doubles: NDArray[np.float64] = self.words.view(np.float64)
        self.floats: NDArray[np.float32] = np.frombuffer(mapping, np.float32)
        self.ring = self.floats[RING_FLOAT_AT:].reshape(RING_SAMPLES, SIDES)

    @property
    def address(self) -> int:
        """Where the block begins in this process."""
        return int(self.words.ctypes.data)


def begin_life(block: SharedBlock, reel: Reel, life: int) -> None:
    """Give the reel to an engine that is about to be started with `block`; the client only."""
    ring = block.words[RING_AT : RING_AT + RING_WORDS]
    ring[[RING_WRITE, RING_SKIP, RING_CURSOR, RING_READ]] = life << LIFE_SHIFT
    block.words[LIFE] = reel.words[OWNER] = life


class ControlBlock:
    """The patch under one sequence lock (odd while being written). One writer: the client.

    Every reader has a ControlBlock of its own.

    A patch belongs to an epoch, the number of the load that brought it, so that a voice that has just been faded in
    is never rendered with the patch of the one before.
    """

    def __init__(self, block: SharedBlock) -> None:
        self._words = block.words
        self._values = block.doubles[_CONTROL_VALUES : _CONTROL_VALUES + len(PARAMS)]
        self._read = (-1, b"", Patch())

    def write(self, patch: Patch, epoch: int) -> None:
        """Publish a patch."""
        self._words[_CONTROL_SEQUENCE] += 1
        self._words[_CONTROL_EPOCH] = epoch
        self._values[:] = [patch.value(name) for name in PARAMS]
        self._words[_CONTROL_SEQUENCE] += 1

    def read(self) -> tuple[int, Patch]:
        """Epoch and patch as last written; those of the read before if the writer died while writing."""
        for _ in range(_READ_ATTEMPTS):
            sequence = int(self._words[_CONTROL_SEQUENCE])
            epoch = int(self._words[_CONTROL_EPOCH])
            values = self._values.tobytes()
            if sequence % 2 == 0 and sequence == int(self._words[_CONTROL_SEQUENCE]):
                if (epoch, values) != self._read[:2]:
                    named = dict(zip(PARAMS, np.frombuffer(values).tolist(), strict=True))
                    self._read = (epoch, values, Patch(**named))
                break
            time.sleep(0)
        return self._read[0], self._read[2]


@dataclass(frozen=True)
class Metrics:
    """How the engine is doing at one moment."""

    state: EngineState = EngineState.STOPPED
    real_time_factor: float = 0.0
    """Model time rendered per time spent rendering; 0 before the first block."""
    block_ms: float = 0.0
    """Time that the sampler's last block took."""
    gpu_ms: float = 0.0
    """Of it, what a GPU had to do; 0 where there is none."""
    depth_ms: float = 0.0
    target_depth_ms: float = 0.0
    output_latency_ms: float = 0.0
    """What the device adds to the ring's depth before the ear."""
    touch_ms: float = 0.0
    """From the move of a control to the ear, usually; 0 while nothing plays."""
    late_renders: int = 0
    """Times that the old sound went on for a while because it was not rendered again in time."""
    guard_returns: int = 0
    """Times that the guard went back to a healthy moment."""
    guard_trouble: Trouble | None = None
    """What the sound had died of the last time."""
    underruns: int = 0
    device_xruns: int = 0
    peaks_db: tuple[float, float] = (SILENCE_DB, SILENCE_DB)
    """Left and right."""
    limiter_gain_db: float = 0.0
    device_rate_hz: float = 0.0
    """0 while no device is open."""
    microphone_db: float = SILENCE_DB
    """Peak of what the microphone heard a moment ago."""
    microphone_clipped: int = 0
    """Samples of it that were at the top of the scale, ever."""
    microphone_xruns: int = 0
    """Blocks of it of which the device missed something, ever."""
    recorded_s: float | None = None
    """Length of the take under way, without what came before it was asked for."""


_STATES = list(EngineState)
_TROUBLES = list(Trouble)


def forget_callback(block: SharedBlock) -> None:
    """Have the next callback begin in silence; to be called while nothing calls back."""
    block.words[[LEVEL, STARVED, LARGEST_BLOCK, FLOW]] = 0


def publish_state(block: SharedBlock, state: EngineState) -> None:
    """Write the state that `read_metrics` tells."""
    block.words[STATE] = _STATES.index(state)


def count_return(block: SharedBlock, trouble: Trouble) -> None:
    """The guard has gone back once more; the sampler only."""
    block.words[GUARD_TROUBLE] = _TROUBLES.index(trouble)
    block.words[GUARD_RETURNS] += 1


def ring_fill(ring_words: NDArray[np.int64]) -> int:
    """Samples that the callback has yet to play, from the ring's `RING_WORDS` words."""
    return max(0, int(ring_words[RING_WRITE]) - ring_first(ring_words))


def ring_first(ring_words: NDArray[np.int64]) -> int:
    """Position of the sample that the callback plays next."""
    return max(int(ring_words[RING_SKIP]), int(ring_words[RING_READ]))


def _block_ms(words: NDArray[np.int64], rate_hz: float) -> float:
    """The least that a device can add; some say 0."""
    return samples_to_ms(int(words[LARGEST_BLOCK]), rate_hz) if rate_hz > 0.0 else 0.0


def read_metrics(block: SharedBlock, reel: Reel) -> Metrics:
    """The metrics as they stand; any thread of any process."""
    words, doubles = block.words, block.doubles
    rate_hz = float(doubles[DEVICE_RATE_HZ])
    latency_ms = max(float(doubles[OUTPUT_LATENCY_MS]), _block_ms(words, rate_hz))
    touch_ms = float(doubles[TOUCH_MS])
    recent = ScopeTap(reel).latest(round(rate_hz * _PEAK_WINDOW_MS / 1000.0))
    left, right = np.abs(recent).max(axis=0, initial=0.0).tolist()
    return Metrics(
        state=_STATES[int(words[STATE])],
        real_time_factor=float(doubles[REAL_TIME_FACTOR]),
        block_ms=float(doubles[BLOCK_MS]),
        gpu_ms=float(doubles[GPU_MS]),
        depth_ms=samples_to_ms(ring_fill(words[RING_AT : RING_AT + RING_WORDS]), rate_hz) if rate_hz > 0.0 else 0.0,
        target_depth_ms=float(doubles[TARGET_DEPTH_MS]),
        output_latency_ms=latency_ms,
        touch_ms=touch_ms + latency_ms if touch_ms > 0.0 else 0.0,
        late_renders=int(words[LATE_RENDERS]),
        guard_returns=int(words[GUARD_RETURNS]),
        guard_trouble=_TROUBLES[int(words[GUARD_TROUBLE])] if words[GUARD_RETURNS] else None,
        underruns=int(words[UNDERRUNS]),
        device_xruns=int(words[DEVICE_XRUNS]),
        peaks_db=(_peak_db(left), _peak_db(right)),
        limiter_gain_db=float(doubles[LIMITER_GAIN_DB]),
        device_rate_hz=rate_hz,
        microphone_db=gain_to_db(float(doubles[MICROPHONE_PEAK])),
        microphone_clipped=int(words[MICROPHONE_CLIPPED]),
        microphone_xruns=int(words[MICROPHONE_XRUNS]),
        recorded_s=recorded_s(reel),
    )


def _peak_db(peak: float) -> float:
    return gain_to_db(peak) if math.isfinite(peak) else SILENCE_DB


def recorded_s(reel: Reel) -> float | None:
    """See `Metrics`; true whether there is an engine or not."""
    rate_hz = int(reel.words[RECORDING_RATE_HZ])
    return int(reel.words[RECORDED]) / rate_hz if rate_hz > 0 else None
