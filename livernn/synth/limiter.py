"""Peak limiter with 1 ms of look-ahead: transparent below the threshold, never above the ceiling."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.compiled import compiled
from livernn.units import db_to_gain, gain_to_db

THRESHOLD_DB = -3.0
CEILING_DB = -0.1
LOOK_AHEAD_MS = 1.0
RELEASE_MS = 150.0

_THRESHOLD = db_to_gain(THRESHOLD_DB)
_KNEE = db_to_gain(CEILING_DB) - _THRESHOLD
_UNITY = 1 << 30
"""Gains are averaged as whole numbers of this part, so that a running sum never drifts."""

_RELEASED = 1.0 - 1e-6


class Limiter:
    """Soft knee from `THRESHOLD_DB` to an asymptote at `CEILING_DB`. Owned by one thread.

    The gain each sample asks for is held over the look-ahead (sliding minimum) and then averaged over it, so that the
    gain has arrived, without a corner, when the peak comes out of the delay. Channels are linked: all are turned down
    for the loudest, so that what is heard on the left stays there.
    """

    def __init__(self, rate_hz: float, channels: int = 1) -> None:
        self.delay_samples = int(LOOK_AHEAD_MS * rate_hz / 1000.0)
        self._release = 1.0 - math.exp(-1000.0 / (RELEASE_MS * rate_hz))
        window = self.delay_samples + 1
        self._delayed = np.zeros((window, channels), dtype=np.float32)
        self._averaged = np.zeros(window, dtype=np.int64)
        self._queue_gain = np.zeros(window)
        self._queue_time = np.zeros(window, dtype=np.int64)
        self._counters = np.zeros(4, dtype=np.int64)
        self._envelope = np.zeros(2)
        self.reset()

    def reset(self) -> None:
        """As if silence had passed for ever."""
        self._delayed[:] = 0.0
        self._averaged[:] = _UNITY
        self._counters[:] = 0, 0, 0, self._averaged.size * _UNITY
        self._envelope[:] = 1.0

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference."""
        return self._delayed, self._averaged, self._queue_gain, self._queue_time, self._counters, self._envelope

    @property
    def gain_db(self) -> float:
        """The deepest gain of the last block, 0 or below."""
        return gain_to_db(float(self._envelope[1]))

    def check(self) -> None:
        """ValueError for a state, restored from elsewhere, that would have `process` reach beyond its window."""
        time, head, queued, _ = self._counters
        window = len(self._delayed)
        if not (0 <= time < 1 << 62 and 0 <= head < window and 0 <= queued <= window):
            raise ValueError("the limiter's counters are out of range")

    def process(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Limited audio, `delay_samples` late; `[n, channels]`, or `[n]` for one channel."""
        limited = np.empty_like(audio)
        channels = self._delayed.shape[1]
        _limit(
            audio.reshape(-1, channels),
            self._release,
            self._delayed,
            self._averaged,
            self._queue_gain,
            self._queue_time,
            self._counters,
            self._envelope,
            limited.reshape(-1, channels),
        )
        return limited


@compiled
def _limit(
    audio: NDArray[np.float32],
    release: float,
    delayed: NDArray[np.float32],
    averaged: NDArray[np.int64],
    queue_gain: NDArray[np.float64],
    queue_time: NDArray[np.int64],
    counters: NDArray[np.int64],
    envelope: NDArray[np.float64],
    limited: NDArray[np.float32],
) -> None:
    window, channels = delayed.shape
    time, head, queued, total = counters[0], counters[1], counters[2], counters[3]
    released = envelope[0]
    deepest = 1.0
    for n in range(audio.shape[0]):
        peak = 0.0
        for channel in range(channels):
            peak = max(peak, abs(np.float64(audio[n, channel])))
        wanted = 1.0
        if peak > _THRESHOLD:
            wanted = (_THRESHOLD + _KNEE * (1.0 - math.exp((_THRESHOLD - peak) / _KNEE))) / peak

        # Monotonic queue: gains rise from head to tail, so the head is the minimum of the window.
        if queued and queue_time[head] <= time - window:
            head = (head + 1) % window
            queued -= 1
        while queued and queue_gain[(head + queued - 1) % window] >= wanted:
            queued -= 1
        tail = (head + queued) % window
        queue_gain[tail] = wanted
        queue_time[tail] = time
        queued += 1

        released += release * (1.0 - released)
        if released > _RELEASED:
            released = 1.0
        released = min(released, queue_gain[head])

        slot = time % window
        part = np.int64(released * _UNITY)
        total += part - averaged[slot]
        averaged[slot] = part
        for channel in range(channels):
            delayed[slot, channel] = audio[n, channel]
        gain = total / (np.float64(window) * _UNITY)
        deepest = min(deepest, gain)
        time += 1
        slot = time % window
        for channel in range(channels):
            limited[n, channel] = delayed[slot, channel] * gain
    counters[0], counters[1], counters[2], counters[3] = time, head, queued, total
    envelope[0], envelope[1] = released, deepest
