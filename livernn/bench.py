"""How fast a checkpoint plays here, where the time goes, and what this machine would allow."""

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from livernn.control.patch import Patch
from livernn.engine.second_core import SecondCore
from livernn.model.checkpoint import Checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import DEFAULT_PRECISION, Precision
from livernn.nvidia import gpu_names
from livernn.synth.account import costs
from livernn.synth.choir import Lockstep
from livernn.synth.cpu import PARTS
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.limits import measure_limits

BLOCK_SAMPLES = 64
_WARM_UP_BLOCKS = 20
_CLOCKED_BLOCKS = 200
_COMPARED_BLOCKS = 15


@dataclass(frozen=True)
class Part:
    """Of one sample of all voices; the taps' bytes are of one voice."""

    us: float
    bytes: float


@dataclass(frozen=True)
class BenchResult:
    """`samples_per_s` and `real_time_factor` are per voice and of the median block; blocks are of BLOCK_SAMPLES.

    `limit_samples_per_s` is the rate of a loop that reads the same weights in the same order and does nothing else.
    See `limits.Limits` for the others.
    """

    model: str
    device: str
    instructions: str
    precision: str
    voices: int
    threads: int
    sample_rate: int
    samples_per_s: float
    real_time_factor: float
    block_ms_p50: float
    block_ms_p99: float
    block_ms_max: float
    limit_samples_per_s: float
    fraction_of_limit: float
    arithmetic_samples_per_s: float
    near_gb_per_s: float
    far_gb_per_s: float
    bytes_per_sample: float
    torch_samples_per_s: float | None
    parts: Mapping[str, Part]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def text(self) -> str:
        """A report for a terminal."""
        cores = "one core" if self.threads == 1 else f"{self.threads} cores"
        lines = [
            f"{self.model}, {self.precision}, {cores}{_company(self.voices)}:",
            _speed(self.samples_per_s, self.real_time_factor, self.sample_rate),
            _took(self.block_ms_p50, self.block_ms_p99, self.block_ms_max),
            "  per sample         us         bytes",
        ]  # fmt: skip
        lines += [f"  {name:<13}{part.us:>9.2f}{part.bytes:>14,.0f}" for name, part in self.parts.items()]
        lines.append(
            f"{self.fraction_of_limit:.0%} of the {self.limit_samples_per_s:,.0f} samples/s of a loop that only reads "
            "the same weights"
        )
        lines.append(
            f"one core ({self.instructions}) reads {self.near_gb_per_s:.0f} GB/s from near, "
            f"{self.far_gb_per_s:.0f} GB/s from far; products alone: {self.arithmetic_samples_per_s:,.0f} samples/s"
        )
        if self.torch_samples_per_s is not None:
            lines.append(
                f"the plain loop in torch, one voice on one core: {self.torch_samples_per_s:,.0f} samples/s; "
                f"this is {self.voices * self.samples_per_s / self.torch_samples_per_s:.1f} x as fast"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class GpuBenchResult:
    """As `BenchResult`; nothing here measures what a GPU would allow, so the limit is not stated."""

    model: str
    device: str
    precision: str
    voices: int
    sample_rate: int
    samples_per_s: float
    real_time_factor: float
    block_ms_p50: float
    block_ms_p99: float
    block_ms_max: float
    limit_samples_per_s: None = None
    fraction_of_limit: None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def text(self) -> str:
        """A report for a terminal."""
        return "\n".join(
            [
                f"{self.model}, {self.precision}, {self.device}{_company(self.voices)}:",
                _speed(self.samples_per_s, self.real_time_factor, self.sample_rate),
                _took(self.block_ms_p50, self.block_ms_p99, self.block_ms_max),
            ]
        )


def _company(voices: int) -> str:
    return f", {voices} voices, each" if voices > 1 else ""


def _speed(samples_per_s: float, real_time_factor: float, sample_rate: int) -> str:
    return f"{samples_per_s:,.0f} samples/s, {real_time_factor:.2f} x real time at {sample_rate} Hz"


def _took(p50_ms: float, p99_ms: float, longest_ms: float) -> str:
    return (
        f"{BLOCK_SAMPLES} samples in {p50_ms:.3f} ms, 99 % of the time within {p99_ms:.3f}, at worst {longest_ms:.3f}"
    )


def describe(config: ModelConfig) -> str:
    """The shape of a network in one phrase."""
    return (
        f"{config.cell} dims {','.join(map(str, config.dims))} frames {','.join(map(str, config.frame_sizes))} "
        f"{config.upsampler}"
    )


def run_bench(
    checkpoint: Checkpoint,
    seconds: float,
    precision: Precision = DEFAULT_PRECISION,
    *,
    voices: int = 1,
    threads: int = 1,
    compare: bool = False,
) -> BenchResult:
    """Render blocks for `seconds`; the parts' share of the time is that of the thread that samples.

    `compare` also times the plain loop in torch, one voice on one core.
    """
    packed = load_kernel(checkpoint, precision)
    generator = Generator(packed, seed=0, voices=voices)
    player = SecondCore(generator) if threads == 2 else generator
    patches = [Patch()] * voices
    median_s, slow_s, longest_s = _time_blocks(player, patches, seconds)
    cost = costs(packed)
    limits = measure_limits(packed, cost, voices)
    rate = BLOCK_SAMPLES / median_s
    shares = _shares(generator, player, patches)
    if isinstance(player, SecondCore):
        player.close()
    return BenchResult(
        model=describe(checkpoint.config),
        device=platform.processor() or platform.machine(),
        instructions=packed.instructions,
        precision=precision,
        voices=voices,
        threads=threads,
        sample_rate=checkpoint.config.sample_rate_hz,
        samples_per_s=rate,
        real_time_factor=rate / checkpoint.config.sample_rate_hz,
        block_ms_p50=median_s * 1e3,
        block_ms_p99=slow_s * 1e3,
        block_ms_max=longest_s * 1e3,
        limit_samples_per_s=limits.memory_samples_per_s,
        fraction_of_limit=rate / limits.memory_samples_per_s,
        arithmetic_samples_per_s=limits.arithmetic_samples_per_s,
        near_gb_per_s=limits.near_gb_per_s,
        far_gb_per_s=limits.far_gb_per_s,
        bytes_per_sample=sum(part.bytes for part in cost.values()),
        torch_samples_per_s=_plain_loop_samples_per_s(checkpoint) if compare else None,
        parts={name: Part(1e6 / rate * shares[name], cost[name].bytes) for name in PARTS},
    )


def run_gpu_bench(checkpoint: Checkpoint, seconds: float, *, voices: int = 1) -> GpuBenchResult:
    """As `run_bench`, on the first GPU.

    Raises:
        DeviceError: there is none, or none that plays.
    """
    gpu_names()
    from livernn.synth.cuda.back_ends import load_gpu

    model = load_gpu(checkpoint)
    generator = model.generator(seed=0, voices=voices)
    median_s, slow_s, longest_s = _time_blocks(generator, [Patch()] * voices, seconds)
    rate = BLOCK_SAMPLES / median_s
    return GpuBenchResult(
        model=describe(checkpoint.config),
        device=model.device_name,
        precision=model.precision,
        voices=voices,
        sample_rate=checkpoint.config.sample_rate_hz,
        samples_per_s=rate,
        real_time_factor=rate / checkpoint.config.sample_rate_hz,
        block_ms_p50=median_s * 1e3,
        block_ms_p99=slow_s * 1e3,
        block_ms_max=longest_s * 1e3,
    )


def _time_blocks(player: Lockstep, patches: list[Patch], seconds: float) -> tuple[float, float, float]:
    """Seconds that a block took: of the median one, the 99th percentile and the longest."""
    for _ in range(_WARM_UP_BLOCKS):
        player.render(BLOCK_SAMPLES, patches)
    times_s: list[float] = []
    deadline = time.perf_counter() + seconds
    while not times_s or time.perf_counter() < deadline:
        began = time.perf_counter()
        player.render(BLOCK_SAMPLES, patches)
        times_s.append(time.perf_counter() - began)
    median_s, slow_s, longest_s = np.percentile(times_s, [50, 99, 100]).tolist()
    return median_s, slow_s, longest_s


def _shares(generator: Generator, player: Generator | SecondCore, patches: list[Patch]) -> dict[str, float]:
    """Of the time, by part; all 0 on a processor without a counter to read."""
    generator.clock = np.zeros(len(PARTS), np.int64)
    for _ in range(_CLOCKED_BLOCKS):
        player.render(BLOCK_SAMPLES, patches)
    return dict(zip(PARTS, (generator.clock / max(1, generator.clock.sum())).tolist(), strict=True))


def _plain_loop_samples_per_s(checkpoint: Checkpoint) -> float:
    import torch

    from livernn.model.plain_loop import PlainLoop

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    loop = PlainLoop(checkpoint)
    loop.render(BLOCK_SAMPLES)
    times_s = []
    for _ in range(_COMPARED_BLOCKS):
        began = time.perf_counter()
        loop.render(BLOCK_SAMPLES)
        times_s.append(time.perf_counter() - began)
    torch.set_num_threads(before)
    return BLOCK_SAMPLES / float(np.median(times_s))
