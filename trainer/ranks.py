"""The processes that train one network together, as torchrun starts them. One alone is the smallest such group."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from livernn.errors import BadInputError, LiveRNNError
from livernn.model.samplernn import TierState

_GO_ON = "torchrun --max-restarts=9 begins anew; or use --resume."


@dataclass(frozen=True)
class Ranks:
    """The place of a process among `size`. All of them call the same methods in the same order."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the one that keeps the clock, prints, and writes files."""
        return self.rank == 0

    def share(self, streams: int) -> slice:
        """Which of so many streams are this process's.

        Raises:
            BadInputError: they cannot be dealt out evenly.
        """
        if streams % self.size:
            raise BadInputError(
                f"batch {streams}", f"it cannot be divided among {self.size} processes", "Change --batch."
            )
        each = streams // self.size
        return slice(self.rank * each, (self.rank + 1) * each)

    def wrapped(self, model: nn.Module) -> nn.Module:
        """`model`, whose gradients are those of all processes' streams together."""
        return model if self.size == 1 else DistributedDataParallel(model, gradient_as_bucket_view=True)

    def unsynchronised(self, wrapped: nn.Module) -> contextlib.AbstractContextManager[None]:
        """Gradients of what is computed within are kept to add to."""
        return wrapped.no_sync() if isinstance(wrapped, DistributedDataParallel) else contextlib.nullcontext()

    def mean(self, value: Tensor) -> float:
        """Of one number per process."""
        if self.size > 1:
            distributed.all_reduce(value)
        return value.item() / self.size

    def told(self, *values: float) -> list[float]:
        """What the leading process says, in float64; those of the others are not heard."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64, device=_device())
        distributed.broadcast(shared, 0)
        return list(shared.tolist())

    def gathered(self, states: list[TierState]) -> list[TierState]:
        """States of all streams, in order, from those of each process's share."""
        if self.size == 1:
            return states
        return [tuple(self._all_streams(part) for part in state) for state in states]

    def _all_streams(self, part: Tensor) -> Tensor:
        parts = [torch.empty_like(part) for _ in range(self.size)]
        distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts, dim=1)


ALONE = Ranks()


def restarts() -> int:
    """How often torchrun has started this group anew, as it does when one of its processes dies."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


@contextlib.contextmanager
def joined() -> Iterator[Ranks]:
    """Meet the other processes that torchrun has started; alone without it. A GPU each where there are any.

    Raises:
        LiveRNNError: the others do not come, or one of them died within.
    """
    if "WORLD_SIZE" not in os.environ:
        yield ALONE
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    try:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    except RuntimeError as error:
        raise LiveRNNError("training", "the other processes of the group were not met", _GO_ON) from error
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size())
    except RuntimeError as error:
        if not isinstance(error, distributed.DistError) and "by peer" not in str(error):  # gloo has no type for it
            raise
        raise LiveRNNError("training", "another process of the group died", _GO_ON) from error
    finally:
        distributed.destroy_process_group()


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
