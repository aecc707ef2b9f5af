"""What torch needs is there before it is imported."""

import subprocess
import sys

import pytest

from livernn.engine import torch_libraries
from livernn.engine.torch_libraries import load_torch_libraries
from tests.engine.fakes import COMPILE_PATIENCE_S

PROGRAM = """
import sys
from pathlib import Path
from livernn.engine.torch_libraries import load_torch_libraries
loaded = lambda: "libtorch_cpu" in Path("/proc/self/maps").read_text()
print(loaded())
load_torch_libraries()
print(loaded(), "torch" in sys.modules)
import torch
print(float((torch.ones(3, 3) @ torch.ones(3)).sum()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="torch loads otherwise there")
def test_the_libraries_are_loaded_and_torch_finds_them() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=COMPILE_PATIENCE_S)
    assert (result.stdout, result.returncode) == ("False\nTrue False\n9.0\n", 0), result.stderr


def test_what_cannot_be_loaded_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_libraries, "_LIBRARIES", (("no such library", 0),))
    load_torch_libraries()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    load_torch_libraries()
