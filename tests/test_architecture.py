"""The import rules hold, and each of them can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = [contract["id"] for contract in SETTINGS["tool"]["importlinter"]["contracts"]]

VIOLATIONS = [
    ("layers", "livernn/engine/broken.py", "import livernn.ui"),
    ("layers", "livernn/control/broken.py", "import livernn.synth"),
    ("layers", "livernn/control/broken.py", "import livernn.model.config"),
    ("layers", "livernn/model/broken.py", "import livernn.control.patch"),
    ("layers", "livernn/errors.py", "import livernn.control.patch"),
    ("layers", "livernn/ui/broken.py", "import livernn.cli"),
    ("layers", "livernn/training/broken.py", "import livernn.inputs"),
    ("layers", "livernn/headless/broken.py", "import livernn.ui"),
    ("layers", "livernn/inputs/broken.py", "import livernn.headless"),
    ("layers", "livernn/stray.py", ""),
    ("engine-behind-client", "livernn/ui/broken.py", "import livernn.engine.sampler"),
    ("engine-without-client", "livernn/engine/broken.py", "import livernn.engine.client"),
    ("livernn-without-trainer", "livernn/ui/broken.py", "import trainer.config"),
    ("trainer-below-engine", "trainer/broken.py", "import livernn.engine.client"),
    ("qt", "livernn/engine/broken.py", "from PySide6 import QtCore"),
    ("qt", "livernn/cli.py", "import pyqtgraph"),
    ("devices", "livernn/synth/broken.py", "import sounddevice"),
    ("devices", "livernn/ui/broken.py", "import sounddevice"),
    ("midi-osc", "livernn/ui/broken.py", "import rtmidi"),
    ("midi-osc", "livernn/engine/broken.py", "from pythonosc import dispatcher"),
    ("sound-files", "livernn/engine/broken.py", "import soundfile"),
    ("sound-files", "trainer/broken.py", "import soundfile"),
    ("torch", "livernn/model/checkpoint.py", "def load():\n    import torch"),
    ("torch", "livernn/synth/cpu.py", "from torch import nn"),
    ("network", "livernn/synth/cpu.py", "from livernn.model.samplernn import SampleRNN"),
    ("network", "livernn/ui/broken.py", "import livernn.model.samplernn"),
    ("network", "livernn/model/broken.py", "import livernn.model.recurrent"),
    ("numba", "livernn/model/broken.py", "from numba import njit"),
    ("numba", "livernn/ui/broken.py", "import numba"),
    ("pure-dsp", "livernn/synth/broken.py", "import threading"),
    ("pure-dsp", "livernn/synth/broken.py", "from livernn.audiofile import read_audio"),
    ("pure-dsp", "livernn/control/broken.py", "from concurrent.futures import ThreadPoolExecutor"),
    ("banned", "trainer/broken.py", "import pickle"),
    ("banned", "livernn/synth/broken.py", "from scipy import signal"),
]

ALLOWED = [
    ("livernn/ui/fine.py", "import PySide6, pyqtgraph, livernn.engine.client, livernn.control.patch"),
    ("livernn/engine/fine.py", "import sounddevice, numba, threading, livernn.synth.voice, livernn.audiofile"),
    ("livernn/engine/take.py", "import livernn.wavfile"),
    ("livernn/headless/fine.py", "import livernn.engine.client, livernn.inputs"),
    ("livernn/audiofile.py", "import soundfile, soxr, livernn.errors"),
    ("livernn/model/samplernn.py", "import torch, livernn.model.recurrent"),
    ("livernn/synth/cuda/network.py", "import torch"),
    ("livernn/synth/fine.py", "import numba, livernn.model.config, livernn.control.patch"),
    ("livernn/cli.py", "import livernn.ui, livernn.headless, livernn.audiofile"),
    ("trainer/fine.py", "import torch, livernn.model.samplernn, livernn.synth.offline, livernn.audiofile"),
]


@pytest.fixture
def hollow_tree(tmp_path: Path) -> Path:
    """The repository's modules by name, all empty, so that only what a test writes into one can break a rule."""
    for package in ("livernn", "trainer"):
        for source in (ROOT / package).rglob("*.py"):
            hollow = tmp_path / source.relative_to(ROOT)
            hollow.parent.mkdir(parents=True, exist_ok=True)
            hollow.touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def check_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(sys.argv[1:])"
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_every_contract_has_a_violation_that_breaks_it() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "file", "source"), VIOLATIONS)
def test_a_violation_breaks_its_contract(hollow_tree: Path, contract: str, file: str, source: str) -> None:
    (hollow_tree / file).write_text(source)
    result = check_imports(hollow_tree, "--contract", contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


def test_what_the_design_allows_breaks_nothing(hollow_tree: Path) -> None:
    for file, source in ALLOWED:
        (hollow_tree / file).write_text(source)
    result = check_imports(hollow_tree)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout


def test_the_window_opens_without_torch() -> None:
    program = "import sys, livernn.ui.main_window; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("patterns", "limit_lines"),
    [
        (["livernn/**/*.py", "trainer/**/*.py", "tests/**/*.py"], 400),
        (["livernn/ui/main_window.py"], 300),
        (["app.py"], 120),
    ],
)
def test_no_file_outgrows_its_subject(patterns: list[str], limit_lines: int) -> None:
    lines = {path: len(path.read_text("utf-8").splitlines()) for pattern in patterns for path in ROOT.glob(pattern)}
    assert lines
    assert [str(path) for path, count in lines.items() if count > limit_lines] == []
