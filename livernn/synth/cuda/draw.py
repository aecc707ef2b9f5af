"""Logits to codes by the largest perturbed score, as `reference.distribution` and `reference.draw_by_noise` say."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from livernn.control.patch import Patch


def cuts(patch: Patch, levels: int) -> bool:
    """Whether a patch leaves out any level."""
    return 0 < patch.top_k < levels or patch.top_p < 1.0 or patch.min_p > 0.0


def patch_values(patches: Sequence[Patch], levels: int) -> Tensor:
    """What `draw` reads, `[4, voices, 1]`: 1 / temperature, the rank of the last level kept, top-p, min-p."""
    rows = []
    for patch in patches:
        last = int(patch.top_k) - 1 if 0 < patch.top_k < levels else levels - 1
        rows.append((1.0 / patch.temperature, last, patch.top_p, patch.min_p))
    return torch.tensor(rows).t().unsqueeze(2)


def draw(logits: Tensor, noise: Tensor, values: Tensor, cutting: bool, out: Tensor) -> None:
    """Codes of logits and noise, `[voices, q_levels]`, into `out`, int64 `[voices]`; `cutting`: some patch `cuts`."""
    scores = torch.addcmul(noise, logits, values[0])
    if cutting:
        scores = scores.masked_fill_(~_kept(logits * values[0], values), -torch.inf)
    torch.argmax(scores, dim=1, out=out)


def surprisal_bits(logits: Tensor, codes: Tensor, values: Tensor, cutting: bool) -> Tensor:
    """-log2 of the probabilities that `codes` `[n, voices]` were drawn with from `logits` `[n, voices, q_levels]`."""
    scaled = logits * values[0]
    drawn = scaled.gather(2, codes.unsqueeze(2)).squeeze(2)
    if cutting:
        scaled = scaled.masked_fill(~_kept(scaled, values), -torch.inf)
    bits: Tensor = (scaled.logsumexp(2) - drawn) / math.log(2.0)
    return bits


def _kept(scaled: Tensor, values: Tensor) -> Tensor:
    """Of `[..., voices, q_levels]`."""
    _, last, top_p, min_p = values
    levels = torch.exp(scaled - scaled.amax(-1, keepdim=True))
    ordered = levels.sort(-1, descending=True).values
    by_k = ordered.gather(-1, last.long().expand(*ordered.shape[:-1], 1))
    mass = torch.where(ordered >= by_k, ordered, 0.0).cumsum(-1)
    reached = (mass < top_p * mass[..., -1:]).sum(-1, keepdim=True).clamp_(max=ordered.shape[-1] - 1)
    by_p = torch.where(top_p < 1.0, ordered.gather(-1, reached), 0.0)
    return levels >= torch.maximum(torch.maximum(by_k, by_p), min_p * ordered[..., :1])
