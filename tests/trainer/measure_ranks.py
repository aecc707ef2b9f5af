"""Two processes against one, over gloo, which refuses its first meeting too often for a test: run by name."""

import json
import subprocess
import sys
from pathlib import Path

from tests.fixtures.tiny_training import tone_data


def training(data: Path, run: Path, *options: str) -> list[str]:
    return [
        "-m", "trainer", "fit", str(data), "--config", "tiny", "--out", str(run), "--dims", "16,16,16",
        "--frame-sizes", "4,16", "--batch", "4", "--chunk-samples", "128", "--threads", "1", "--deterministic",
        "--gap-share", "0.3", "--steps", "200", *options,
    ]  # fmt: skip


def run_two(*arguments: str) -> str:
    """What two processes print; gloo at times finds a port of its own choosing closed, before anything has begun."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for _ in range(4):
        told = subprocess.run([*torchrun, *arguments], capture_output=True, text=True, timeout=120)
        if "were not met" not in told.stderr:
            break
    assert told.returncode == 0, told.stderr
    return told.stdout


def losses(run: Path, field: str = "bits") -> dict[int, float]:
    entries = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return {entry["step"]: entry[field] for entry in entries if field in entry}


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    data = tone_data(tmp_path / "data")
    subprocess.run([sys.executable, *training(data, tmp_path / "one")], check=True, capture_output=True)
    assert run_two(*training(data, tmp_path / "two")).splitlines()[-1] == str(tmp_path / "two" / "best.safetensors")
    for field in ("bits", "valid_bits"):
        one, both = losses(tmp_path / "one", field), losses(tmp_path / "two", field)
        assert list(one) == list(both)
        assert max(abs(one[step] - both[step]) for step in one) < 1e-4
    assert len(losses(tmp_path / "one")) == 200
