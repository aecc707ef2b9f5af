"""`python app.py` as its own process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PATIENCE_S = 60.0

STANDING = """
import json
import sys

from PySide6.QtWidgets import QApplication
from livernn.engine.client import EngineClient
from livernn.ui.main_window import MainWindow
from livernn.ui.session import Session
from livernn.ui.settings import Settings
application = QApplication([])
window = MainWindow(Session(EngineClient, Settings()))
window.show()
application.processEvents()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S,
        env=environment or dict(os.environ),
    )  # fmt: skip


def test_a_standing_window_has_loaded_no_compiler_no_torch_and_no_device() -> None:
    result = run("-c", STANDING)
    assert result.returncode == 0, result.stderr
    modules = set(json.loads(result.stdout))
    assert "PySide6" in modules
    assert modules & {"torch", "numba", "llvmlite", "scipy", "sounddevice", "soundfile", "rtmidi"} == set()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--preset", "no such preset"], 2, "no such preset"),
        (["--checkpoint", "missing.safetensors"], 2, "missing.safetensors"),
        (["--preset", "a", "--checkpoint", "b"], 2, "not allowed with"),
        (["--device", "abacus"], 2, "abacus"),
        (["--nonsense"], 2, "--nonsense"),
    ],
)
def test_bad_arguments_are_told_in_one_line(arguments: list[str], code: int, words: str) -> None:
    result = run("app.py", *arguments)
    assert result.returncode == code
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert words in result.stderr


def test_a_missing_gpu_is_told_in_one_line() -> None:
    result = run("app.py", "--device", "cuda", environment={**os.environ, "CUDA_VISIBLE_DEVICES": ""})
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "livernn: GPU: " in result.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a system that can lack a display")
def test_a_missing_display_is_told_in_one_line() -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    result = run("app.py", environment={name: value for name, value in os.environ.items() if name not in hidden})
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "display" in result.stderr


def test_a_qt_that_cannot_be_loaded_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text("raise ImportError('libEGL.so.1: no such file')")
    result = run("app.py", environment={**os.environ, "PYTHONPATH": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"})
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "libEGL.so.1" in result.stderr
