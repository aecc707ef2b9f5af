"""TierNoise: what the knobs Fast noise and Slow noise add to what the frame tiers are heard to say."""

from collections.abc import Sequence

import torch
from torch import Tensor

from livernn.control.patch import Patch
from livernn.model.config import ModelConfig
from livernn.synth.cuda.noise import Noise


class TierNoise:
    """Of all voices, each under its patch. The levels stay in place, so that graphs can name them."""

    def __init__(self, config: ModelConfig, noise: Noise, voices: int, device: torch.device) -> None:
        self._config = config
        self._noise = noise
        self._levels = torch.zeros(2, voices, 1, device=device)
        """Of the fastest frame tier, then of the others."""

    def follow(self, patches: Sequence[Patch]) -> None:
        """One for each voice."""
        levels = [[patch.noise_fast for patch in patches], [patch.noise_slow for patch in patches]]
        self._levels.copy_(torch.tensor(levels).unsqueeze(2))

    def of_segment(self, start: Tensor, phase: int, count: int) -> list[Tensor]:
        """Of each frame tier, fastest first, the frames that begin in the `count` samples from position `start` on.

        `[frames, voices, dim]`. `phase` is where in the slowest frame they begin.
        """
        noises = []
        for tier, size in enumerate(self._config.frame_sizes, 1):
            begins = range(-phase % size, count, size)
            offsets = torch.arange(len(begins), device=start.device) * size + begins.start
            noises.append(self._of_frames(tier, start + offsets))
        return noises

    def of_frame(self, begin: int) -> Tensor:
        """Of the fastest frame tier's frame that begins at a position, `[voices, dim]`."""
        return self._of_frames(1, torch.tensor([begin], device=self._levels.device))[0]

    def _of_frames(self, tier: int, positions: Tensor) -> Tensor:
        return self._noise.normals(positions, tier, self._config.dims[tier]) * self._levels[min(tier - 1, 1)]


def is_noisy(patches: Sequence[Patch]) -> bool:
    """Whether any of them asks for noise."""
    return any(patch.noise_fast > 0.0 or patch.noise_slow > 0.0 for patch in patches)
