"""Batches for truncated back-propagation: contiguous streams, so that states can be carried over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.errors import BadInputError
from livernn.model.config import ModelConfig
from livernn.model.quantize import encode, level_table, silence_code

_ORDER, _GAPS = 0, 1
"""Set the random streams of the seed apart."""


@dataclass(frozen=True)
class Batch:
    """Codes `[batch, lookback + chunk]` and which streams begin from the initial state, `[batch]`."""

    codes: NDArray[np.uint8]
    starts: NDArray[np.bool_]


class ChunkStreams:
    """Every step advances `batch` streams by one chunk of `chunk_samples`; chunks never span two files.

    The order is a function of seed and step alone, so a resumed run reads what it would have read. Each epoch
    shuffles the files and shifts the chunk boundaries.

    Music that is cut at its ends never rises from silence, so to a model silence would be a trap. Hence in a
    `gap_share` of the chunks the past and a random beginning are next to silent, half of them from the initial state.
    """

    def __init__(
        self,
        files: Sequence[NDArray[np.uint8]],
        *,
        model: ModelConfig,
        batch: int,
        chunk_samples: int,
        gap_share: float,
        seed: int,
    ) -> None:
        self._files = files
        self._batch = batch
        self._chunk = chunk_samples
        self._model = model
        self._lookback = model.lookback_samples
        self._gap_share = gap_share
        self._seed = seed
        # The shift drops at most one chunk a file, so that every epoch has the same number of steps.
        chunks = sum(max(len(codes) // chunk_samples - 1, 0) for codes in files)
        self.steps_per_epoch = chunks // batch
        if self.steps_per_epoch < 1:
            raise BadInputError(
                "training data",
                f"{chunks} chunks of {chunk_samples} samples cannot fill a batch of {batch}",
                "Add audio, or lower --batch or --chunk-samples.",
            )
        self._epoch = -1
        self._order: NDArray[np.int64] = np.empty((0, 2), np.int64)

    def _plan(self, epoch: int) -> None:
        random = np.random.default_rng([self._seed, _ORDER, epoch])
        rows = []
        for index in random.permutation(len(self._files)):
            chunks = max(len(self._files[index]) // self._chunk - 1, 0)
            shift = int(random.integers(self._chunk))
            starts = shift + self._chunk * np.arange(chunks)
            rows.append(np.stack([np.full(chunks, index), starts], axis=1))
        self._order = np.concatenate(rows)
        self._epoch = epoch

    def at(self, step: int) -> Batch:
        """The batch of a global step, from 0."""
        epoch, within = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._plan(epoch)
        codes = np.empty((self._batch, self._lookback + self._chunk), np.uint8)
        starts = np.empty(self._batch, np.bool_)
        for stream in range(self._batch):
            row = stream * self.steps_per_epoch + within
            index, start = (int(value) for value in self._order[row])
            starts[stream] = within == 0 or self._order[row - 1, 0] != index
            begin = start - self._lookback
            if begin < 0:
                codes[stream, :-begin] = silence_code(self._model)
            codes[stream, max(-begin, 0) :] = self._files[index][max(begin, 0) : start + self._chunk]
        self._add_gaps(np.random.default_rng([self._seed, _GAPS, step]), codes, starts)
        return Batch(codes, starts)

    def _add_gaps(self, random: np.random.Generator, codes: NDArray[np.uint8], starts: NDArray[np.bool_]) -> None:
        for stream in np.flatnonzero(random.random(self._batch) < self._gap_share):
            length = self._lookback + int(random.integers(self._chunk // 2))
            gain = 0.0 if random.random() < 0.5 else 10.0 ** random.uniform(-4.0, -1.5)
            quieter = encode(np.float32(gain) * level_table(self._model), self._model)
            codes[stream, :length] = quieter[codes[stream, :length]]
            starts[stream] |= random.random() < 0.5
