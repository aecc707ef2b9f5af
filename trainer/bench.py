"""Training throughput: audio samples per second of whole steps, and where their time goes."""

import platform
import statistics
import time
from dataclasses import asdict, dataclass

import torch

from livernn.model.config import ModelConfig
from livernn.model.samplernn import SampleRNN
from trainer.config import TrainConfig
from trainer.hardware import bf16_pays, training_device
from trainer.step import forward, prepare_torch, update

STANDARD = TrainConfig(ModelConfig(dims=(512, 512, 512)), batch=16)
"""What published figures were measured with: GRU, full upsampler, embedded taps, frames 16/64, batch 16 x 1024."""

_WARM_UP_STEPS = 3


@dataclass(frozen=True)
class BenchResult:
    """Medians over the timed steps; shares add up to one."""

    samples_per_s: float
    forward_share: float
    backward_share: float
    update_share: float
    steps: int
    batch: int
    chunk_samples: int
    dims: tuple[int, ...]
    frame_sizes: tuple[int, ...]
    upsampler: str
    cell: str
    parameters: int
    device: str
    bf16: bool
    threads: int

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def bench(config: TrainConfig, seconds: float) -> BenchResult:
    """Time steps on random codes for `seconds`."""
    prepare_torch(config)
    device = training_device()
    model = SampleRNN(config.model, weight_norm=config.weight_norm).to(device)
    optimiser = torch.optim.Adam(model.parameters(), config.learning_rate, fused=True)
    length = config.model.lookback_samples + config.chunk_samples
    codes = torch.randint(config.model.q_levels, (config.batch, length), device=device)
    states = model.initial_states(config.batch)
    times: list[tuple[float, float, float]] = []
    deadline = float("inf")
    step = 0
    while step < _WARM_UP_STEPS + 1 or time.perf_counter() < deadline:
        if step == _WARM_UP_STEPS:
            times.clear()
            deadline = time.perf_counter() + seconds
        marks = [_now(device)]
        loss, states = forward(model, codes, states, config)
        marks.append(_now(device))
        loss.backward()
        marks.append(_now(device))
        update(model, optimiser, config.clip_norm)
        marks.append(_now(device))
        times.append((marks[1] - marks[0], marks[2] - marks[1], marks[3] - marks[2]))
        step += 1
    parts = [statistics.median(part) for part in zip(*times, strict=True)]
    whole = statistics.median(sum(row) for row in times)
    return BenchResult(
        samples_per_s=config.batch * config.chunk_samples / whole,
        forward_share=parts[0] / sum(parts),
        backward_share=parts[1] / sum(parts),
        update_share=parts[2] / sum(parts),
        steps=len(times),
        batch=config.batch,
        chunk_samples=config.chunk_samples,
        dims=config.model.dims,
        frame_sizes=config.model.frame_sizes,
        upsampler=config.model.upsampler,
        cell=config.model.cell,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        device=torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine(),
        bf16=bf16_pays(device),
        threads=torch.get_num_threads(),
    )


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
