"""A whole performance with `python app.py` as a process of its own, by mouse, keyboard, microphone and controller.

The audio server, the MIDI port and the display are real. The network is one whose sound is known: see `save_tones`.
"""

import json
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint

from livernn import paths
from livernn.control.map_shelf import MAP_FILE, read_map
from livernn.control.midimap import Target
from livernn.control.patch import Patch
from livernn.control.preset import CHECKPOINT_FILE, save_patch
from livernn.control.primes import primes_folder
from livernn.control.takes import Take, TakeShelf, takes_folder
from livernn.engine.reel import RECORDING_RATE_HZ, Reel, ScopeTap
from livernn.inputs.ports import API_VARIABLE
from livernn.ui.settings import Settings
from livernn.wavfile import HEADER_BYTES, from_pcm24, read_header, to_pcm24
from tests.fixtures.attached import attached
from tests.fixtures.controllers import Controller
from tests.fixtures.patience import PATIENCE_S, wait_for
from tests.fixtures.processes import survivors
from tests.fixtures.recording import PLAYED, Recording, recorder, sounder
from tests.fixtures.servers import Server
from tests.fixtures.tones import HIGH_HZ, LOW_HZ, PURE, save_tones
from tests.ui.conftest import Launch
from tests.ui.hands import Hands, xdotool

RATE_HZ = 48000
LOOPBACK = "loopback, JACK Audio Connection Kit"
GUITAR = "guitar, JACK Audio Connection Kit"
WINDOW_SAMPLES = RATE_HZ // 5
COMPILE_PATIENCE_S = 200.0
TEMPERATURE_CC = 21

pytestmark = pytest.mark.midi


def tone_hz(audio: NDArray[np.float32]) -> float | None:
    """The lowest tone of a sound that is made of its harmonics; None for noise, and for silence."""
    power = np.abs(np.fft.rfft(audio * np.hanning(audio.size))) ** 2
    frequency_hz = np.fft.rfftfreq(audio.size, 1.0 / RATE_HZ)
    for lowest_hz in (HIGH_HZ, LOW_HZ):
        apart_hz = np.abs(frequency_hz - lowest_hz * np.round(frequency_hz / lowest_hz))
        if power[(apart_hz < 50.0) & (frequency_hz > 100.0)].sum() > 0.95 * power.sum() > 0.0:
            return lowest_hz
    return None


def loud(audio: NDArray[np.float32]) -> bool:
    return float(np.abs(audio).mean()) > 0.01


def sound_of(wav: Path) -> NDArray[np.float32]:
    """`[frames, channels]`."""
    content = wav.read_bytes()
    form = read_header(content)
    samples = from_pcm24(content[HEADER_BYTES : HEADER_BYTES + form.data_bytes])
    return samples.reshape(form.frames, form.channels)


