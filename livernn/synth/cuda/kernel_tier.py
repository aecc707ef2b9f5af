"""The sample tier as one launch of `sample_tier.cu` per frame, between the frame tiers' operations in torch."""

import ctypes
from functools import partial

import numpy as np
import torch
from torch import Tensor

from livernn.errors import DeviceError
from livernn.model.checkpoint import Checkpoint
from livernn.synth.cuda.board import Board
from livernn.synth.cuda.compiler import load_cubin
from livernn.synth.cuda.driver import Kernel
from livernn.synth.cuda.network import Network
from livernn.synth.cuda.partition import LEVELS, Partition, groups_of, pack, partition
from livernn.synth.cuda.sample_tier import MakeTier


class Params(ctypes.Structure):
    """The source's struct of this name, field by field."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in (
            "table", "hidden", "output", "hidden_bias", "output_bias", "conditioning", "codes", "logits", "start",
            "key", "patches", "exchange", "epochs", "failed",
        )),
        ("conditioning_step", ctypes.c_int64),
        *((name, ctypes.c_int) for name in ("count", "voices", "levels", "offset", "forced")),
    )  # fmt: skip


def kernel_tier(checkpoint: Checkpoint, voices: int, device: torch.device) -> MakeTier:
    """Makes tiers of so many voices of a checkpoint, which share its weights.

    Raises:
        DeviceError: the kernel is not for such a network, does not compile or finds no room.
    """
    major, minor = torch.cuda.get_device_capability(device)
    parts = partition(checkpoint.config, voices, 10 * major + minor)
    if isinstance(parts, str):
        raise DeviceError("GPU kernel", parts, "Use another model.")
    weights = [torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in pack(checkpoint, parts)]
    torch.cuda.synchronize(device)  # tiers read them on streams of their own
    kernel = Kernel(load_cubin(parts, 10 * major + minor), parts, groups_of(voices))
    return partial(KernelTier, kernel, parts, weights)


class KernelTier:
    """A `SampleTier`. A launch that waits in vain for a part of itself sets a flag, which `check` reads."""

    def __init__(self, kernel: Kernel, parts: Partition, weights: list[Tensor], network: Network, board: Board) -> None:
        config, device, groups = network.config, network.device, groups_of(board.voices)
        self._kernel = kernel
        self._board = board
        self._weights = weights
        self._dim, self._levels = parts.dim, config.q_levels
        self._conditioning = torch.zeros(board.voices, config.taps, parts.dim, device=device)
        words = 0 if parts.cluster else groups * 2 * (parts.group + 1) * LEVELS * parts.voices
        self._exchange = torch.zeros(words, dtype=torch.int64, device=device)
        self._epochs = torch.ones(groups, dtype=torch.int32, device=device)
        self._failed = torch.zeros(1, dtype=torch.int32, pin_memory=device.type == "cuda")

    def prepare(self, count: int) -> None:
        """Nothing: the kernel makes its noise itself."""

    def condition(self, step: int, conditioning: Tensor) -> None:
        """See `SampleTier`."""
        self._conditioning.copy_(conditioning)

    def play(self, step: int, count: int, place: int, *, forced: bool, cutting: bool) -> None:
        """See `SampleTier`."""
        board, conditioning = self._board, self._conditioning
        params = Params(
            *(tensor.data_ptr() for tensor in self._weights),
            conditioning[0, place].data_ptr(),
            board.codes[board.lookback + step].data_ptr(),
            board.logits[step].data_ptr(),
            board.start.data_ptr(),
            board.noise.seed_words.data_ptr(),
            board.values.data_ptr(),
            self._exchange.data_ptr(),
            self._epochs.data_ptr(),
            self._failed.data_ptr(),
            conditioning.stride(0),
            count,
            board.voices,
            self._levels,
            step,
            forced,
        )
        self._kernel.launch(params)

    def shift(self, count: int) -> None:
        """Nothing: the kernel finds the history among the codes."""

    def recall(self, place: int, conditioning: Tensor) -> None:
        """See `SampleTier`."""
        self._conditioning.copy_(conditioning)

    def check(self) -> None:
        """See `SampleTier`."""
        if int(self._failed[0]):
            raise RuntimeError("the GPU kernel waited in vain for a part of itself")
