"""What this machine would allow: the rate of a kernel that only read its weights, or only multiplied."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.synth.account import Cost
from livernn.synth.compiled import network
from livernn.synth.gemv import Operand, make_operand, multiply
from livernn.synth.packing import ALIGNMENT_BYTES, WORD_BYTES, Layout, aligned
from livernn.synth.taps import row_start
from livernn.synth.vector import Floats
from livernn.synth.weights import PackedWeights

_SWEEPS = 7
_LINE_FLOATS = ALIGNMENT_BYTES // WORD_BYTES
_NEAR_BYTES, _FAR_BYTES = 256 << 10, 16 << 20
_BLOCK_ROWS, _BLOCK_COLUMNS, _REPEATS = 64, 256, 1000


@dataclass(frozen=True)
class Limits:
    """Rates per voice of a loop that reads the same weights in the same order, once for all voices, and of one that
    sums the same products without waiting for memory; and what this core reads, in GB/s, of 256 KiB (L2 on most
    processors) and of 16 MiB (L3 or memory).
    """

    memory_samples_per_s: float
    arithmetic_samples_per_s: float
    near_gb_per_s: float
    far_gb_per_s: float


def measure_limits(packed: PackedWeights, costs: Mapping[str, Cost], voices: int) -> Limits:
    """On this thread's core, in about a second."""
    products_s = 0.0
    for cost in costs.values():
        for form, products in cost.products.items():
            products_s += products / _products_per_s(Layout(form, packed.instructions))
    return Limits(
        _reads_per_s(packed, voices), 1.0 / (voices * products_s), _bandwidth(_NEAR_BYTES), _bandwidth(_FAR_BYTES)
    )


def _median_s(run: Callable[[], object]) -> float:
    run()  # compiles
    times_s = []
    for _ in range(_SWEEPS):
        began = time.perf_counter()
        run()
        times_s.append(time.perf_counter() - began)
    return float(np.median(times_s))


def _reads_per_s(packed: PackedWeights, voices: int) -> float:
    slowest = packed.config.lookback_samples
    count = slowest * max(1, 1024 // slowest)
    codes = np.random.default_rng(0).integers(packed.config.q_levels, size=count)
    weights = packed.arrays
    matrices, upsamplers, table = (part.view(np.float32) for part in (*weights[:2], weights.table))
    return count / _median_s(
        lambda: _read_weights(matrices, upsamplers, table, weights.tiers, weights.sample, codes, voices)
    )


def _bandwidth(size_bytes: int) -> float:
    words = aligned(size_bytes // 4)
    words[:] = 1.0  # pages of zeros would all be one and the same
    times = max(1, (8 << 20) // size_bytes)
    return times * size_bytes / _median_s(lambda: _read_again(words, times)) / 1e9


def _products_per_s(layout: Layout) -> float:
    matrix = np.ones((_BLOCK_ROWS, _BLOCK_COLUMNS), np.float32)
    packed = layout.pack(matrix)
    words = aligned(packed.size, packed.dtype)
    words[:] = packed
    per_row = layout.per_row(matrix, np.zeros(_BLOCK_ROWS, np.float32))
    operand, y = make_operand(1, _BLOCK_COLUMNS), np.zeros((1, _BLOCK_ROWS), np.float32)
    return _REPEATS * matrix.size / _median_s(lambda: _multiply_again(words, per_row, operand, y, _REPEATS))


@network
def _multiply_again(words: Any, per_row: Floats, operand: Operand, y: Floats, times: int) -> None:
    for _ in range(times):
        multiply(words, 0, per_row, y.shape[1], operand.floats.shape[1], operand, y, 1)


@network
def _read(words: Floats) -> np.float32:
    total = np.float32(0.0)
    for index in range(len(words)):
        total += words[index]
    return total


@network
def _read_again(words: Floats, times: int) -> np.float32:
    total = np.float32(0.0)
    for time_ in range(times):
        total += _read(words[time_ % 2 * _LINE_FLOATS :])  # else the compiler sees that once is enough
    return total


@network
def _read_weights(
    matrices: Floats, upsamplers: Floats, table: Floats, tiers: Any, sample: Any,
    codes: NDArray[np.int64], voices: int,
) -> np.float32:  # fmt: skip
    """What `advance` reads of packed words and table, in its order."""
    taps = sample[0].taps
    total = np.float32(0.0)
    for step in range(len(codes)):
        for index in range(len(tiers) - 1, -1, -1):
            tier = tiers[index]
            if step % tier.frame_size == 0:
                end = tiers[index - 1].above_words if index else sample[0].hidden_words
                total += _read(matrices[tier.frame_words : end])
                if index:
                    total += _read(upsamplers[tier.up_words : tiers[index - 1].up_words])
                    total += _read(matrices[tiers[index - 1].above_words : tiers[index - 1].frame_words])
                elif tier.positions < tier.ratio:
                    total += _read(upsamplers[tier.up_words :])
        if tiers[0].positions == tiers[0].ratio:
            at = tiers[0].up_words + step % taps * tiers[0].up_words_step
            total += _read(upsamplers[at : at + tiers[0].up_words_step])
        for voice in range(voices):
            for tap in range(taps):
                row_bytes = sample[0].narrow_bytes if tap < sample[0].narrow else sample[0].wide_bytes
                at = row_start(sample[0], tap, codes[(step + voice) % len(codes)]) // WORD_BYTES
                total += _read(table[at : at + row_bytes // WORD_BYTES])
        total += _read(matrices[sample[0].hidden_words :])
    return total
