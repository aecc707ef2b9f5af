"""An hour of the bundled preset with and without its guard: `python -m pytest -s tests/synth/measure_guard.py`.

Prints one JSON object a line; asserts nothing. Not collected with the tests. MINUTES (60) from SEED (1) on are shared
by the temperatures, which play side by side in one Generator, from the initial state. Each has a guard of its own;
where it is switched off it only watches. Silent, noisy and looping seconds are the judge's (whole seconds from the
start), dead time and stretches are the guard's own (by the tenth of a second).
"""

import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.control.preset import load_preset
from livernn.control.trouble import Trouble
from livernn.model.checkpoint import Checkpoint, load_checkpoint
from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import SILENT_DB
from livernn.synth.filters import Decoder
from livernn.synth.generator import Generator, Snapshot
from livernn.synth.guard import ONSET_S, Guard, Rendered
from livernn.synth.kernel import load_kernel
from livernn.synth.voice import VoiceSnapshot
from trainer.sound import looping, measure
from trainer.spectra import second_spectra
from trainer.survey import seconds_rms_db

MINUTES = float(os.environ.get("MINUTES", "60"))
SEED = int(os.environ.get("SEED", "1"))
TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
BLOCK = 1600
"""A glance, and whole frames: voices in lockstep can go back to the beginning of one only."""


@dataclass
class Stage:
    """One voice of the Generator, and its guard."""

    patch: Patch
    guard: Guard
    watched: list[Trouble | None] = field(default_factory=list)
    returns: list[Trouble] = field(default_factory=list)
    lifted: int = 0


@pytest.mark.timeout(0)
@pytest.mark.parametrize("on", [False, True], ids=["without", "with"])
def test_measure(on: bool) -> None:
    preset = load_preset("piano")
    checkpoint = load_checkpoint(preset.checkpoint)
    rate_hz = checkpoint.config.sample_rate_hz
    stages = [
        Stage(replace(preset.patch, temperature=temperature, guard=float(on)), _guard(checkpoint, seed))
        for seed, temperature in enumerate(TEMPERATURES, SEED)
    ]
    blocks = round(MINUTES * 60.0 * rate_hz / BLOCK / len(stages))
    began_s = time.perf_counter()
    codes = _play(Generator(load_kernel(checkpoint), seed=SEED, voices=len(stages)), stages, blocks)
    audio = Decoder(checkpoint.config).process(codes)
    _tell(guard=on, minutes=MINUTES, rendering_s=round(time.perf_counter() - began_s))
    for stage, sound in zip(stages, audio, strict=True):
        _tell(temperature=stage.patch.temperature, **_figures([stage], [sound], rate_hz))
    _tell(all=True, **_figures(stages, list(audio), rate_hz))


def _guard(checkpoint: Checkpoint, seed: int) -> Guard:
    return Guard(checkpoint.config, checkpoint.foresight, random.Random(seed))


def _play(generator: Generator, stages: list[Stage], blocks: int) -> NDArray[np.uint8]:
    """Codes of all, `[stages, n]`. Who goes back has new random numbers, as the position in the stream goes on."""
    codes = np.empty((len(stages), blocks * BLOCK), np.uint8)
    for at in range(0, blocks * BLOCK, BLOCK):
        before = generator.snapshot()
        patches = [stage.guard.lift(stage.patch) for stage in stages]
        codes[:, at : at + BLOCK] = generator.render(BLOCK, patches)
        after = generator.snapshot()
        for voice, stage in enumerate(stages):
            row = slice(voice, voice + 1)
            snapshot = VoiceSnapshot(replace(before, state=before.state[row], history=before.history[row]), ())
            block = Rendered(at, snapshot, codes[row, at : at + BLOCK], generator.surprisal_bits[row])
            trouble = stage.guard.hear(block)
            stage.watched.append(trouble)
            stage.lifted += patches[voice] != stage.patch
            if trouble is not None and stage.patch.guard:
                back: Snapshot = stage.guard.go_back(at + BLOCK, trouble).generator
                after.state[voice], after.history[voice] = back.state[0], back.history[0]
                stage.returns.append(trouble)
        generator.restore(after)
    return codes


def _figures(stages: list[Stage], sounds: list[Audio], rate_hz: int) -> dict[str, object]:
    judged = measure(sounds, rate_hz, 0.0)
    glances_s = BLOCK / rate_hz
    watched = [trouble for stage in stages for trouble in stage.watched]
    played_s = len(watched) * glances_s
    return {
        "silent": round(judged.silent_share, 4),
        "noisy": round(judged.noise_share, 4),
        "looping": round(judged.looping_share, 4),
        "longest_judged_s": max(_longest(_judged(sound, rate_hz)) for sound in sounds),
        "dead_s_by_the_guard": {
            kind.value: round(sum(_dead_s(stage.watched, kind, glances_s) for stage in stages) / played_s, 4)
            for kind in Trouble
        },
        "longest_by_the_guard_s": round(max(_longest_dead_s(stage.watched, glances_s) for stage in stages), 1),
        "returns": {kind.value: count for kind, count in Counter(r for s in stages for r in s.returns).items()},
        "returns_per_minute": round(sum(len(stage.returns) for stage in stages) / played_s * 60.0, 2),
        "lifted": round(sum(stage.lifted for stage in stages) * glances_s / played_s, 3),
    }


def _judged(sound: Audio, rate_hz: int) -> NDArray[np.bool_]:
    spectra = second_spectra(sound, rate_hz)
    quiet = seconds_rms_db(sound, rate_hz)[: len(spectra)] < SILENT_DB
    return quiet | looping(spectra)


def _longest(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def _stretches(watched: list[Trouble | None]) -> list[tuple[Trouble, int]]:
    """Kind and number of glances of each stretch in trouble."""
    found: list[tuple[Trouble, int]] = []
    before = None
    for trouble in watched:
        if trouble is not None and trouble is before:
            found[-1] = trouble, found[-1][1] + 1
        elif trouble is not None:
            found.append((trouble, 1))
        before = trouble
    return found


def _dead_s(watched: list[Trouble | None], kind: Trouble, glances_s: float) -> float:
    return sum(ONSET_S[kind] + (count - 1) * glances_s for trouble, count in _stretches(watched) if trouble is kind)


def _longest_dead_s(watched: list[Trouble | None], glances_s: float) -> float:
    return max((ONSET_S[kind] + (count - 1) * glances_s for kind, count in _stretches(watched)), default=0.0)


def _tell(**figures: object) -> None:
    sys.stdout.write(f"\n{json.dumps(figures)}")
    sys.stdout.flush()
