"""A sound goes on by another processor, against an output driven by hand; the sounds are constant levels."""

import json

import numpy as np
import pytest

from livernn.control.params import PARAMS
from livernn.engine.messages import Attempt, Load, Play, Reset, RunOn, RunsOn, Stop, Tuning, WasReset
from livernn.engine.reel import JOURNAL_WRITTEN
from livernn.units import ms_to_samples
from tests.engine.fakes import RATE_HZ, Rig
from tests.engine.test_process import failed, loaded, play_at, settles_at


def test_a_sound_goes_on_where_it_is_on_another_processor(rig: Rig) -> None:
    """Its state and its seed do; only what it runs on is another."""
    play_at(rig, 0.5)
    rig.send(Reset(7))
    rig.expect(WasReset(7))
    rig.listen(settles_at(-0.5))
    rig.send(RunOn("cuda"))
    rig.expect(RunsOn("cuda", "CUDA", 8))
    heard = np.concatenate([rig.listen(lambda _: True) for _ in range(300)])
    assert np.abs(heard + 0.5).max() < 1e-6
    lines = bytes(rig.reel.journal[: int(rig.reel.words[JOURNAL_WRITTEN])]).splitlines()
    *before, move = [entry for entry in map(json.loads, lines) if entry["do"] == "voice"]
    assert move["fade"] == ms_to_samples(PARAMS["fade_ms"].default, RATE_HZ)
    assert move["origin"] == {**before[-1]["origin"], "precision": "level of cuda"}
    rig.send(Load(2, "0.25.safetensors"))
    assert rig.await_event(loaded(2, "0.25")).runs_on == "CUDA"  # type: ignore[attr-defined]


def test_a_processor_that_is_not_there_is_told_and_the_sound_goes_on(rig: Rig) -> None:
    rig.studio.gpu = False
    play_at(rig, 0.5)
    rig.send(RunOn("cuda"))
    rig.await_event(failed(Attempt.PROCESSOR, "GPU: there is none. Play on the CPU."))
    assert settles_at(0.5)(rig.listen(lambda _: True))
    assert rig.studio.device == "cpu"


def test_a_processor_on_which_nothing_can_be_built_is_left_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    play_at(rig, 0.5)
    monkeypatch.setattr(rig.studio, "build", None)
    rig.send(RunOn("cuda"))
    rig.await_event(failed(Attempt.PROCESSOR, "internal error"))
    assert settles_at(0.5)(rig.listen(lambda _: True))
    assert rig.studio.device == "cpu"
    caplog.clear()


def test_a_processor_can_be_chosen_before_there_is_a_model(rig: Rig) -> None:
    rig.send(RunOn("cuda"))
    rig.expect(RunsOn("cuda"))
    rig.send(Load(1, "0.5.safetensors"))
    assert rig.await_event(loaded(1, "0.5")).runs_on == "CUDA"  # type: ignore[attr-defined]


def test_a_sound_that_rests_goes_on_elsewhere(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.send(Stop())
    rig.listen(settles_at(0.0))
    rig.send(RunOn("cuda"))
    rig.expect(RunsOn("cuda", "CUDA", 8))
    rig.send(Play())
    heard = rig.listen(settles_at(0.5))
    assert heard.min() >= 0.0


def test_a_model_that_is_loaded_meanwhile_begins_on_the_other_processor(rig: Rig) -> None:
    play_at(rig, 0.5)
    rig.studio.gate.clear()
    rig.send(Load(2, "0.25.safetensors"))
    rig.expect(Tuning("pretending", 0.5))
    rig.send(RunOn("cuda"), Load(3, "0.125.safetensors"))
    rig.studio.gate.set()
    rig.expect(RunsOn("cuda"))
    assert rig.await_event(loaded(3, "0.125")).runs_on == "CUDA"  # type: ignore[attr-defined]
    rig.listen(settles_at(0.125))
