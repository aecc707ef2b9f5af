import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livernn import cli, paths
from livernn.cli import main
from livernn.control.patch import Patch
from livernn.control.preset import About, Preset, save_patch
from livernn.engine.messages import Device
from livernn.errors import DeviceError
from livernn.model.checkpoint import random_checkpoint, save_checkpoint
from livernn.model.config import ModelConfig

CONFIG = ModelConfig(frame_sizes=(4, 16), dims=(16, 16, 16), embed_dim=8)


@pytest.fixture(autouse=True)
def preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A preset `toy`, and none else."""
    monkeypatch.setattr(paths, "BUNDLED_PRESETS", tmp_path / "bundled")
    folder = tmp_path / "bundled" / "toy"
    folder.mkdir(parents=True)
    provenance = {"data": "random weights", "credit": "two\nlines", "bits_per_sample": {"valid": 7.98765}}
    save_checkpoint(folder / "model.safetensors", CONFIG, random_checkpoint(CONFIG, seed=1).weights, provenance)
    save_patch(folder, Patch(gain_db=-20.0))
    return folder


def one_line(text: str) -> str:
    assert text.startswith("livernn: ")
    assert text.count("\n") == 1
    return text


def render(out: Path, *more: str) -> int:
    return main(["render", "--preset", "toy", "--seconds", "0.25", "--out", str(out), *more])


def test_the_same_seed_renders_the_same_file(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("1.wav", "2.wav", "3.wav"))
    assert render(first, "--seed", "7") == 0
    assert render(again, "--seed", "7") == 0
    assert render(other, "--seed", "8") == 0
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()
    info = soundfile.info(first)
    assert (info.frames, info.samplerate, info.channels, info.subtype) == (4000, 16000, 1, "PCM_24")


def test_patch_temperature_prime_and_voices_are_heard(tmp_path: Path, preset: Path) -> None:
    plain, other = tmp_path / "plain.wav", tmp_path / "other.wav"
    prime = tmp_path / "prime.wav"
    soundfile.write(prime, np.sin(np.arange(9000) / 5.0) / 3, 44100)
    assert render(plain) == 0
    for more in (["--temperature", "0.5"], ["--prime", str(prime)], ["--voices", "2"]):
        assert render(other, *more) == 0
        assert other.read_bytes() != plain.read_bytes()
    assert soundfile.info(other).channels == 2
    checkpoint = str(preset / "model.safetensors")
    assert main(["render", "--checkpoint", checkpoint, "--seconds", "0.25", "--out", str(other)]) == 0
    assert np.std(soundfile.read(other)[0]) == pytest.approx(10 * np.std(soundfile.read(plain)[0]), rel=0.5)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["render", "--seconds", "1"], "required: --out"),
        (["render", "--out", "x.wav", "--seconds", "0"], "0 is not above 0"),
        (["render", "--out", "x.wav", "--seconds", "nan"], "nan is not above 0"),
        (["render", "--out", "x.wav", "--seconds", "ten"], "ten is not a number"),
        (["render", "--out", "x.wav", "--seconds", "1e9", "--preset", "toy"], "not a length to render"),
        (["render", "--out", "x.wav", "--seed", "-1"], "-1 is not a whole number"),
        (["render", "--out", "x.wav", "--temperature", "9"], "9 is not in 0.1 to 2"),
        (["render", "--out", "x.wav", "--voices", "0"], "0 is not a whole number"),
        (["render", "--out", "x.wav", "--preset", "a", "--checkpoint", "b"], "not allowed with"),
        (["render", "--out", "x.wav", "--preset", "organ"], "Presets here: toy"),
        (["render", "--out", "x.wav", "--checkpoint", "none.safetensors"], "none.safetensors"),
        (["render", "--out", "none/x.wav", "--preset", "toy"], "folder does not exist"),
        (["render", "--out", "x.wav", "--preset", "toy", "--prime", "text.wav"], "not a sound file"),
        (["bench", "--frame-sizes", "4,16"], "Add --dims"),
        (["bench", "--dims", "8,8"], "dims must be one longer than frame_sizes"),
        (["bench", "--dims", "8,x,8"], "x is not a whole number"),
        (["bench", "--dims", "8,8,8", "--preset", "toy"], "not allowed with"),
        (["info", "text.wav"], "text.wav"),
        (["info", "organ"], "organ"),
        (["info", "~nobody-of-this-name/organ"], "no preset of that name"),
        (["info", "o" * 5000], "no preset of that name"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    arguments: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.wav").write_text("no sound")
    assert main(arguments) == 2
    assert why in one_line(capsys.readouterr().err)
    assert not Path("x.wav").exists()


def test_a_full_disk_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "out.wav"
    out.write_bytes(b"an earlier take")
    monkeypatch.setattr("os.fsync", full)
    assert render(out) == 1
    assert "No space left" in one_line(capsys.readouterr().err)
    assert out.read_bytes() == b"an earlier take"


def test_a_bug_is_logged_and_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: str) -> None:
        raise KeyError("two\nlines")

    monkeypatch.setattr(cli, "load_preset", broken)
    assert main(["info", "toy"]) == 1
    line = one_line(capsys.readouterr().err)
    (log,) = (paths.data_dir() / "logs").iterdir()
    assert str(log) in line
    assert "KeyError" in line
    assert "Traceback" not in line
    assert "Traceback" in log.read_text()


def test_a_bug_that_cannot_be_logged_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: str) -> None:
        raise KeyError

    (tmp_path / "file").touch()
    monkeypatch.setenv("LIVERNN_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(cli, "load_preset", broken)
    assert main(["info", "toy"]) == 1
    assert "could not be kept" in one_line(capsys.readouterr().err)


def test_info_prints_the_card(preset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_patch(preset, Patch(), about=About(author="A. Performer"))
    for path in ("toy", str(preset), str(preset / "model.safetensors")):
        assert main(["info", path]) == 0
        card = capsys.readouterr().out
        assert str(preset / "model.safetensors") in card
        assert "frames 4/16, dims 16,16,16" in card
        assert "data: random weights" in card
        assert "credit: two lines" in card
        assert "licence: not stated" in card
        assert "valid 7.988" in card
        assert "speed here: " in card
        assert "preset's author: A. Performer" in card
        assert "preset's licence" not in card


def test_bench_of_random_weights_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    shape = ["--dims", "16,16,16", "--frame-sizes", "4,16", "--upsampler", "shared"]
    assert main(["bench", *shape, "--seconds", "0.05", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) >= {
        "model", "device", "precision", "voices", "sample_rate", "samples_per_s", "real_time_factor",
        "block_ms_p50", "block_ms_p99", "limit_samples_per_s", "fraction_of_limit",
    }  # fmt: skip
    assert result["real_time_factor"] == pytest.approx(result["samples_per_s"] / 16000)
    assert "shared" in result["model"]


@pytest.mark.usefixtures("pretended_gpu")
def test_bench_of_a_gpu_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    shape = ["--dims", "16,16,16", "--frame-sizes", "4,16", "--device", "cuda", "--voices", "2"]
    assert main(["bench", *shape, "--seconds", "0.05", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["device"], result["voices"], result["limit_samples_per_s"]) == ("pretended GPU", 2, None)
    assert main(["bench", *shape, "--threads", "2"]) == 2
    assert "are of the CPU" in capsys.readouterr().err


@pytest.mark.usefixtures("pretended_gpu")
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_bench_of_several_numbers_of_voices_is_a_line_each(device: str, capsys: pytest.CaptureFixture[str]) -> None:
    shape = ["--dims", "16,16,16", "--frame-sizes", "4,16", "--device", device, "--voices", "1,16,64"]
    assert main(["bench", *shape, "--seconds", "0.02", "--json"]) == 0
    assert [json.loads(line)["voices"] for line in capsys.readouterr().out.splitlines()] == [1, 16, 64]
    assert main(["bench", "--voices", "1,65"]) == 2
    assert "65 is not a whole number from 1 to 64" in capsys.readouterr().err


def test_bench_of_a_preset_is_read_by_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--preset", "toy", "--seconds", "0.05"]) == 0
    assert "x real time at 16000 Hz" in capsys.readouterr().out


def test_doctor_says_what_there_is_and_how_to_get_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pretended_gpu: None
) -> None:
    def hung(_: float) -> list[str]:
        raise DeviceError("MIDI", "no answer within 10 s", "Restart the sound server.")

    microphones = (Device("Scarlett", "ALSA", 4, 48000.0, True),)
    monkeypatch.setattr("livernn.engine.devices.list_outputs", lambda _: ())
    monkeypatch.setattr("livernn.engine.devices.list_inputs", lambda _: microphones)
    monkeypatch.setattr("livernn.inputs.ports.list_ports", hung)
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    found, missing = report.split("\nMissing\n")
    assert "numba " in found
    assert "pretended GPU\n  torch's CUDA graphs play" in found
    assert "Audio outputs\n  none\nMicrophones\n  Scarlett, ALSA: 4 channels, 48000 Hz (default)\n" in found
    assert "toy: toy" in found
    assert str(paths.data_dir()) in found
    assert "an audio output: connect one" in missing
    assert "MIDI: no answer within 10 s. Restart the sound server." in missing


def test_play_hands_the_model_the_device_and_the_inputs_on(
    preset: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []

    def run_headless(
        preset: Preset, audio_device: str | None, on_status: Callable[[str], None], *inputs: object, **more: object
    ) -> int:
        microphone = (more["microphone"], more["microphone_channel"])
        calls.append((preset.checkpoint, preset.patch, audio_device, *inputs, *microphone, more["threads"]))
        on_status("it plays")
        return 1

    monkeypatch.setattr("livernn.headless.run.run_headless", run_headless)
    checkpoint = preset / "model.safetensors"
    played = ["--midi", "Knobs", "--midi", "Keys", "--osc", "9000", "--threads", "2"]
    assert main(["play", "--preset", "toy", "--audio-device", "speakers"]) == 1
    assert main(["play", "--checkpoint", str(checkpoint), *played]) == 1
    heard = ["--microphone", "Scarlett", "--microphone-channel", "3"]
    assert main(["play", "--checkpoint", str(checkpoint), "--osc", "0.0.0.0:57120", *heard]) == 1
    assert calls == [
        (checkpoint, Patch(gain_db=-20.0), "speakers", None, None, None, None, 1),
        (checkpoint, Patch(), None, ["Knobs", "Keys"], ("127.0.0.1", 9000), None, None, 2),
        (checkpoint, Patch(), None, None, ("0.0.0.0", 57120), "Scarlett", 3, 1),
    ]
    assert capsys.readouterr() == ("", 3 * "it plays\n")


@pytest.mark.parametrize("channel", ["0", "-1", "left"])
def test_a_channel_that_cannot_be_is_told_in_one_line(channel: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--microphone-channel", channel]) == 2
    assert "whole number from 1" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("port", ["0", "65536", "nine", "host:", ":"])
def test_an_osc_port_that_cannot_be_is_told_in_one_line(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--osc", port]) == 2
    assert "whole number from 1 to 65535" in one_line(capsys.readouterr().err)


def test_as_a_process_it_ends_with_a_code_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "livernn", "info", str(tmp_path / "gone.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    one_line(done.stderr)


def test_a_reader_that_has_gone_is_no_bug(preset: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "livernn", "info", str(preset)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, complaints = process.communicate()
    assert complaints == b""
    assert process.returncode == 1
    assert not (paths.data_dir() / "logs").exists()


def test_help_and_version_need_no_kernel(capsys: pytest.CaptureFixture[str]) -> None:
    program = (
        "import sys; from livernn.cli import _parser; _parser(); print('numba' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
