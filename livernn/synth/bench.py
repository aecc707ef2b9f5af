"""How fast a checkpoint plays here, and how much faster this machine's memory would let it play."""

import platform
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import DEFAULT_PRECISION, Precision
from livernn.synth.compiled import network
from livernn.synth.generator import Generator
from livernn.synth.weights import PackedWeights, pack

BLOCK_SAMPLES = 64
_WARM_UP_BLOCKS = 20
_SWEEPS = 7


@dataclass(frozen=True)
class BenchResult:
    """`samples_per_s` and `real_time_factor` are per voice; blocks are of BLOCK_SAMPLES.

    `limit_samples_per_s` is the rate of a loop that reads the same weights in the same order and does nothing else.
    """

    model: str
    device: str
    precision: str
    voices: int
    sample_rate: int
    samples_per_s: float
    real_time_factor: float
    block_ms_p50: float
    block_ms_p99: float
    limit_samples_per_s: float
    fraction_of_limit: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def text(self) -> str:
        """Three lines for a terminal."""
        return (
            f"{self.model}, {self.precision}, one core: {self.samples_per_s:,.0f} samples/s, "
            f"{self.real_time_factor:.2f} x real time at {self.sample_rate} Hz\n"
            f"blocks of {BLOCK_SAMPLES}: median {self.block_ms_p50:.2f} ms, "
            f"99th percentile {self.block_ms_p99:.2f} ms\n"
            f"{self.fraction_of_limit:.0%} of the {self.limit_samples_per_s:,.0f} samples/s that memory allows"
        )


def describe(config: ModelConfig) -> str:
    """The shape of a network in one phrase."""
    return (
        f"{config.cell} dims {','.join(map(str, config.dims))} frames {','.join(map(str, config.frame_sizes))} "
        f"{config.upsampler}"
    )


def run_bench(checkpoint: Checkpoint, seconds: float, precision: Precision = DEFAULT_PRECISION) -> BenchResult:
    """Render blocks for `seconds` on this thread's core; rates are of the median block."""
    voice = Generator(checkpoint, seed=0, precision=precision)
    patch = Patch()
    for _ in range(_WARM_UP_BLOCKS):
        voice.render(BLOCK_SAMPLES, patch)
    times_s: list[float] = []
    deadline = time.perf_counter() + seconds
    while not times_s or time.perf_counter() < deadline:
        began = time.perf_counter()
        voice.render(BLOCK_SAMPLES, patch)
        times_s.append(time.perf_counter() - began)
    median_s, slow_s = np.percentile(times_s, [50, 99])
    samples_per_s = BLOCK_SAMPLES / median_s
    limit = memory_limit(pack(checkpoint, precision))
    return BenchResult(
        model=describe(checkpoint.config),
        device=platform.processor() or platform.machine(),
        precision=precision,
        voices=1,
        sample_rate=checkpoint.config.sample_rate_hz,
        samples_per_s=samples_per_s,
        real_time_factor=samples_per_s / checkpoint.config.sample_rate_hz,
        block_ms_p50=median_s * 1e3,
        block_ms_p99=slow_s * 1e3,
        limit_samples_per_s=limit,
        fraction_of_limit=samples_per_s / limit,
    )


def memory_limit(packed: PackedWeights) -> float:
    """Samples per second of a loop that only reads what the kernel reads, in its order: the median of some sweeps."""
    slowest = int(packed.tiers[-1]["frame_size"])
    count = slowest * max(1, 1024 // slowest)
    rows = np.random.default_rng(0).integers(int(packed.sample[0]["q_levels"]), size=count)
    matrices = packed.matrices.view(np.float32)
    times_s = []
    for sweep in range(_SWEEPS + 1):
        began = time.perf_counter()
        _read_all(matrices, packed.floats, packed.tiers, packed.sample, rows)
        if sweep:  # the first compiles
            times_s.append(time.perf_counter() - began)
    return float(count / np.median(times_s))


@network
def _read(words: NDArray[np.float32]) -> np.float32:
    total = np.float32(0.0)
    for index in range(len(words)):
        total += words[index]
    return total


@network
def _read_all(
    matrices: NDArray[np.float32], floats: NDArray[np.float32], tiers: Any, sample: Any, rows: NDArray[np.int64]
) -> np.float32:
    shared = sample[0]
    total = np.float32(0.0)
    for step in range(len(rows)):
        for index in range(len(tiers) - 1, -1, -1):
            if step % tiers[index].frame_size == 0:
                end = tiers[index - 1].input_weight if index else shared.hidden_weight
                total += _read(matrices[tiers[index].input_weight : end])
        for tap in range(shared.taps):
            row = shared.table + (tap * shared.q_levels + rows[step]) * shared.dim
            total += _read(floats[row : row + shared.dim])
        total += _read(matrices[shared.hidden_weight :])
    return total
