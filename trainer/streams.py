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

    Of the streams only `share` is read, the same as it would be among all.
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
        share: slice = slice(None),
    ) -> None:
        self._files = files
        self._batch = batch
        self._share = range(batch)[share]
        self._chunk = chunk_samples
        self._model = model
        self._lookback = model.lookback_samples
        self._gap_share = gap_share
        self._seed = seed
        # The shift drops at most one chunk a file, so that every epoch has the same number of steps.
        self._chunks_of = np.array([max(len(codes) // chunk_samples - 1, 0) for codes in files], np.int64)
        chunks = int(self._chunks_of.sum())
        self.steps_per_epoch = chunks // batch
        if self.steps_per_epoch < 1:
            raise BadInputError(
                "training data",
                f"{chunks} chunks of {chunk_samples} samples cannot fill a batch of {batch}",
                "Add audio, or lower --batch or --chunk-samples.",
            )
        self._epoch = -1
        self._order, self._shifts, self._ends = (np.empty(0, np.int64) for _ in range(3))

    def _plan(self, epoch: int) -> None:
        """Files in the order of the epoch, and for each its first chunk's shift and the rows up to its last chunk."""
        random = np.random.default_rng([self._seed, _ORDER, epoch])
        self._order = random.permutation(len(self._files))
        self._shifts = np.array([int(random.integers(self._chunk)) for _ in self._order])
        self._ends = np.cumsum(self._chunks_of[self._order])
        self._epoch = epoch

    def at(self, step: int) -> Batch:
        """The batch of a global step, from 0."""
        epoch, within = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._plan(epoch)
        codes = np.empty((len(self._share), self._lookback + self._chunk), np.uint8)
        starts = np.empty(len(self._share), np.bool_)
        gaps = np.random.default_rng([self._seed, _GAPS, step]).random(self._batch) < self._gap_share
        for place, stream in enumerate(self._share):
            row = stream * self.steps_per_epoch + within
            turn = int(np.searchsorted(self._ends, row, side="right"))
            index = int(self._order[turn])
            chunk = row - int(self._ends[turn] - self._chunks_of[index])
            start = int(self._shifts[turn]) + chunk * self._chunk
            starts[place] = within == 0 or chunk == 0
            begin = start - self._lookback
            if begin < 0:
                codes[place, :-begin] = silence_code(self._model)
            codes[place, max(-begin, 0) :] = self._files[index][max(begin, 0) : start + self._chunk]
            if gaps[stream]:
                random = np.random.default_rng([self._seed, _GAPS, step, 1 + stream])  # a 0 would repeat the one above
                starts[place] |= self._add_gap(random, codes[place])
        return Batch(codes, starts)

    def _add_gap(self, random: np.random.Generator, codes: NDArray[np.uint8]) -> bool:
        """Quieten the beginning of one stream's codes; returns whether it is to begin from the initial state."""
        length = self._lookback + int(random.integers(self._chunk // 2))
        gain = 0.0 if random.random() < 0.5 else 10.0 ** random.uniform(-4.0, -1.5)
        quieter = encode(np.float32(gain) * level_table(self._model), self._model)
        codes[:length] = quieter[codes[:length]]
        return bool(random.random() < 0.5)
