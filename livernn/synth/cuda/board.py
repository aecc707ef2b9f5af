"""Board: the tensors that a generator and its sample tier share; they stay in place, so that graphs can name them."""

import torch

from livernn.model.config import ModelConfig
from livernn.synth.cuda.noise import Noise

SEGMENT_SAMPLES = 256
"""At most so many samples are one graph."""


class Board:
    """`codes` `[lookback + SEGMENT_SAMPLES, voices]`: the history, then a segment, whose position is `start`; `values`:
    what `draw.patch_values` makes; `logits` `[SEGMENT_SAMPLES, voices, q_levels]`: of the segment's codes;
    `surprisal_bits` `[voices]`: of all codes drawn in a render, added up.
    """

    def __init__(self, config: ModelConfig, voices: int, device: torch.device) -> None:
        self.lookback = config.lookback_samples
        self.voices = voices
        self.codes = torch.zeros(self.lookback + SEGMENT_SAMPLES, voices, dtype=torch.int64, device=device)
        self.start = torch.zeros((), dtype=torch.int64, device=device)
        self.values = torch.zeros(4, voices, 1, device=device)
        self.logits = torch.zeros(SEGMENT_SAMPLES, voices, config.q_levels, device=device)
        self.surprisal_bits = torch.zeros(voices, device=device)
        self.noise = Noise(voices, config.q_levels, device)
