"""A segment as one launch of `segment.cu`."""

import ctypes
from functools import cache, partial

import numpy as np
import torch
from torch import Tensor

from livernn.errors import DeviceError
from livernn.model.checkpoint import Checkpoint
from livernn.synth.cuda.board import Board
from livernn.synth.cuda.compiler import load_cubin
from livernn.synth.cuda.driver import Kernel
from livernn.synth.cuda.frame_tiers import FrameTiers
from livernn.synth.cuda.partition import LEVELS, LINE, Partition, groups_of, pack, pack_frame_tier, partition
from livernn.synth.cuda.player import MakePlayer
from livernn.synth.state import state_places

_FLOAT_BYTES = 4


class FrameTier(ctypes.Structure):
    """The source's struct of this name, field by field."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in (
            "frame", "recurrent", "telling", "frame_bias", "recurrent_bias", "telling_bias",
            "noise", "hidden", "heard", "told", "carried",
        )),
        ("told_step", ctypes.c_int64),
    )  # fmt: skip


class Params(ctypes.Structure):
    """The source's struct of this name, up to its frame tiers."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in (
            "table", "hidden", "output", "hidden_bias", "output_bias", "conditioning", "codes", "logits", "start",
            "key", "patches", "exchange", "epochs", "flags", "failed",
        )),
        ("state_step", ctypes.c_int64),
        ("middle", ctypes.c_float),
        *((name, ctypes.c_int) for name in ("phase", "count", "voices", "levels", "workers", "forced")),
    )  # fmt: skip


@cache
def params_with(tiers: int) -> type[Params]:
    """The source's `Params` for so many frame tiers."""
    return type("Params", (Params,), {"_fields_": (("tiers", FrameTier * tiers),)})


class Weights:
    """Of a checkpoint, on a device, as the kernel reads them: `sample_tier`, and of each of `frame_tiers`."""

    def __init__(self, checkpoint: Checkpoint, parts: Partition, device: torch.device) -> None:
        def on_device(packed: tuple[np.ndarray, ...]) -> list[Tensor]:
            return [torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in packed]

        self.sample_tier = on_device(pack(checkpoint, parts))
        tiers = range(1, checkpoint.config.tiers)
        self.frame_tiers = [on_device(pack_frame_tier(checkpoint, tier)) for tier in tiers]


class KernelModel:
    """A checkpoint in a GPU's memory, for any number of players of any number of voices."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        """Raises DeviceError: the kernel is not for such a network or device."""
        major, minor = torch.cuda.get_device_capability(device)
        self._config, self._architecture = checkpoint.config, 10 * major + minor
        self._weights = Weights(checkpoint, self._parts(1), device)
        self._kernels: dict[tuple[Partition, int], Kernel] = {}
        torch.cuda.synchronize(device)  # players read them on streams of their own

    def make_player(self, voices: int) -> MakePlayer:
        """What makes players of so many.

        Raises:
            DeviceError: the kernel does not compile, or finds no room.
        """
        parts, groups = self._parts(voices), groups_of(voices)
        if (parts, groups) not in self._kernels:
            self._kernels[parts, groups] = Kernel(load_cubin(parts, self._architecture), parts, groups)
        return partial(KernelPlayer, self._kernels[parts, groups], parts, self._weights)

    def _parts(self, voices: int) -> Partition:
        parts = partition(self._config, voices, self._architecture)
        if isinstance(parts, str):
            raise DeviceError("GPU kernel", parts, "Use another model.")
        return parts


class KernelPlayer:
    """A `Player`. A launch that waits in vain for a part of itself sets a flag, which `check` reads."""

    def __init__(
        self, kernel: Kernel, parts: Partition, weights: Weights, frame_tiers: FrameTiers, board: Board
    ) -> None:
        config, device, groups = frame_tiers.network.config, board.codes.device, groups_of(board.voices)
        self._kernel = kernel
        self._config = config
        self._board = board
        self._weights = weights
        self._state = frame_tiers.state
        self._conditioning = torch.zeros(board.voices, config.taps, parts.dim, device=device)
        self._carried = [torch.zeros(groups, 2, 3 * dim, parts.voices, device=device) for dim in parts.frame_dims]
        words = 0 if parts.cluster else groups * 2 * (parts.group + 1) * LEVELS * parts.voices
        self._exchange = torch.zeros(words, dtype=torch.int64, device=device)
        self._epochs = torch.ones(groups, dtype=torch.int32, device=device)
        self._flags = torch.zeros(groups, parts.flags, LINE, dtype=torch.int32, device=device)
        self._failed = torch.zeros(1, dtype=torch.int32, pin_memory=device.type == "cuda")

    def play(self, phase: int, count: int, noises: list[Tensor], *, forced: bool, cutting: bool) -> None:
        """See `Player`."""
        board, config = self._board, self._config
        tiers = self._frame_tiers(noises)
        params = params_with(len(tiers))(
            *(tensor.data_ptr() for tensor in self._weights.sample_tier),
            self._conditioning.data_ptr(),
            board.codes[board.lookback].data_ptr(),
            board.logits.data_ptr(),
            board.start.data_ptr(),
            board.noise.seed_words.data_ptr(),
            board.values.data_ptr(),
            self._exchange.data_ptr(),
            self._epochs.data_ptr(),
            self._flags.data_ptr(),
            self._failed.data_ptr(),
            self._state.stride(0),
            (config.q_levels - 1) / 2,
            phase,
            count,
            board.voices,
            config.q_levels,
            self._kernel.workers,
            forced,
            tuple(tiers),
        )
        self._flags.zero_()
        self._kernel.launch(params)

    def recall(self, place: int, conditioning: Tensor) -> None:
        """See `Player`: the kernel finds the history among the codes."""
        self._conditioning.copy_(conditioning)

    def check(self) -> None:
        """See `Player`."""
        if int(self._failed[0]):
            raise RuntimeError("the GPU kernel waited in vain for a part of itself")

    def _frame_tiers(self, noises: list[Tensor]) -> list[FrameTier]:
        places, _ = state_places(self._config)
        state, floats = self._state.data_ptr(), self._state.stride(0)
        tiers = []
        for index, (weights, place) in enumerate(zip(self._weights.frame_tiers, places, strict=True)):
            if index == 0:
                told, told_step = self._conditioning.data_ptr(), self._conditioning.stride(0)
            else:
                told, told_step = state + _FLOAT_BYTES * places[index - 1].told, floats
            tiers.append(
                FrameTier(
                    *(tensor.data_ptr() for tensor in weights),
                    noises[index].data_ptr() if noises else None,
                    state + _FLOAT_BYTES * place.hidden,
                    state + _FLOAT_BYTES * place.told,
                    told,
                    self._carried[index].data_ptr(),
                    told_step,
                )
            )
        return tiers
