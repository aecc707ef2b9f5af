"""The sample tier in torch: a few operations per sample, which a CUDA graph makes cheap to queue."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from livernn.synth.cuda.board import SEGMENT_SAMPLES, Board
from livernn.synth.cuda.draw import draw
from livernn.synth.cuda.network import Network


class SampleTier(Protocol):
    """Draws the codes of a segment, frame by frame; none of this waits for the device."""

    def prepare(self, count: int) -> None:
        """The next segment, from `Board.start` on, has so many samples, which are drawn."""

    def condition(self, step: int, conditioning: Tensor) -> None:
        """`[voices, taps, dim]` of the frame that begins with sample `step` of the segment."""

    def play(self, step: int, count: int, place: int, *, forced: bool, cutting: bool) -> None:
        """`count` samples of one frame, the first at `place` in it. Their logits are kept, forced or drawn."""

    def shift(self, count: int) -> None:
        """The segment had so many samples, and is over."""

    def recall(self, place: int, conditioning: Tensor) -> None:
        """Go on at `place` within a frame of this conditioning, after the history."""

    def check(self) -> None:
        """Once the device is done: RuntimeError where it failed."""


MakeTier = Callable[[Network, Board], SampleTier]


class TorchTier:
    """A `SampleTier` that adds each code's part to the first layers of the samples after it as soon as it is drawn."""

    def __init__(self, network: Network, board: Board) -> None:
        self._network = network
        self._board = board
        self._taps = network.config.taps
        rows = max(SEGMENT_SAMPLES, self._taps) + self._taps
        self._firsts = torch.zeros(board.voices, rows, network.config.dims[0], device=network.device)
        """Sums of the first layers of a segment's samples and of `taps` more: of codes and conditioning so far."""
        self._noise = torch.empty(0)

    def prepare(self, count: int) -> None:
        """See `SampleTier`."""
        self._noise = self._board.noise.gumbels(self._board.start, count)

    def condition(self, step: int, conditioning: Tensor) -> None:
        """See `SampleTier`."""
        self._firsts[:, step : step + self._taps] += conditioning

    def play(self, step: int, count: int, place: int, *, forced: bool, cutting: bool) -> None:
        """See `SampleTier`."""
        board = self._board
        for at in range(step, step + count):
            code = board.codes[board.lookback + at]
            self._network.logits(self._firsts[:, at], out=board.logits[at])
            if not forced:
                draw(board.logits[at], self._noise[at], board.values, cutting, code)
            self._push(code, at + 1)

    def shift(self, count: int) -> None:
        """See `SampleTier`."""
        self._firsts[:, : self._taps] = self._firsts[:, count : count + self._taps].clone()
        self._firsts[:, self._taps :] = 0.0

    def recall(self, place: int, conditioning: Tensor) -> None:
        """See `SampleTier`. Sums are made in the order of play, so that they are alike to the bit."""
        board, taps = self._board, self._taps
        self._firsts.zero_()
        for row in range(taps):
            if row == taps - place:
                self.condition(row, conditioning)
            self._push(board.codes[board.lookback - taps + row], row + 1)
        self.shift(taps)

    def check(self) -> None:
        """Nothing: torch says itself what fails."""

    def _push(self, code: Tensor, following: int) -> None:
        """What the codes `[voices]` add to the samples after them, the first of which is row `following`."""
        parts = self._network.table.index_select(0, code).unflatten(1, (self._taps, -1))
        self._firsts[:, following : following + self._taps] += parts
