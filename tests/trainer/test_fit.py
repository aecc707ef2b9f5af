"""The training loop: it learns, resumes exactly after kill -9, and says what is wrong."""

import errno
import itertools
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from livernn.audiofile import read_audio
from livernn.errors import BadInputError, LiveRNNError
from livernn.model.checkpoint import load_checkpoint
from livernn.replacing import replace_text
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.__main__ import main
from trainer.bench import STANDARD
from trainer.dataset import load_dataset
from trainer.held_out import evaluate_split
from trainer.learner import Learner
from trainer.loop import fit
from trainer.run import RunFolder
from trainer.schedule import schedule
from trainer.streams import Batch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared corpus of a noisy 220 Hz tone."""
    return tone_data(tmp_path_factory.mktemp("data"))


def log_of(run: Path) -> list[tuple[object, ...]]:
    entries = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(entry["step"], entry.get("bits"), entry.get("valid_bits")) for entry in entries]


def test_it_learns_and_leaves_a_checkpoint_that_sounds(data: Path, tmp_path: Path) -> None:
    config = replace(TINY, steps=60, learning_rate=1e-2)
    best = fit(load_dataset(data), config, RunFolder(tmp_path / "run"))
    bits = [entry[1] for entry in log_of(tmp_path / "run") if entry[1] is not None]
    assert bits[0] == pytest.approx(8.0, abs=0.3)
    assert bits[-1] < 6.5
    checkpoint = load_checkpoint(best)
    assert checkpoint.config.pre_emphasis == 0.5
    assert checkpoint.provenance["licence"] == "CC0"
    assert checkpoint.foresight is not None
    assert checkpoint.foresight.held_out_bits < 7.0
    assert checkpoint.foresight.trained_bits == pytest.approx(np.mean(bits))
    heard = read_audio(tmp_path / "run" / "audio" / "0000060.wav", 16000)
    assert len(heard) == 1600
    assert np.abs(heard).max() > 0.0


def test_stopping_and_resuming_repeats_the_loss_log(data: Path, tmp_path: Path) -> None:
    dataset = load_dataset(data)
    config = replace(TINY, steps=40, decay_share=0.0)
    fit(dataset, config, RunFolder(tmp_path / "whole"))
    fit(dataset, replace(config, steps=20), RunFolder(tmp_path / "parts"))
    fit(dataset, config, RunFolder(tmp_path / "parts"), resume=True)
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")
    fit(dataset, config, RunFolder(tmp_path / "parts"), resume=True)
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")  # it had ended


def command(data: Path, run: Path, *options: str) -> list[str]:
    return [
        sys.executable, "-m", "trainer", "fit", str(data), "--config", "tiny", "--out", str(run), "--dims", "16,16,16",
        "--frame-sizes", "4,16", "--batch", "4", "--chunk-samples", "128", "--threads", "1", "--deterministic",
        "--validate-every-steps", "20", "--steps", "200", *options,
    ]  # fmt: skip


def test_kill_and_resume_give_the_log_of_an_undisturbed_run(data: Path, tmp_path: Path) -> None:
    subprocess.run(command(data, tmp_path / "whole"), check=True, capture_output=True)
    process = subprocess.Popen(command(data, tmp_path / "killed"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    log = tmp_path / "killed" / "log.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and '"step": 47' in log.read_text()):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert len(log_of(tmp_path / "killed")) < len(log_of(tmp_path / "whole"))
    subprocess.run(command(data, tmp_path / "killed", "--resume"), check=True, capture_output=True)
    assert log_of(tmp_path / "killed") == log_of(tmp_path / "whole")


def test_a_killed_run_of_minutes_repeats_its_rates_and_losses(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset(data)
    config = replace(TINY, decay_share=0.9)
    step = Learner.step

    def killed(self: Learner, batch: Batch, rate: float) -> tuple[float, float]:
        if next(left) == 0:
            raise KeyboardInterrupt
        return step(self, batch, rate)

    def trained(run: RunFolder, *, resume: bool = False) -> None:
        ticks = itertools.count()
        fit(dataset, config, run, minutes=1.0, resume=resume, now_s=lambda: 0.5 * next(ticks))

    whole, parts = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "parts")
    trained(whole)
    left = iter(range(16, -1, -1))
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(parts)
    assert len(log_of(parts.path)) == 17
    trained(parts, resume=True)
    told = [[json.loads(line) for line in run.log.read_text().splitlines()] for run in (whole, parts)]
    fields = ("step", "bits", "rate", "elapsed_s", "valid_bits", "gain_bits")
    assert [[entry.get(field) for field in fields] for entry in told[1]] == [
        [entry.get(field) for field in fields] for entry in told[0]
    ]
    assert len(log_of(whole.path)) > 30


def test_init_starts_from_another_runs_weights(data: Path, tmp_path: Path) -> None:
    dataset = load_dataset(data)
    best = fit(dataset, replace(TINY, steps=40, learning_rate=1e-2), RunFolder(tmp_path / "first"))
    fit(dataset, replace(TINY, steps=1), RunFolder(tmp_path / "second"), init=best)
    assert log_of(tmp_path / "second")[0][1] < 7.0
    narrower = replace(TINY, steps=1, model=replace(TINY.model, dims=(16, 16, 8)))
    with pytest.raises(BadInputError, match="not of the chosen shape"):
        fit(dataset, narrower, RunFolder(tmp_path / "third"), init=best)


def test_minutes_stop_on_the_clock(data: Path, tmp_path: Path) -> None:
    fit(load_dataset(data), TINY, RunFolder(tmp_path / "run"), minutes=0.02)
    assert RunFolder(tmp_path / "run").best.exists()


def test_a_run_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    fit(load_dataset(data), replace(TINY, steps=1), RunFolder(tmp_path / "run"))
    with pytest.raises(BadInputError, match="--resume"):
        fit(load_dataset(data), replace(TINY, steps=1), RunFolder(tmp_path / "run"))


def test_a_damaged_state_is_one_error(data: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    fit(load_dataset(data), replace(TINY, steps=1), run)
    run.state.write_bytes(run.state.read_bytes()[:100])
    with pytest.raises(BadInputError, match="saved state"):
        fit(load_dataset(data), replace(TINY, steps=2), run, resume=True)


def test_a_full_disk_leaves_the_state_before(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_tensors: object, path: Path, _metadata: object) -> None:
        path.write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    run = RunFolder(tmp_path / "run")
    fit(load_dataset(data), replace(TINY, steps=1), run)
    before = run.state.read_bytes()
    monkeypatch.setattr("trainer.state.save_file", full)
    with pytest.raises(LiveRNNError, match="No space left"):
        fit(load_dataset(data), replace(TINY, steps=2), run, resume=True)
    assert run.state.read_bytes() == before
    assert not run.state.with_suffix(".tmp").exists()


def test_a_full_disk_leaves_config_and_log(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text.encode()[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    run = RunFolder(tmp_path / "run")
    fit(load_dataset(data), replace(TINY, steps=1), run)
    before = {path: path.read_bytes() for path in (run.config, run.log)}
    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_text", full)
        for path in before:
            with pytest.raises(OSError, match="No space left"):
                replace_text(path, "something longer than three")
        with pytest.raises(OSError, match="No space left"):
            fit(load_dataset(data), replace(TINY, steps=2), run, resume=True)
    assert {path: path.read_bytes() for path in before} == before
    assert list(run.path.glob("*.part")) == []


def test_a_bug_is_logged_and_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("trainer.__main__.load_checkpoint", lambda _: 1 / 0)
    monkeypatch.setattr("trainer.__main__.RunFolder.load_config", lambda _: None)
    monkeypatch.setattr("pathlib.Path.exists", lambda _: True)
    assert main(["export", "run", "--out", "x.safetensors"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_schedule_warms_up_and_decays() -> None:
    config = replace(TINY, warmup_steps=10, decay_share=0.5)
    assert schedule(config, 0, 0.0) == pytest.approx(0.1)
    assert schedule(config, 20, 0.4) == 1.0
    assert schedule(config, 20, 0.75) == pytest.approx(0.5)
    assert schedule(config, 20, 1.0) == pytest.approx(0.0, abs=1e-12)


def test_held_out_bits_of_an_untrained_network(data: Path) -> None:
    import torch

    from livernn.model.samplernn import SampleRNN

    torch.manual_seed(0)
    model = SampleRNN(TINY.model)
    with torch.no_grad():
        model.sample_tier.output.weight.zero_()
    assert evaluate_split(model, load_dataset(data).split("test")).held_out_bits == pytest.approx(8.0)


def test_the_benchmark_is_that_of_the_published_figures() -> None:
    model = STANDARD.model
    assert (model.dims, model.frame_sizes, model.cell, model.upsampler) == ((512,) * 3, (16, 64), "gru", "full")
    assert model.embed_dim > 0
    assert STANDARD.chunk_samples >= 512


def test_commands(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--dims", "16,16,16", "--batch", "2", "--seconds", "0.1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["samples_per_s"] > 0
    assert result["forward_share"] + result["backward_share"] + result["update_share"] == pytest.approx(1.0)
    assert main(["fit", str(tmp_path / "nowhere"), "--out", str(tmp_path / "run"), "--steps", "1"]) == 2
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "x.safetensors")]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith("trainer: ") for line in errors)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["prepare", "recordings"], "--out"),
        (["fit", "data", "--out", "run", "--config", "huge"], "huge"),
        (["fit", "data", "--out", "run", "--steps", "0"], "--steps: 0 is not a whole number from 1"),
        (["fit", "data", "--out", "run", "--minutes", "nan"], "--minutes: nan is not above 0"),
        (["fit", "data", "--out", "run", "--validate-every-steps", "0"], "--validate-every-steps"),
        (["fit", "data", "--out", "run", "--threads", "-1"], "--threads"),
        (["bench", "--dims", "16,x"], "x is not a whole number"),
        (["export", "run", "--out", "folder"], ".safetensors"),
        (["evaluate", "x.safetensors", "data", "--picture", "x.png"], "--generate"),
    ],
)
def test_bad_arguments_are_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert words in told


def test_preparing_and_exporting_need_no_torch() -> None:
    program = "import sys, trainer.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
