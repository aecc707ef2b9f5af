"""Batches: contiguous, within one file, each sample once an epoch, and a function of seed and step."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.errors import BadInputError
from livernn.model.config import ModelConfig
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN
from trainer.dataset import CodeSplit, FileSpan
from trainer.held_out import evaluate_split
from trainer.streams import ChunkStreams
from trainer.watch import frequency_bits

MODEL = ModelConfig(frame_sizes=(2, 4), dims=(4, 4, 4))
LOOKBACK, CHUNK, BATCH = MODEL.lookback_samples, 8, 3
SILENCE = silence_code(MODEL)


def files_of(lengths: list[int]) -> list[np.ndarray]:
    """Each file is its number in the tens and a sawtooth in the units, so that any excerpt tells where it is from."""
    return [(10 * index + np.arange(length) % 10).astype(np.uint8) for index, length in enumerate(lengths)]


def streams_of(lengths: list[int], seed: int = 0, gap_share: float = 0.0) -> ChunkStreams:
    return ChunkStreams(
        files_of(lengths), model=MODEL, batch=BATCH, chunk_samples=CHUNK, gap_share=gap_share, seed=seed
    )


@given(lengths=st.lists(st.integers(1, 200), min_size=1, max_size=6), seed=st.integers(0, 5))
def test_chunks_continue_each_other_and_stay_in_one_file(lengths: list[int], seed: int) -> None:
    try:
        streams = streams_of(lengths, seed)
    except BadInputError:
        assert sum(max(length // CHUNK - 1, 0) for length in lengths) < BATCH
        return
    before = None
    for step in range(2 * streams.steps_per_epoch):
        batch = streams.at(step)
        assert batch.codes.shape == (BATCH, LOOKBACK + CHUNK)
        for stream in range(BATCH):
            heard = batch.codes[stream][batch.codes[stream] != SILENCE]
            assert len(set((heard // 10).tolist())) == 1
            if not batch.starts[stream]:
                np.testing.assert_array_equal(batch.codes[stream, :LOOKBACK], before[stream, -LOOKBACK:])
        if step % streams.steps_per_epoch == 0:
            assert batch.starts.all()
        before = batch.codes


def test_an_epoch_reads_every_file() -> None:
    streams = streams_of([100, 100, 100])
    seen = {
        int(streams.at(step).codes[stream, -1]) // 10 for step in range(streams.steps_per_epoch) for stream in range(3)
    }
    assert seen == {0, 1, 2}


def test_any_step_can_be_read_first() -> None:
    one, other = streams_of([300, 200]), streams_of([300, 200])
    last = one.steps_per_epoch * 2 - 1
    for step in range(last):
        one.at(step)
    np.testing.assert_array_equal(one.at(last).codes, other.at(last).codes)


def test_epochs_and_seeds_differ() -> None:
    streams = streams_of([300, 200])
    assert (streams.at(0).codes != streams.at(streams.steps_per_epoch).codes).any()
    assert (streams.at(0).codes != streams_of([300, 200], seed=1).at(0).codes).any()


def test_too_little_audio() -> None:
    with pytest.raises(BadInputError, match="cannot fill a batch"):
        streams_of([10])


def test_gaps_silence_the_past_and_a_beginning() -> None:
    plain, gapped = streams_of([300, 200]), streams_of([300, 200], gap_share=1.0)
    started = 0
    for step in range(1, plain.steps_per_epoch):
        before, after = plain.at(step), gapped.at(step)
        started += int((after.starts & ~before.starts).sum())
        for old, new in zip(before.codes, after.codes, strict=True):
            changed = np.flatnonzero(old != new)
            assert (np.abs(new[:LOOKBACK].astype(int) - SILENCE) < 52).all()
            assert len(changed) == 0 or changed[-1] < LOOKBACK + CHUNK // 2
    assert 0 < started < BATCH * plain.steps_per_epoch
    np.testing.assert_array_equal(gapped.at(3).codes, streams_of([300, 200], gap_share=1.0).at(3).codes)


def test_a_corpus_larger_than_memory_is_not_read() -> None:
    """A tebibyte of silence that takes no space, as a memory map takes none until it is read."""
    recordings = [np.broadcast_to(np.uint8(SILENCE), (1 << 39,))] * 2
    tracemalloc.start()
    streams = ChunkStreams(recordings, model=MODEL, batch=BATCH, chunk_samples=CHUNK, gap_share=0.1, seed=0)
    for step in (0, 1, streams.steps_per_epoch - 1, streams.steps_per_epoch):
        assert streams.at(step).codes.shape == (BATCH, LOOKBACK + CHUNK)
    assert frequency_bits(recordings[0]) == 0.0
    split = CodeSplit(recordings[0], (FileSpan("long", 0, 1 << 39),))
    assert evaluate_split(SampleRNN(MODEL), split, limit_s=0.1).held_out_bits > 0.0
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 100 << 20
