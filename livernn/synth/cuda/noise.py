"""`philox.fill_gumbels` and `philox.add_normals` in torch: the noise of whole blocks at once, on the device."""

import math

import torch
from torch import Tensor

from livernn.synth.philox import GUMBEL_WORD, LOW_WORD, MULTIPLIERS, ROUNDS, TIER_WORDS, WEYL

_WORDS = 4
_UNIT = 2.0**-32
_LARGEST = 1.0 - 2.0**-24
"""The largest float32 below 1."""


class Noise:
    """Of the draws, as a function of seed, voice, position and level; of the frame tiers, of tier and unit instead."""

    def __init__(self, voices: int, levels: int, device: torch.device) -> None:
        self._levels = levels
        self._voices = torch.arange(voices, device=device).view(1, -1, 1)
        self._blocks = torch.arange(-(-levels // _WORDS), device=device) + GUMBEL_WORD
        self._multipliers = torch.tensor(MULTIPLIERS, device=device).view(2, 1, 1, 1)
        self._keys = torch.zeros(ROUNDS, 2, 1, 1, 1, dtype=torch.int64, device=device)

    def set_seed(self, seed: int) -> None:
        """Change all voices' streams."""
        words = seed & LOW_WORD, seed >> 32 & LOW_WORD
        keys = [
            [word + number * step & LOW_WORD for word, step in zip(words, WEYL, strict=True)]
            for number in range(ROUNDS)
        ]
        self._keys.copy_(torch.tensor(keys).view_as(self._keys))

    @property
    def seed_words(self) -> Tensor:
        """Low and high, int64."""
        return self._keys[0]

    def gumbels(self, start: Tensor, count: int) -> Tensor:
        """Of the samples from `start`, an int64 scalar, on: `[count, voices, levels]`."""
        words = self._words(start + torch.arange(count, device=start.device), self._blocks)
        uniforms = _uniforms(words.flatten(2)[..., : self._levels]).clamp_(max=_LARGEST)
        return uniforms.neg_().log1p_().neg_().log_().neg_()

    def normals(self, positions: Tensor, tier: int, units: int) -> Tensor:
        """Of frames of tier `tier` that begin at `positions`, int64 `[n]`: `[n, voices, units]`."""
        blocks = torch.arange(-(-units // _WORDS), device=positions.device) + tier * TIER_WORDS
        words = self._words(positions, blocks)
        radius = _uniforms(words[..., ::2]).log_().mul_(-2.0).sqrt_()
        angle = words[..., 1::2].float() * (2.0 * math.pi * _UNIT)
        return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1).flatten(2)[..., :units]

    def _words(self, positions: Tensor, blocks: Tensor) -> Tensor:
        """`[n, voices, blocks, 4]`, int64 that hold 32 bits."""
        index = positions.view(-1, 1, 1)
        counter = torch.broadcast_tensors(index & LOW_WORD, index >> 32, self._voices, blocks)
        return self._philox(torch.stack([counter[0], counter[2]]), torch.stack([counter[1], counter[3]]))

    def _philox(self, even: Tensor, odd: Tensor) -> Tensor:
        """Counter words 0 and 2, `[2, ...]`, and 1 and 3, to four words `[..., 4]`; all int64 that hold 32 bits."""
        for key in self._keys:
            product = even * self._multipliers  # whose 64 bits are right, though torch takes the highest for a sign
            even, odd = (product >> 32 & LOW_WORD).flip(0) ^ odd ^ key, (product & LOW_WORD).flip(0)
        return torch.stack([even[0], odd[0], even[1], odd[1]], dim=-1)


def _uniforms(words: Tensor) -> Tensor:
    return words.float() * _UNIT + 0.5 * _UNIT
