"""Several processes train what one would."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import distributed

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.samplernn import SampleRNN
from tests.fixtures.tiny_training import TINY, tone_data
from trainer.dataset import load_dataset
from trainer.learner import Learner
from trainer.loop import fit
from trainer.ranks import ALONE, Ranks, joined
from trainer.run import RunFolder
from trainer.streams import ChunkStreams


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tone_data(tmp_path / "data")


def losses(run: Path, field: str = "bits") -> dict[int, float]:
    entries = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return {entry["step"]: entry[field] for entry in entries if field in entry}


@pytest.mark.parametrize("parts", [2, 4])
def test_a_batch_taken_in_parts_gives_the_same_steps(data: Path, tmp_path: Path, parts: int) -> None:
    config = replace(TINY, steps=20, gap_share=0.3)
    fit(load_dataset(data), config, RunFolder(tmp_path / "whole"))
    fit(load_dataset(data), replace(config, accumulate=parts), RunFolder(tmp_path / "parts"))
    whole, taken = losses(tmp_path / "whole"), losses(tmp_path / "parts")
    assert max(abs(whole[step] - taken[step]) for step in whole) < 1e-4
    assert list(whole) == list(taken)


def test_shares_of_the_streams_make_up_the_batch(data: Path) -> None:
    def streams(share: slice) -> ChunkStreams:
        files = list(load_dataset(data).split("train").recordings())
        return ChunkStreams(files, model=TINY.model, batch=4, chunk_samples=128, gap_share=0.5, seed=0, share=share)

    whole, parts = streams(slice(None)), [streams(Ranks(rank, 2).share(4)) for rank in range(2)]
    for step in range(60):
        batch, shares = whole.at(step), [part.at(step) for part in parts]
        assert batch.codes.tolist() == [row for share in shares for row in share.codes.tolist()]
        assert batch.starts.tolist() == [start for share in shares for start in share.starts.tolist()]


def test_a_batch_that_cannot_be_dealt_out_is_refused() -> None:
    with pytest.raises(BadInputError, match="cannot be divided among 3 processes"):
        Ranks(0, 3).share(4)
    with pytest.raises(BadInputError, match="cannot be taken in 3 parts"):
        replace(TINY, accumulate=3)


def test_a_group_that_is_not_met_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")

    def refused(backend: str) -> None:
        raise RuntimeError("Gloo connectFullMesh failed: Connection refused")

    monkeypatch.setattr(distributed, "init_process_group", refused)
    with pytest.raises(LiveRNNError, match="were not met"), joined():
        pass


def test_states_are_carried_in_parts(tmp_path: Path, data: Path) -> None:
    """After a step in parts every stream has the state that it has after one in one."""
    batch = ChunkStreams(
        list(load_dataset(data).split("train").recordings()),
        model=TINY.model, batch=4, chunk_samples=128, gap_share=0.0, seed=0,
    ).at(0)  # fmt: skip
    carried = []
    for parts in (1, 2):
        torch.manual_seed(0)
        learner = Learner(replace(TINY, accumulate=parts), torch.device("cpu"), None, ALONE)
        assert isinstance(learner.model, SampleRNN)
        learner.step(batch, 1e-3)
        carried.append(learner._carried)
    for whole, in_parts in zip(*carried, strict=True):
        for one, other in zip(whole, in_parts, strict=True):
            torch.testing.assert_close(one, other)
