"""Rendering allocates nothing per sample, and blocks leave nothing behind."""

import gc
import tracemalloc
from collections.abc import Iterator

import psutil
import pytest
from numba.core.runtime import _nrt_python, rtsys

from livernn.control.patch import Patch
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import Precision
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel

CONFIG = ModelConfig(frame_sizes=(4, 8), dims=(8, 8, 8), embed_dim=4, q_levels=32)
PATCHES = [Patch(top_k=9, top_p=0.9, min_p=0.01)]


@pytest.fixture
def counted() -> Iterator[None]:
    was = _nrt_python.memsys_stats_enabled()
    _nrt_python.memsys_enable_stats()
    yield
    if not was:
        _nrt_python.memsys_disable_stats()


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_allocations_are_those_of_the_call_not_of_the_samples(counted: None, precision: Precision) -> None:
    voice = Generator(load_kernel(random_checkpoint(CONFIG), precision), seed=0)

    def allocations(samples: int) -> int:
        before = rtsys.get_allocation_stats().alloc
        voice.render(samples, PATCHES)
        return int(rtsys.get_allocation_stats().alloc - before)

    allocations(64)
    assert allocations(1024) == allocations(8) > 0  # arrays are counted when they are handed over


def test_a_hundred_thousand_blocks_leave_no_trace() -> None:
    voice = Generator(load_kernel(random_checkpoint(CONFIG)), seed=0)
    process = psutil.Process()

    def play(blocks: int) -> None:
        for _ in range(blocks):
            voice.render(64, PATCHES)

    play(1000)
    gc.collect()
    resident = process.memory_info().rss
    play(100_000)
    assert process.memory_info().rss - resident < 1 << 20
    tracemalloc.start()
    play(100)
    kept = tracemalloc.get_traced_memory()[0]
    play(2000)
    assert abs(tracemalloc.get_traced_memory()[0] - kept) < 4096
    assert tracemalloc.get_traced_memory()[1] - kept < 64 << 10
    tracemalloc.stop()
