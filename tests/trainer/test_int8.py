"""A network can learn with the rounding that the int8 kernels play it with."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from livernn.errors import BadInputError
from livernn.model.checkpoint import load_checkpoint
from livernn.model.samplernn import SampleRNN
from livernn.synth.rounding import rounded
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.__main__ import main
from trainer.dataset import CodeSplit, load_dataset
from trainer.held_out import evaluate_split
from trainer.int8 import rounded_rows, rounded_to_int8
from trainer.loop import fit
from trainer.run import RunFolder


@pytest.mark.parametrize("shape", [(7, 5), (64, 33)])
def test_rows_are_rounded_as_the_kernels_do(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    matrix[1] = 0.0
    np.testing.assert_array_equal(rounded_rows(torch.from_numpy(matrix)).numpy(), rounded(matrix, "int8"))


def test_weights_are_rounded_within_and_whole_after() -> None:
    torch.manual_seed(0)
    model = SampleRNN(TINY.model)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    with rounded_to_int8(model):
        changed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == {
        *(f"frame_tiers.{tier}.{name}" for tier in (0, 1) for name in ("rnn.weight_ih_l0", "rnn.weight_hh_l0")),
        *(f"frame_tiers.{tier}.upsample.weight" for tier in (0, 1)),
        "sample_tier.hidden.weight",
        "sample_tier.output.weight",
    }
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())


def int8_bits(checkpoint: Path, split: CodeSplit) -> float:
    loaded = load_checkpoint(checkpoint)
    model = SampleRNN(loaded.config)
    model.load_plain_state({name: torch.from_numpy(array) for name, array in loaded.weights.items()})
    with rounded_to_int8(model):
        return evaluate_split(model, split).held_out_bits


def test_learning_with_the_rounding_lowers_the_loss_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.int8._LARGEST", 3)  # as coarse as that, a few steps tell
    data = load_dataset(tone_data(tmp_path / "data"))
    valid = data.split("valid")
    first = fit(data, replace(TINY, steps=60, learning_rate=1e-2), RunFolder(tmp_path / "first"))
    run, on = RunFolder(tmp_path / "tuned"), replace(TINY, steps=20, learning_rate=1e-3)
    plain = int8_bits(fit(data, on, RunFolder(tmp_path / "plain"), init=first), valid)
    tuned = int8_bits(fit(data, replace(on, int8=True), run, init=first), valid)
    assert tuned < plain - 0.02
    said = [json.loads(line) for line in run.log.read_text().splitlines()]
    # What a run validates is what is played.
    assert min(entry["valid_bits"] for entry in said if "valid_bits" in entry) == pytest.approx(tuned, abs=0.01)


def test_weight_norm_is_refused() -> None:
    with pytest.raises(BadInputError, match="do not go together"):
        replace(TINY, int8=True, weight_norm=True)


def test_a_cost_above_a_hundredth_of_a_bit_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tone_data(tmp_path / "data")
    best = fit(load_dataset(folder), replace(TINY, steps=1), RunFolder(tmp_path / "run"))
    for int8, told in ((7.03, True), (7.005, False)):
        monkeypatch.setattr("trainer.as_played.bits_as_played", lambda *_, int8=int8: {"fp32": 7.0, "int8": int8})
        assert main(["evaluate", str(best), str(folder), "--as-played"]) == 0
        assert ("fit --int8" in capsys.readouterr().out) == told
