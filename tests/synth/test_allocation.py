"""Rendering allocates nothing per sample, and blocks leave nothing behind."""

import gc
import tracemalloc
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from numba.core.runtime import _nrt_python, rtsys

from livernn.control.patch import Patch
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig
from livernn.model.precision import Precision
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.philox import fill_gumbels

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
def test_compiled_code_allocates_nothing(counted: None, precision: Precision) -> None:
    voice = Generator(load_kernel(random_checkpoint(CONFIG), precision), seed=0)
    before = rtsys.get_allocation_stats().alloc
    voice.render(1024, PATCHES)
    assert rtsys.get_allocation_stats().alloc == before
    fill_gumbels(np.empty((1, 1)), seed=0, voice=0, start=0)
    assert rtsys.get_allocation_stats().alloc > before  # what is not compiled so counts the arrays that it takes


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
