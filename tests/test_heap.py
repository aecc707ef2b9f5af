"""What is freed goes back to the system."""

import platform
import subprocess
import sys

import pytest

FREES = """
import os
from livernn.heap import trim

def resident_mib():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

blocks = [bytes(50_000) + b"1" for _ in range(2000)]
del blocks[:-1]
kept = resident_mib()
trim()
print(kept - resident_mib())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_is_kept_below_a_block_in_use_goes_back_to_the_system() -> None:
    told = subprocess.run([sys.executable, "-c", FREES], capture_output=True, text=True, check=True)
    assert float(told.stdout) > 80.0
