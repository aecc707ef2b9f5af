"""The benchmark reports what scripts rely on, consistently."""

from typing import get_args

import pytest

from livernn.bench import run_bench, run_gpu_bench
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import GPU_PRECISION, Precision
from livernn.synth.account import costs
from livernn.synth.cpu import PARTS
from livernn.synth.kernel import load_kernel
from livernn.synth.packing import padded


@pytest.mark.parametrize(("voices", "threads"), [(1, 1), (3, 1), (1, 2)])
def test_fields_agree_with_each_other(voices: int, threads: int) -> None:
    checkpoint = random_checkpoint(ModelConfig(dims=(32, 32, 32)))
    result = run_bench(checkpoint, 0.05, voices=voices, threads=threads)
    fields = result.as_dict()
    assert set(fields) >= {
        "model", "device", "precision", "voices", "sample_rate", "samples_per_s", "real_time_factor", "block_ms_p50",
        "block_ms_p99", "limit_samples_per_s", "fraction_of_limit",
    }  # fmt: skip
    assert (fields["voices"], fields["threads"]) == (voices, threads)
    assert fields["real_time_factor"] == pytest.approx(fields["samples_per_s"] / 16000)
    assert fields["samples_per_s"] == pytest.approx(64e3 / fields["block_ms_p50"])
    assert fields["fraction_of_limit"] == pytest.approx(fields["samples_per_s"] / fields["limit_samples_per_s"])
    assert fields["block_ms_max"] >= fields["block_ms_p99"] >= fields["block_ms_p50"] > 0.0
    assert sum(part.us for part in result.parts.values()) == pytest.approx(1e6 / fields["samples_per_s"])
    assert min(fields[name] for name in ("arithmetic_samples_per_s", "near_gb_per_s", "far_gb_per_s")) > 0.0
    for name in PARTS:
        assert name in result.text()


@pytest.mark.usefixtures("pretended_gpu")
def test_a_gpu_is_timed_by_the_same_blocks() -> None:
    checkpoint = random_checkpoint(ModelConfig(frame_sizes=(4, 8), dims=(16, 16, 16)))
    result = run_gpu_bench(checkpoint, 0.05, voices=3)
    fields = result.as_dict()
    assert (fields["device"], fields["precision"], fields["voices"]) == ("pretended GPU", GPU_PRECISION, 3)
    assert fields["samples_per_s"] == pytest.approx(64e3 / fields["block_ms_p50"])
    assert fields["real_time_factor"] == pytest.approx(fields["samples_per_s"] / 16000)
    assert fields["block_ms_max"] >= fields["block_ms_p99"] >= fields["block_ms_p50"] > 0.0
    assert "pretended GPU, 3 voices, each:" in result.text()


def test_the_plain_loop_is_compared() -> None:
    checkpoint = random_checkpoint(ModelConfig(frame_sizes=(4, 8), dims=(16, 16, 16)))
    result = run_bench(checkpoint, 0.05, compare=True)
    assert result.torch_samples_per_s is not None
    assert f"{result.samples_per_s / result.torch_samples_per_s:.1f} x as fast" in result.text()


@pytest.mark.parametrize("precision", get_args(Precision))
@pytest.mark.parametrize("upsampler", ["full", "shared"])
def test_bytes_are_those_of_the_packed_words(precision: Precision, upsampler: str) -> None:
    """Where every part is read once per sample, and all sizes are whole panels, bytes are the size of the arrays."""
    config = ModelConfig(frame_sizes=(2, 4), dims=(64, 64, 64), upsampler=upsampler, layers=2)  # type: ignore[arg-type]
    packed = load_kernel(random_checkpoint(config), precision)
    parts = costs(packed)
    frames, sample = parts["frame tiers"].bytes, parts["hidden layer"].bytes + parts["output layer"].bytes
    per_weight = packed.arrays.matrices.nbytes / (
        (64 + 256) * 64 + sum(3 * 64 * (padded(size, 8) + 4 * 64) for size in (2, 4))
    )
    assert sample == pytest.approx((64 + 256) * 64 * per_weight)
    slow = 3 * 64 * (4 + 3 * 64) * per_weight / 4
    fast = 3 * 64 * (2 + 3 * 64) * per_weight / 2 + 3 * 64 * 64 * per_weight / 4
    each = packed.arrays.upsamplers.nbytes / (4 if upsampler == "full" else 2)
    assert frames == pytest.approx(slow + fast + (2 * each if upsampler == "full" else each) / 4)
    assert parts["upsampling"].bytes == pytest.approx(each if upsampler == "full" else each / 2)
    assert parts["taps"].bytes == packed.arrays.table.nbytes / config.q_levels
