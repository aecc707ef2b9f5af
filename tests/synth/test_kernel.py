"""Every kernel that this processor can run proves itself; one that does not is left out."""

from typing import get_args

import numpy as np
import pytest

from livernn.errors import LiveRNNError
from livernn.model.checkpoint import random_checkpoint
from livernn.model.config import ModelConfig, Upsampler
from livernn.model.precision import Precision
from livernn.synth import kernel
from livernn.synth.generator import Generator
from livernn.synth.instructions import VARIABLE, candidates, runnable
from livernn.synth.kernel import load_kernel, proven, usual_precision

CHECKPOINT = random_checkpoint(ModelConfig(frame_sizes=(4, 8), dims=(8, 8, 8), embed_dim=4))


@pytest.fixture(autouse=True)
def unproven() -> None:
    proven.cache_clear()


@pytest.mark.parametrize("instructions", runnable())
@pytest.mark.parametrize("precision", get_args(Precision))
def test_every_kernel_that_runs_here_agrees_with_the_reference(precision: Precision, instructions: str) -> None:
    assert proven(precision, instructions)


def broken_for(instructions: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Generators of these sets err."""

    class Erring(Generator):
        def forced_logits(self, codes: np.ndarray) -> np.ndarray:
            right = super().forced_logits(codes)
            return right + 1.0 if self._weights.instructions in instructions else right

    monkeypatch.setattr(kernel, "Generator", Erring)


def test_a_kernel_that_errs_is_dropped_and_the_next_one_serves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, *others = candidates()
    if not others:
        pytest.skip("only one set of instructions runs here")
    broken_for({first}, monkeypatch)
    assert load_kernel(CHECKPOINT, "int8").instructions == others[0]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert first in caplog.text
    caplog.clear()


def test_none_that_agrees_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv(VARIABLE, "plain")
    broken_for({"plain"}, monkeypatch)
    with pytest.raises(LiveRNNError, match="none computes what it should"):
        load_kernel(CHECKPOINT, "int8")
    caplog.clear()


@pytest.mark.parametrize(
    ("dims", "upsampler", "precision"),
    [
        ((256, 256, 256), "full", "int8"),
        ((512, 512, 512), "full", "int4"),
        ((512, 512, 512), "shared", "int8"),
        ((256, 384, 512), "full", "int4"),
    ],
)
def test_upsamplers_that_lie_far_from_a_core_have_four_bits(
    dims: tuple[int, ...], upsampler: Upsampler, precision: Precision
) -> None:
    assert usual_precision(ModelConfig(dims=dims, upsampler=upsampler)) == precision
    assert load_kernel(CHECKPOINT).precision == "int8"


def test_a_set_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "plain")
    assert load_kernel(CHECKPOINT, "int8").instructions == "plain"
