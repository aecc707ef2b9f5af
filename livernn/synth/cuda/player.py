"""Who plays a segment; one does so in torch, by a few operations per sample, which a CUDA graph makes cheap."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from livernn.synth.cuda.board import SEGMENT_SAMPLES, Board
from livernn.synth.cuda.draw import draw
from livernn.synth.cuda.frame_tiers import FrameTiers


class Player(Protocol):
    """Steps the frame tiers and draws the codes between, segment by segment; none of this waits for the device."""

    def play(self, phase: int, count: int, noises: list[Tensor], *, forced: bool, cutting: bool) -> None:
        """`count` samples, `phase` after the slowest frame began: codes and logits of the `Board`, forced or drawn.

        `noises` as `FrameTiers.step` takes them; `cutting`: whether any voice leaves out levels.
        """

    def recall(self, place: int, conditioning: Tensor) -> None:
        """Go on at `place` within a frame of this conditioning, after the history."""

    def check(self) -> None:
        """Once the device is done: RuntimeError where it failed."""


MakePlayer = Callable[[FrameTiers, Board], Player]


class TorchPlayer:
    """A `Player` that adds each code's part to the first layers of the samples after it as soon as it is drawn."""

    def __init__(self, frame_tiers: FrameTiers, board: Board) -> None:
        self._frame_tiers = frame_tiers
        self._network = network = frame_tiers.network
        self._board = board
        self._taps = network.config.taps
        rows = max(SEGMENT_SAMPLES, self._taps) + self._taps
        self._firsts = torch.zeros(board.voices, rows, network.config.dims[0], device=network.device)
        """Sums of the first layers of a segment's samples and of `taps` more: of codes and conditioning so far."""

    def play(self, phase: int, count: int, noises: list[Tensor], *, forced: bool, cutting: bool) -> None:
        """See `Player`."""
        board = self._board
        gumbels = None if forced else board.noise.gumbels(board.start, count)
        for at in range(count):
            if (phase + at) % self._taps == 0:
                self._frame_tiers.step(phase, at, noises)
                self._condition(at, self._frame_tiers.conditioning(noises[0][at // self._taps] if noises else None))
            code = board.codes[board.lookback + at]
            self._network.logits(self._firsts[:, at], out=board.logits[at])
            if gumbels is not None:
                draw(board.logits[at], gumbels[at], board.values, cutting, code)
            self._push(code, at + 1)
        self._shift(count)

    def recall(self, place: int, conditioning: Tensor) -> None:
        """See `Player`. Sums are made in the order of play, so that they are alike to the bit."""
        board, taps = self._board, self._taps
        self._firsts.zero_()
        for row in range(taps):
            if row == taps - place:
                self._condition(row, conditioning)
            self._push(board.codes[board.lookback - taps + row], row + 1)
        self._shift(taps)

    def check(self) -> None:
        """Nothing: torch says itself what fails."""

    def _condition(self, step: int, conditioning: Tensor) -> None:
        self._firsts[:, step : step + self._taps] += conditioning

    def _push(self, code: Tensor, following: int) -> None:
        """What the codes `[voices]` add to the samples after them, the first of which is row `following`."""
        parts = self._network.table.index_select(0, code).unflatten(1, (self._taps, -1))
        self._firsts[:, following : following + self._taps] += parts

    def _shift(self, count: int) -> None:
        """The segment had so many samples, and is over."""
        self._firsts[:, : self._taps] = self._firsts[:, count : count + self._taps].clone()
        self._firsts[:, self._taps :] = 0.0
