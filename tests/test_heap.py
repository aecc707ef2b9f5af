"""What is freed goes back to the system."""

import gc
import platform
import subprocess
import sys

import pytest

from livernn import heap

LOOKING_AT_ITSELF = """
import os
from livernn.heap import keep_little, trim

def resident_mib():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
"""

SMALL_BLOCKS = """
blocks = [b"1" * 50_000 for _ in range(2000)]
del blocks[:-1]
before = resident_mib()
trim()
print(before - resident_mib())
"""
LARGE_BLOCKS = """
keep_little()
for _ in range(2):  # the first one freed would raise the size from which glibc maps them
    blocks = [b"1" * 4_000_000 for _ in range(25)]
    before = resident_mib()
    del blocks[:-1]
print(before - resident_mib())
"""

glibc_alone = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")


def told(script: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", LOOKING_AT_ITSELF + script], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


@glibc_alone
def test_what_is_kept_below_a_block_in_use_goes_back_to_the_system() -> None:
    assert told(SMALL_BLOCKS) > 80.0


@glibc_alone
def test_what_is_large_goes_back_as_it_is_freed() -> None:
    assert told(LARGE_BLOCKS) > 80.0


def test_it_leaves_nothing_to_the_collector_of_cycles_which_the_engine_does_without() -> None:
    heap.trim()
    gc.collect()
    heap.trim()
    assert gc.collect() == 0