def trim(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    sounding = np.flatnonzero(audio.any(axis=1))
    return audio[sounding[0] : sounding[-1] + 1]


def add_tones() -> None:
    """A preset of the performer's own."""
    folder = paths.data_dir() / "presets" / "tones"
    folder.mkdir(parents=True)
    save_tones(folder / CHECKPOINT_FILE)
    save_patch(folder, Patch(temperature=PURE, gain_db=-6.0))


def learned() -> bool:
    midi_map = read_map(paths.data_dir() / MAP_FILE)
    return midi_map is not None and bool(midi_map.of(Target.param("temperature")))


def takes() -> list[Take]:
    return TakeShelf(takes_folder()).takes()


def ended(take: Take) -> bool:
    return json.loads(take.path.with_suffix(".json").read_text())["log"][-1]["do"] == "end"


def choose_microphone(hands: Hands, centres: dict[str, QPoint]) -> None:
    hands.press("ctrl+i")
    hands.open_list(centres["microphone"])
    hands.write("guitar")
    hands.press("Return")
    wait_for(lambda: Settings().microphone.device == GUITAR)
    hands.press("ctrl+i")


def hold_to_listen() -> None:
    """Until something has been heard."""
    xdotool("keydown", "l")
    wait_for(lambda: any(wav.stat().st_size > RATE_HZ for wav in primes_folder().glob("*.wav")))
    xdotool("keyup", "l")


def export(hands: Hands, centres: dict[str, QPoint], app: psutil.Popen, path: Path) -> None:
    hands.press("ctrl+e")
    hands.click(centres["export"])
    dialog = Hands("Export the take", app)
    dialog.write(str(path))
    dialog.press("Return")
    wait_for(path.exists)


@pytest.mark.timeout(900)
def test_play_prime_learn_move_record_export(
    jack_server: Server, centres: dict[str, QPoint], launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_VARIABLE, "jack")
    monkeypatch.setenv("LIVERNN_HOME", str(tmp_path / "home"))
    add_tones()
    exported, played = perform(centres, launch, tmp_path)
    assert (tmp_path / "window.log").read_text() == ""
    heard = from_pcm24(to_pcm24(played.audio)).reshape(played.audio.shape)
    assert np.array_equal(trim(exported), trim(heard))


def perform(centres: dict[str, QPoint], launch: Launch, folder: Path) -> tuple[NDArray[np.float32], Recording]:
    """What was exported of the take, and what the device played."""
    exported = folder / "exported.wav"
    below_zero = np.full(RATE_HZ, -0.4, np.float32) + np.random.default_rng(1).uniform(-0.1, 0.1, RATE_HZ)
    with (
        sounder("system", below_zero.astype(np.float32), folder / "guitar.npy", "guitar"),
        Controller("Knobs") as knobs,
    ):
        app = launch("--preset", "tones", "--audio-device", LOOPBACK)
        wait_for(lambda: Settings().preset == "tones" and Settings().audio.device == LOOPBACK, COMPILE_PATIENCE_S)
        hands, reel = Hands("liveRNN", app), attached(app.pid, Reel)

        def heard() -> NDArray[np.float32]:
            return ScopeTap(reel).latest(WINDOW_SAMPLES)[:, 0]

        wait_for(lambda: ScopeTap(reel).written > 0, COMPILE_PATIENCE_S)
        with recorder(PLAYED, folder / "played.npy") as played:
            hands.press("space")
            wait_for(lambda: tone_hz(heard()) == HIGH_HZ)
            hands.press("r")
            wait_for(lambda: reel.words[RECORDING_RATE_HZ] == RATE_HZ)
            choose_microphone(hands, centres)
            hold_to_listen()
            wait_for(lambda: tone_hz(heard()) == LOW_HZ)
            hands.press("m")
            hands.click(centres["temperature"])
            wait_for(lambda: knobs.send(*([0xB0, TEMPERATURE_CC, value] for value in range(50, 60))) or learned())
            hands.press("m")
            wait_for(lambda: tone_hz(heard()) == LOW_HZ)
            knobs.send(*([0xB0, TEMPERATURE_CC, value] for value in range(60, 128)))
            wait_for(lambda: loud(heard()) and tone_hz(heard()) is None)
            hands.press("space")
            wait_for(lambda: not heard().any())
        hands.press("r")
        wait_for(lambda: takes() and ended(takes()[0]))
        export(hands, centres, app, exported)
        family = app.children(recursive=True)
        app.send_signal(signal.SIGTERM)
        assert app.wait(PATIENCE_S) == 0
        assert survivors(family, 1.0) == []
    (take,) = takes()
    assert np.array_equal(sound_of(exported), sound_of(take.path))
    audible = trim(sound_of(exported))[:, 0]
    parts = [audible[begin : begin + WINDOW_SAMPLES] for begin in range(0, audible.size, WINDOW_SAMPLES)]
    assert tone_hz(parts[1]) == HIGH_HZ
    assert LOW_HZ in map(tone_hz, parts)
    assert tone_hz(audible[-WINDOW_SAMPLES:]) is None
    return sound_of(exported), played
