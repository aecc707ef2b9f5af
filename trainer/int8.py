"""Learning with the rounding of int8 playing: gradients are those at the rounded weights (arXiv 1511.00363)."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from livernn.model.samplernn import SampleRNN

_LARGEST = 127
_TABLES = ("embedding.weight", "input.weight")
"""What the kernels fold into tables that are kept finer."""


@contextlib.contextmanager
def rounded_to_int8(model: SampleRNN) -> Iterator[None]:
    """Within, every matrix that the kernels keep in int8 has the values that they play; after, its own again."""
    matrices = [
        parameter for name, parameter in model.named_parameters() if ".weight" in name and not name.endswith(_TABLES)
    ]
    own = [matrix.detach().clone() for matrix in matrices]
    for matrix in matrices:
        matrix.data.copy_(rounded_rows(matrix.data))
    try:
        yield
    finally:
        for matrix, values in zip(matrices, own, strict=True):
            matrix.data.copy_(values)


def rounded_rows(matrix: Tensor) -> Tensor:
    """What `livernn.synth.rounding.rounded` computes for int8, on any device."""
    scale = matrix.abs().amax(dim=1, keepdim=True) / _LARGEST
    scale = torch.where(scale == 0.0, 1.0, scale)
    return scale * torch.round(matrix / scale)
