import math
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from livernn import paths
from livernn.ui.settings import AudioChoice, Settings

ROOT = Path(__file__).resolve().parents[2]

WRITE_UNTIL_KILLED = """
from livernn.ui.settings import Settings
settings = Settings()
count = 0
while True:
    count += 1
    settings.favourites = [f"{count} {'x' * 100}"] * 50
    if count == 1:
        print("writing", flush=True)
"""


def spoil(content: str) -> None:
    folder = paths.data_dir()
    folder.mkdir(parents=True)
    (folder / "settings.json").write_bytes(content.encode())


def test_what_is_set_comes_back() -> None:
    settings = Settings()
    settings.theme = "light"
    settings.preset = "piano, süß = 1"
    settings.favourites = ["piano", "/home/a b/c.safetensors"]
    settings.audio = AudioChoice("Stage, ALSA", 48000.0, 128)
    settings.depth_ms = 200.0
    settings.geometry = QByteArray(b"\x00\x01place")
    settings.set_view("Waveform span", 0.2)
    again = Settings()
    assert (again.theme, again.preset, again.depth_ms) == ("light", "piano, süß = 1", 200.0)
    assert again.favourites == ["piano", "/home/a b/c.safetensors"]
    assert again.audio == AudioChoice("Stage, ALSA", 48000.0, 128)
    assert again.geometry == QByteArray(b"\x00\x01place")
    assert again.view("Waveform span") == 0.2


def test_nothing_set_reads_as_none() -> None:
    settings = Settings()
    assert (settings.theme, settings.preset, settings.depth_ms, settings.geometry) == (None,) * 4
    assert settings.favourites == []
    assert settings.view("Waveform span") is None
    assert settings.audio == AudioChoice()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\x00",
        "[]",
        "[" * 99999,
        '{"depth_ms": "deep", "geometry": 1, "favourites": 3, "audio_formats": [1]}',
        '{"depth_ms": Infinity}',
        '{"depth_ms": 1%s}' % ("0" * 400),
        '{"audio_formats": {"": 5}}',
    ],
)
def test_a_spoilt_file_is_no_obstacle(content: str) -> None:
    spoil(content)
    settings = Settings()
    assert settings.depth_ms is None
    assert settings.geometry is None
    assert settings.favourites == []
    assert settings.audio == AudioChoice()
    settings.depth_ms = 80.0
    assert Settings().depth_ms == 80.0


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05])
def test_a_kill_in_the_midst_of_writing_leaves_the_old_or_the_new(after_s: float) -> None:
    settings = Settings()
    settings.theme = "light"
    process = subprocess.Popen([sys.executable, "-c", WRITE_UNTIL_KILLED], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    time.sleep(after_s)
    process.kill()
    process.wait()
    process.stdout.close()
    written = Settings()
    assert written.theme == "light"
    assert len(written.favourites) == 50
    assert len(set(written.favourites)) == 1
    written.depth_ms = math.pi
    assert Settings().depth_ms == math.pi


def test_two_windows_keep_each_others_settings() -> None:
    one, other = Settings(), Settings()
    one.theme = "light"
    other.preset = "piano"
    assert (Settings().theme, Settings().preset) == ("light", "piano")


def test_a_home_that_cannot_be_written_to_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    paths.data_dir().parent.mkdir(parents=True)
    paths.data_dir().write_text("a file where the folder should be")
    settings = Settings()
    settings.theme = "light"
    assert settings.theme == "light"
