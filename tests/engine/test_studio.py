"""The real studio, with a helper process of our own making."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine import real_studio as module
from livernn.engine.real_studio import RealStudio
from livernn.engine.second_core import SecondCore
from livernn.engine.studio import Processor
from livernn.errors import BadInputError, DeviceError, LiveRNNError
from livernn.model.checkpoint import load_checkpoint, random_checkpoint
from livernn.model.precision import GPU_PRECISION
from livernn.synth.choir import Choir, choir_of
from livernn.synth.generator import Generator
from livernn.synth.kernel import load_kernel
from livernn.synth.voice import Voice
from livernn.wavfile import write_wav
from tests.engine.fakes import COMPILE_PATIENCE_S, PATIENCE_S, SMALL
from tests.fixtures.gpu import NAME

TALKATIVE = """
print("some library's chatter")
print('{"stage": "first", "fraction": 0.25}')
print('{"stage": 1}')
print('{"stage": "second", "fraction": 1.0}')
"""


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealStudio:
    monkeypatch.setattr(module, "use_kernel_cache", lambda: tmp_path / "kernels")
    return RealStudio()


def pretend(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(module, "child_command", lambda name, *arguments: [sys.executable, "-uc", program])


def test_progress_is_passed_on_and_tuning_done_once(
    studio: RealStudio, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, TALKATIVE)
    reports: list[tuple[str, float]] = []
    opened = studio.open(checkpoint, lambda stage, fraction: reports.append((stage, fraction)))
    assert reports == [("first", 0.25), ("second", 1.0)]
    assert opened.sha256 == load_checkpoint(checkpoint).sha256
    studio.open(checkpoint, lambda stage, fraction: reports.append((stage, fraction)))
    assert len(reports) == 2
    monkeypatch.setattr(module, "usual_precision", lambda config: "int4")
    studio.open(checkpoint, lambda stage, fraction: reports.append((stage, fraction)))
    assert len(reports) == 4, "another format is another kernel"


def test_a_helper_that_fails_is_told_and_asked_again(
    studio: RealStudio, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "raise ValueError('no such instruction')")
    for _ in range(2):
        with pytest.raises(LiveRNNError, match="no such instruction"):
            studio.open(checkpoint, lambda stage, fraction: None)


def test_a_helper_can_be_cancelled(studio: RealStudio, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, """print('{"stage": "long", "fraction": 0.0}'); import time; time.sleep(1000)""")
    begun = threading.Event()
    canceller = threading.Thread(target=lambda: (begun.wait(PATIENCE_S), studio.cancel()))
    canceller.start()
    with pytest.raises(LiveRNNError, match="ended with code"):
        studio.open(checkpoint, lambda stage, fraction: begun.set())
    canceller.join()
    studio.cancel()


def test_a_cancel_that_comes_before_the_helper_is_heeded(
    studio: RealStudio, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, TALKATIVE)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(module, "load_checkpoint", lambda path: studio.cancel() or load_checkpoint(path))
        with pytest.raises(LiveRNNError, match="given up"):
            studio.open(checkpoint, lambda stage, fraction: None)
    studio.open(checkpoint, lambda stage, fraction: None)


def test_a_bad_checkpoint_needs_no_helper(studio: RealStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "raise AssertionError")
    with pytest.raises(BadInputError, match=r"nothing\.safetensors"):
        studio.open(tmp_path / "nothing.safetensors", lambda stage, fraction: None)


def test_warming_an_instrument_up_does_not_show(studio: RealStudio, checkpoint: Path) -> None:
    opened = load_checkpoint(checkpoint)
    first, second = (studio.build(opened, 3, 48000.0, 1).voice.render(500, Patch()) for _ in range(2))
    other = studio.build(opened, 4, 48000.0, 1).voice.render(500, Patch())
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_two_threads_play_the_same(studio: RealStudio, checkpoint: Path) -> None:
    opened = load_checkpoint(checkpoint)
    helped = RealStudio(threads=2).build(opened, 3, 48000.0, 1)
    assert isinstance(helped.generator, Choir)
    assert isinstance(helped.generator._present, SecondCore)
    expected = studio.build(opened, 3, 48000.0, 1).voice.render(500, Patch())
    assert np.array_equal(helped.voice.render(500, Patch()), expected)


def test_how_many_voices_can_be_played_is_measured_and_leaves_no_trace(
    studio: RealStudio, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = load_checkpoint(checkpoint)
    instrument = studio.build(opened, 3, 48000.0, 1)
    monkeypatch.setattr(module, "LEAST_FACTOR", 1e-9)
    assert studio.most_voices(instrument, Patch()) == 8
    monkeypatch.setattr(module, "LEAST_FACTOR", np.inf)
    assert studio.most_voices(instrument, Patch()) == 1
    fresh = studio.build(opened, 3, 48000.0, 1).voice.render(300, Patch(voices=2))
    assert np.array_equal(instrument.voice.render(300, Patch(voices=2)), fresh)


def test_how_many_voices_fit_is_measured_at_the_settings_they_are_played_at(
    studio: RealStudio, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instrument = studio.build(load_checkpoint(checkpoint), 3, 48000.0, 1)
    demanding = Patch(top_p=0.5, noise_fast=0.3)
    rendered: list[Patch] = []
    render = Voice.render

    def watched(voice: Voice, count: int, patch: Patch) -> NDArray[np.float32]:
        rendered.append(patch)
        return render(voice, count, patch)

    monkeypatch.setattr(Voice, "render", watched)
    monkeypatch.setattr(module, "LEAST_FACTOR", np.inf)
    studio.most_voices(instrument, demanding)
    assert {patch.voices for patch in rendered} == set(range(2, 9))
    assert {patch.with_value("voices", demanding.voices) for patch in rendered} == {demanding}


def test_a_shadow_goes_on_from_the_file(studio: RealStudio, checkpoint: Path, tmp_path: Path) -> None:
    opened = load_checkpoint(checkpoint)
    audio = (0.5 * np.sin(np.arange(4000) / 5)).astype(np.float32)
    sound = tmp_path / "sound.wav"
    write_wav(sound, audio, 16000)
    heard = studio.read(sound, 16000.0, 0.05, 0.2)
    assert np.allclose(heard, audio[800:3200], atol=1e-6)
    shadow = studio.shadow(opened, 3, 48000.0)
    shadow.hear(heard)
    voice = Voice(choir_of(load_kernel(opened), 3), 48000.0)
    voice.prime(heard)
    assert np.array_equal(shadow.instrument().voice.render(500, Patch()), voice.render(500, Patch()))
    with pytest.raises(BadInputError):
        studio.read(checkpoint, 16000.0, 0.0, None)


@settings(max_examples=10)
@given(st.lists(st.integers(0, 400), max_size=8))
def test_a_shadow_hears_parts_as_the_whole(cuts: list[int]) -> None:
    opened = random_checkpoint(SMALL, seed=1)
    audio = np.random.default_rng(1).uniform(-0.5, 0.5, 400).astype(np.float32)
    voice = Voice(choir_of(load_kernel(opened), 3), 44100.0)
    voice.prime(audio)
    shadow = RealStudio().shadow(opened, 3, 44100.0)
    for part in np.split(audio, sorted(cuts)):
        shadow.hear(part)
    assert np.array_equal(shadow.instrument().voice.render(300, Patch()), voice.render(300, Patch()))


def test_another_device_rate_goes_on_with_the_same_generator(studio: RealStudio, checkpoint: Path) -> None:
    instrument = studio.build(load_checkpoint(checkpoint), 3, 48000.0, 1)
    moved = studio.at_rate(instrument, 44100.0)
    assert moved.generator is instrument.generator
    assert len(moved.voice.render(1600, Patch())) == pytest.approx(4410, abs=1)


@pytest.mark.usefixtures("pretended_gpu")
def test_a_gpu_plays_where_it_is_asked_for(checkpoint: Path) -> None:
    opened = load_checkpoint(checkpoint)
    studio = RealStudio(device="cuda")
    first = studio.build(opened, 3, 48000.0, 1)
    assert first.processor == Processor(NAME, GPU_PRECISION)
    assert first.voice.render(300, Patch()).any()
    shadow = studio.shadow(opened, 3, 48000.0)
    shadow.hear(np.sin(np.arange(100) / 5).astype(np.float32))
    assert shadow.instrument().voice.render(100, Patch()).any()


@pytest.mark.usefixtures("pretended_gpu")
@pytest.mark.parametrize(("cpu_s", "precision"), [(1.0, GPU_PRECISION), (0.0, "int8")])
def test_auto_is_whichever_is_faster(
    cpu_s: float, precision: str, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_block_s", lambda generator: cpu_s if isinstance(generator, Generator) else 0.5)
    studio = RealStudio(device="auto")
    assert studio.build(load_checkpoint(checkpoint), 3, 48000.0, 1).processor.precision == precision


def test_a_gpu_that_does_not_play_is_an_error_only_where_it_was_asked_for(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> list[str]:
        raise DeviceError("GPU", "there is none", "Use --device cpu.")

    monkeypatch.setattr(module, "gpu_names", none)
    opened = load_checkpoint(checkpoint)
    with pytest.raises(DeviceError, match="there is none"):
        RealStudio(device="cuda").build(opened, 3, 48000.0, 1)
    studio = RealStudio(device="auto")
    built = studio.build(opened, 3, 48000.0, 1)
    assert isinstance(built.generator, Choir)
    assert isinstance(built.generator._present, Generator)
    assert built.processor == Processor("CPU", "int8")


@pytest.mark.usefixtures("pretended_gpu")
def test_what_is_made_from_now_on_is_made_elsewhere(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, studio = load_checkpoint(checkpoint), RealStudio()
    here = studio.build(opened, 3, 48000.0, 2)
    assert studio.run_on("cuda") == "cpu"
    there = studio.build(opened, 4, 48000.0, 2)
    assert (here.processor.name, there.processor.name) == ("CPU", NAME)
    here.voice.render(777, Patch(voices=2))
    there.voice.restore(here.voice.snapshot())
    assert there.voice.snapshot().generator.position == 777
    assert there.voice.render(64, Patch(voices=2)).any()

    def none() -> list[str]:
        raise DeviceError("GPU", "there is none", "Play on the CPU.")

    assert studio.run_on("cpu") == "cuda"
    monkeypatch.setattr(module, "gpu_names", none)
    with pytest.raises(DeviceError, match="there is none"):
        studio.run_on("cuda")
    assert studio.build(opened, 3, 48000.0, 1).processor.name == "CPU"


PLAYING_ON_THE_CPU = """
import sys
from pathlib import Path
from livernn.control.patch import Patch
from livernn.engine import __main__
from livernn.engine.real_studio import RealStudio
from livernn.model.checkpoint import load_checkpoint
for device in ("cpu", "auto"):
    studio = RealStudio()
    studio.run_on(device)
    studio.build(load_checkpoint(Path(sys.argv[1])), 3, 48000.0, 1).voice.render(64, Patch())
print("torch" in sys.modules)
"""


def test_playing_on_the_cpu_loads_no_torch(checkpoint: Path) -> None:
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-c", PLAYING_ON_THE_CPU, str(checkpoint)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_PATIENCE_S, env=hidden)
    assert (result.stdout, result.returncode) == ("False\n", 0), result.stderr
