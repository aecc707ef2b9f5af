"""Steadying: what the knob Steady makes of the temperature on a GPU, as `reference.Steadying` says."""

from collections.abc import Sequence

import torch
from torch import Tensor

from livernn.control.patch import Patch
from livernn.synth.cuda.board import SEGMENT_SAMPLES, Board
from livernn.synth.cuda.network import Network
from livernn.synth.state import excess_place
from livernn.synth.steady import HIGHEST, LOWEST, MOST


class Steadying:
    """Of all voices, each under its patch. What it keeps of them lies in their state, and in place, for graphs."""

    def __init__(self, network: Network, board: Board, state: Tensor) -> None:
        """`state`: `[voices, state_floats]`."""
        place = excess_place(network.config)
        self._excess, self._held = state[:, place], state[:, place + 1]
        self._inverse_temperature = board.values[0, :, 0]
        self._patch = torch.zeros(2, board.voices, device=network.device)
        """Temperature and steady."""
        self._aim_bits, follow = network.aim.tolist()
        self._left = (1.0 - follow) ** torch.arange(SEGMENT_SAMPLES + 1, device=network.device)
        """Of the excess, after so many samples."""
        self._follow = follow

    def follow(self, patches: Sequence[Patch]) -> None:
        """One for each voice."""
        self._patch.copy_(torch.tensor([[patch.temperature, patch.steady] for patch in patches]).t())

    def begin(self, phase: int) -> None:
        """Have a segment be drawn at the temperature that is due, `phase` samples after its slowest frame began."""
        if phase == 0:
            self._held.copy_(self._excess)
        temperature, steady = self._patch
        lead = (-steady * self._held).clamp_(-MOST, MOST)
        torch.reciprocal((temperature * lead.exp_()).clamp_(LOWEST, HIGHEST), out=self._inverse_temperature)

    def end(self, bits: Tensor) -> None:
        """The codes of the segment were drawn at a surprisal of `bits`, `[n, voices]`."""
        count = len(bits)
        weights = self._follow * self._left[:count].flip(0)
        self._excess.mul_(self._left[count]).add_(weights @ (bits - self._aim_bits))

    def forget(self) -> None:
        """What was heard before is of no account."""
        self._excess.zero_()
        self._held.zero_()
