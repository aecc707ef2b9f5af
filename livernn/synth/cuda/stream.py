"""Where a generator's work is queued: a CUDA stream with graphs of what comes again, or nothing but a call."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from typing import Self

import torch
from torch import Tensor

_MOST_GRAPHS = 32


class Clock:
    """What generators that share it have had their device do."""

    def __init__(self) -> None:
        self.spent_ms = 0.0


class Stream:
    """Owned by one thread. `with` it, work is queued; `run` captures what it is asked for a second time.

    The first time is the warm-up that capturing needs, and is as good as any other.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._began, self._done = (
            torch.cuda.Event(enable_timing=True, blocking=True) if self._stream is not None else None for _ in range(2)
        )
        self._began_s = 0.0
        self._graphs: OrderedDict[Hashable, torch.cuda.CUDAGraph | None] = OrderedDict()
        self._pool = torch.cuda.graph_pool_handle() if self._stream is not None else None
        self._entered = ExitStack()

    def __enter__(self) -> Self:
        """Queue on this stream what is called from now on."""
        if self._stream is not None:
            self._entered.enter_context(torch.cuda.stream(self._stream))
        return self

    def __exit__(self, *_: object) -> None:
        """Back to the stream before."""
        self._entered.close()

    def host_buffer(self, dtype: torch.dtype, *shape: int) -> Tensor:
        """What the device can write to while the host does something else."""
        return torch.zeros(shape, dtype=dtype, pin_memory=self._stream is not None)

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Queue `work`, which waits for nothing, keeps nothing that it allocates, and does the same for each `key`."""
        if self._stream is None:
            work()
            return
        if key not in self._graphs:
            work()
            self._graphs[key] = None
            if len(self._graphs) > _MOST_GRAPHS:
                self._graphs.popitem(last=False)
            return
        self._graphs.move_to_end(key)
        graph = self._graphs[key] or self._capture(work)
        self._graphs[key] = graph
        graph.replay()

    def begin(self) -> None:
        """What is queued from now on is timed."""
        self._began_s = time.perf_counter()
        if self._began is not None:
            self._began.record(self._stream)

    def wait(self) -> float:
        """Until all that is queued is done, the GIL being free meanwhile. How many ms that took from `begin` on."""
        if self._began is None or self._done is None:
            return 1000.0 * (time.perf_counter() - self._began_s)
        self._done.record(self._stream)
        self._done.synchronize()
        return float(self._began.elapsed_time(self._done))

    def _capture(self, work: Callable[[], None]) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            work()
        return graph
