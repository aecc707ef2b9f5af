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
from livernn.model.precision import Precision
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
class Speed:
    """`samples_per_s` and `real_time_factor` are per voice and of the median block; blocks are of BLOCK_SAMPLES."""

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

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def text(self) -> str:
        """A report for a terminal."""
        return "\n".join(self._lines(self.device))

    def _lines(self, where: str) -> list[str]:
        company = f", {self.voices} voices, each" if self.voices > 1 else ""
        worst = f"99 % of the time within {self.block_ms_p99:.3f}, at worst {self.block_ms_max:.3f}"
        return [
            f"{self.model}, {self.precision}, {where}{company}:",
            f"{self.samples_per_s:,.0f} samples/s, {self.real_time_factor:.2f} x real time at {self.sample_rate} Hz",
            f"{BLOCK_SAMPLES} samples in {self.block_ms_p50:.3f} ms, {worst}",
        ]


@dataclass(frozen=True)
class BenchResult(Speed):
    """Of the CPU kernel.

    `limit_samples_per_s` is the rate of a loop that reads the same weights in the same order and does nothing else.
    See `limits.Limits` for the others.
    """

    instructions: str
    threads: int
    limit_samples_per_s: float
    fraction_of_limit: float
    arithmetic_samples_per_s: float
    near_gb_per_s: float
    far_gb_per_s: float
    bytes_per_sample: float
    torch_samples_per_s: float | None
    parts: Mapping[str, Part]

    def text(self) -> str:
        """A report for a terminal."""
        cores = "one core" if self.threads == 1 else f"{self.threads} cores"
        lines = [*self._lines(cores), "  per sample         us         bytes"]
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
class GpuBenchResult(Speed):
    """Nothing here measures what a GPU would allow, so the limit is not stated."""

    limit_samples_per_s: None = None
    fraction_of_limit: None = None


def describe(config: ModelConfig) -> str:
    """The shape of a network in one phrase."""
    return (
        f"{config.cell} dims {','.join(map(str, config.dims))} frames {','.join(map(str, config.frame_sizes))} "
        f"{config.upsampler}"
    )


def run_bench(
    checkpoint: Checkpoint,
    seconds: float,
    precision: Precision | None = None,
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
    speed = _speed(player, patches, seconds, platform.processor() or platform.machine(), checkpoint, packed.precision)
    cost = costs(packed)
    limits = measure_limits(packed, cost, voices)
    shares = _shares(generator, player, patches)
    if isinstance(player, SecondCore):
        player.close()
    return BenchResult(
        **asdict(speed),
        instructions=packed.instructions,
        threads=threads,
        limit_samples_per_s=limits.memory_samples_per_s,
        fraction_of_limit=speed.samples_per_s / limits.memory_samples_per_s,
        arithmetic_samples_per_s=limits.arithmetic_samples_per_s,
        near_gb_per_s=limits.near_gb_per_s,
        far_gb_per_s=limits.far_gb_per_s,
        bytes_per_sample=sum(part.bytes for part in cost.values()),
        torch_samples_per_s=_plain_loop_samples_per_s(checkpoint) if compare else None,
        parts={name: Part(1e6 / speed.samples_per_s * shares[name], cost[name].bytes) for name in PARTS},
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
    speed = _speed(generator, [Patch()] * voices, seconds, model.device_name, checkpoint, model.precision)
    return GpuBenchResult(**asdict(speed))


def _speed(
    player: Lockstep, patches: list[Patch], seconds: float, device: str, checkpoint: Checkpoint, precision: str
) -> Speed:
    for _ in range(_WARM_UP_BLOCKS):
        player.render(BLOCK_SAMPLES, patches)
    times_s: list[float] = []
    deadline = time.perf_counter() + seconds
    while not times_s or time.perf_counter() < deadline:
        began = time.perf_counter()
        player.render(BLOCK_SAMPLES, patches)
        times_s.append(time.perf_counter() - began)
    median_s, slow_s, longest_s = np.percentile(times_s, [50, 99, 100]).tolist()
    samples_per_s, rate_hz = BLOCK_SAMPLES / median_s, checkpoint.config.sample_rate_hz
    return Speed(
        model=describe(checkpoint.config),
        device=device,
        precision=precision,
        voices=len(patches),
        sample_rate=rate_hz,
        samples_per_s=samples_per_s,
        real_time_factor=samples_per_s / rate_hz,
        block_ms_p50=median_s * 1e3,
        block_ms_p99=slow_s * 1e3,
        block_ms_max=longest_s * 1e3,
    )


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
