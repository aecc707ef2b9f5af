"""Every bundled preset: complete, credited, and played by the kernel exactly as torch and the reference say."""

from pathlib import Path

import numpy as np
import pytest
import torch

from livernn.control.preset import load_preset
from livernn.model.checkpoint import Checkpoint, load_checkpoint
from livernn.model.quantize import silence_code
from livernn.model.samplernn import SampleRNN
from livernn.paths import BUNDLED_PRESETS
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from tests.fixtures.agreement import assert_reference_draws

PRESETS = sorted(path.name for path in BUNDLED_PRESETS.iterdir() if path.is_dir())
LOGIT_TOLERANCE = 1e-4


@pytest.fixture(params=PRESETS, scope="module")
def preset_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def checkpoint(preset_name: str) -> Checkpoint:
    return load_checkpoint(load_preset(preset_name).checkpoint)


def test_piano_is_bundled() -> None:
    assert "piano" in PRESETS


def test_a_card_gives_data_credit_and_licence(preset_name: str, checkpoint: Checkpoint) -> None:
    card = (load_preset(preset_name).folder / "CARD.md").read_text(encoding="utf-8")
    assert checkpoint.provenance["licence"] in card
    assert checkpoint.provenance["credit"] in card
    assert sum(path.stat().st_size for path in BUNDLED_PRESETS.rglob("*.safetensors")) < 40e6


def test_teacher_forced_logits_equal_torchs(preset_name: str, checkpoint: Checkpoint) -> None:
    config = checkpoint.config
    voice = Generator(load_kernel(checkpoint, "fp32"), seed=1)
    (rendered,) = voice.render(8 * config.lookback_samples, [load_preset(preset_name).patch])
    codes = np.concatenate([np.full(config.lookback_samples, silence_code(config), np.uint8), rendered])
    network = SampleRNN(config).double()  # so that the rounding that is seen is the kernel's own
    network.load_plain_state({name: torch.from_numpy(array) for name, array in checkpoint.weights.items()})
    with torch.no_grad():
        expected = network(torch.from_numpy(codes).long()[None], network.initial_states(1)).logits[0].numpy()
    logits = Generator(load_kernel(checkpoint, "fp32"), seed=0).forced_logits(rendered)[:, 0]
    np.testing.assert_allclose(logits, expected, atol=LOGIT_TOLERANCE)


def test_codes_equal_the_reference(preset_name: str, checkpoint: Checkpoint) -> None:
    patch = load_preset(preset_name).patch
    (codes,) = Generator(load_kernel(checkpoint, "bf16"), seed=7).render(500, [patch])
    assert_reference_draws(codes, checkpoint, patch, seed=7, precision="bf16")


def test_no_audio_is_bundled() -> None:
    suffixes = {path.suffix for path in Path(BUNDLED_PRESETS).rglob("*") if path.is_file()}
    assert suffixes <= {".safetensors", ".json", ".md"}
