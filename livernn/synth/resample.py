"""Streaming sample-rate conversion from the model's rate to the device's: polyphase windowed sinc, exact ratio."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.compiled import compiled

DELAY_S = 0.002
"""The longest delay, kept while the slower rate is at least 8 kHz."""

_SHORTEST_HALF = 16
_LONGEST_HALF = 24
_CUTOFF = 0.49
_BETA_PER_HALF = 0.375
_MOST_PHASES = 512


def exact_rate(rate_hz: float) -> Fraction:
    """The rate that a driver's float means: whole milli-hertz at most."""
    return Fraction(rate_hz).limit_denominator(1000)


class Resampler:
    """One stream from `input_rate_hz` to `output_rate_hz`, of one or more channels that know nothing of each other.

    Any split into blocks gives the same samples. Owned by one thread.

    Output k is the input at time `k * input_rate / output_rate - delay`, in whole-number arithmetic: after n inputs
    there have been `ceil(n * output_rate / input_rate)` outputs, however long it runs. Within 0.5 dB to 0.45 of the
    slower rate, images and aliases from 0.55 of it below -60 dB. Equal rates pass through.
    """

    def __init__(self, input_rate_hz: float, output_rate_hz: float, channels: int = 1) -> None:
        ratio = exact_rate(output_rate_hz) / exact_rate(input_rate_hz)
        self.ratio = ratio
        self._steps = np.array([ratio.numerator, ratio.denominator], dtype=np.int64)
        self._bank, half = _design(ratio, min(input_rate_hz, output_rate_hz))
        self.delay_s = half / input_rate_hz
        self._history = np.zeros((channels, self._bank.shape[1] - 1), dtype=np.float32)
        self._phase = np.zeros(1, dtype=np.int64)

    def reset(self) -> None:
        """As if silence had passed for ever; outputs lie between inputs where they did, so that blocks are as long."""
        self._history[:] = 0.0

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All state, by reference."""
        return self._history, self._phase

    def check(self) -> None:
        """ValueError for a state, restored from elsewhere, that would have `process` read beyond its input."""
        if not 0 <= self._phase[0] < self._steps[1]:
            raise ValueError("the resampler's phase is out of range")

    def process(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output samples that fall due with `audio`, `[n, channels]`: floor or ceil of n times `ratio`.

        `[n]` for one channel, too.
        """
        up, down = self._steps
        due = -((int(self._phase[0]) - len(audio) * int(up)) // int(down))
        output = np.empty((due, *audio.shape[1:]), dtype=np.float32)
        channels = len(self._history)
        _resample(
            audio.reshape(-1, channels), self._bank, self._steps, self._history, self._phase,
            output.reshape(-1, channels),
        )  # fmt: skip
        return output


def _design(ratio: Fraction, slower_rate_hz: float) -> tuple[NDArray[np.float32], int]:
    """Filter bank `[phases + 1, taps]` (the last row starts the next input sample) and the delay in input samples."""
    if ratio == 1:
        return np.ones((2, 1), dtype=np.float32), 0
    half = min(max(int(DELAY_S * slower_rate_hz), _SHORTEST_HALF), _LONGEST_HALF)
    stretch = max(1.0, float(1 / ratio))
    reach = math.ceil(half * stretch)
    phases = min(ratio.numerator, _MOST_PHASES)
    newest_first = np.arange(2 * reach - 1, -1, -1) - reach
    time = (np.arange(phases + 1)[:, None] / phases + newest_first) / stretch
    window = np.i0(_BETA_PER_HALF * half * np.sqrt(np.clip(1.0 - (time / half) ** 2, 0.0, None)))
    bank = np.sinc(2.0 * _CUTOFF * time) * window * (abs(time) < half)
    # Every phase passes a constant exactly; otherwise DC would come out with images at multiples of the input rate.
    bank /= bank.sum(axis=1, keepdims=True)
    return bank.astype(np.float32), reach


@compiled
def _resample(
    audio: NDArray[np.float32],
    bank: NDArray[np.float32],
    steps: NDArray[np.int64],
    history: NDArray[np.float32],
    phase: NDArray[np.int64],
    output: NDArray[np.float32],
) -> None:
    up, down = steps[0], steps[1]
    phases = bank.shape[0] - 1
    channels, taps = history.shape[0], bank.shape[1]
    before, count = history.shape[1], audio.shape[0]
    lines = np.empty((channels, before + count), dtype=np.float32)
    for channel in range(channels):
        lines[channel, :before] = history[channel]
        for n in range(count):
            lines[channel, before + n] = audio[n, channel]
    filter_now = np.empty(taps, dtype=np.float32)
    position = phase[0]
    for k in range(output.shape[0]):
        start = position // up
        scaled = (position % up) * phases
        row = scaled // up
        between = np.float32((scaled % up) / up)
        for j in range(taps):
            filter_now[j] = bank[row, j] + between * (bank[row + 1, j] - bank[row, j])
        for channel in range(channels):
            line = lines[channel, start : start + taps]
            total = np.float32(0.0)
            for j in range(taps):
                total += filter_now[j] * line[j]
            output[k, channel] = total
        position += down
    phase[0] = position - count * up
    for channel in range(channels):
        history[channel] = lines[channel, count:]
