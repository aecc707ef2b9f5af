"""FrameTiers: the state of all voices, and its frame tiers stepped in torch."""

from torch import Tensor

from livernn.synth.cuda.board import Board
from livernn.synth.cuda.network import Network


class FrameTiers:
    """`state` `[voices, state_floats]` stays in place, so that graphs can name it. Nothing waits for the device."""

    def __init__(self, network: Network, board: Board) -> None:
        self.network = network
        self.state = network.initial_state.repeat(board.voices, 1)
        self._board = board

    def step(self, phase: int, step: int, noises: list[Tensor]) -> None:
        """Step those that are due at `step` of a segment that begins at `phase` within the slowest frame.

        `noises`: of each tier, the fastest first, that of the frames that begin in the segment; or none.
        """
        config, place, end = self.network.config, phase + step, self._board.lookback + step
        for tier in range(config.tiers - 1, 0, -1):
            size = config.frame_sizes[tier - 1]
            if place % size == 0:
                above = place // size % config.ratio(tier + 1) if tier + 1 < config.tiers else 0
                noise = noises[tier - 1][step // size] if noises else None
                self.network.step_tier(tier, self._board.codes[end - size : end], self.state, above, noise)

    def conditioning(self, noise: Tensor | None = None) -> Tensor:
        """Of the frame under way, `[voices, taps, dim]`, with this noise of its own, `[voices, dim]`."""
        return self.network.conditioning(1, self.state, noise)
