"""The benchmark reports what scripts rely on, consistently."""

import pytest

from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.synth.bench import run_bench


def test_fields_agree_with_each_other() -> None:
    result = run_bench(random_checkpoint(ModelConfig(dims=(32, 32, 32))), 0.05).as_dict()
    assert set(result) == {
        "model", "device", "precision", "voices", "sample_rate", "samples_per_s", "real_time_factor", "block_ms_p50",
        "block_ms_p99", "limit_samples_per_s", "fraction_of_limit",
    }  # fmt: skip
    assert result["real_time_factor"] == pytest.approx(result["samples_per_s"] / 16000)
    assert result["samples_per_s"] == pytest.approx(64e3 / result["block_ms_p50"])
    assert result["fraction_of_limit"] == pytest.approx(result["samples_per_s"] / result["limit_samples_per_s"])
    assert result["block_ms_p99"] >= result["block_ms_p50"] > 0.0
