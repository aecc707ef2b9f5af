"""A real server, and a second program that plays into the microphone."""

import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.client import Listening, ListeningEnded, MicrophoneClosed, MicrophoneOpened, Primed
from livernn.engine.real_studio import RealStudio
from livernn.model.checkpoint import load_checkpoint
from livernn.synth.resample import Resampler
from livernn.wavfile import from_pcm24, to_pcm24
from tests.engine.fakes import COMPILE_PATIENCE_S, PATIENCE_S, Player
from tests.engine.test_priming import sound_of
from tests.engine.test_real_audio import LOOPBACK, PLAYING, heard, opened, wait_until
from tests.fixtures.processes import survivors
from tests.fixtures.recording import sounder
from tests.fixtures.servers import Server

RATE_HZ = 48000.0
SYSTEM = "system, JACK Audio Connection Kit"
GUITAR = "guitar, JACK Audio Connection Kit"


def place_of(part: NDArray[np.float32], whole: NDArray[np.float32]) -> int | None:
    starts = np.flatnonzero(whole[: whole.size - part.size + 1] == part[0])
    return next((int(at) for at in starts if np.array_equal(whole[at : at + part.size], part)), None)


def microphone_of(player: Player, device: str, channel: int | None = None) -> MicrophoneOpened:
    player.client.set_microphone(device, channel=channel)
    event = player.await_event(lambda event: isinstance(event, MicrophoneOpened | MicrophoneClosed), COMPILE_PATIENCE_S)
    assert isinstance(event, MicrophoneOpened), event
    return event


def phrase(player: Player, path: Path, duck_db: float, seconds: float) -> Primed:
    player.client.listen(path, duck_db)
    player.await_event(lambda event: isinstance(event, Listening))
    time.sleep(seconds)
    player.client.stop_listening()
    player.await_event(lambda event: isinstance(event, ListeningEnded))
    event = player.await_event(lambda event: isinstance(event, Primed))
    assert isinstance(event, Primed)
    return event


def test_what_is_heard_goes_on_from_what_was_played(
    jack_server: Server, player: Player, checkpoint: Path, tmp_path: Path
) -> None:
    patch = Patch(gain_db=-6.0)
    opened(player, SYSTEM)
    player.load(checkpoint, patch)
    player.client.play()
    player.expect(PLAYING)
    wait_until(lambda: bool(heard(player).any()))
    sound = from_pcm24(to_pcm24(np.random.default_rng(1).uniform(-0.6, 0.6, 48000).astype(np.float32)))
    path = tmp_path / "phrase.wav"
    with sounder("loopback", sound, tmp_path / "sound.npy", "guitar"):
        assert microphone_of(player, GUITAR).rate_hz == RATE_HZ
        wait_until(lambda: player.client.metrics().microphone_db > -10.0)
        primed = phrase(player, path, 12.0, 0.7)
    assert player.client.metrics().microphone_clipped == 0
    time.sleep(0.6)
    tapped = heard(player, 1.5)
    played = sound_of(path)
    assert primed.seconds == pytest.approx(played.size / RATE_HZ)
    shadow = RealStudio().shadow(load_checkpoint(checkpoint), primed.seed, RATE_HZ)
    shadow.hear(Resampler(RATE_HZ, 16000.0).process(played))
    expected = shadow.instrument().voice.render(8000, patch)
    assert place_of(expected[2000:6000, 0], tapped[:, 0]) is not None
    assert place_of(played, np.tile(sound, 3)) is not None


def test_a_channel_is_listened_to_alone_or_in_the_mix(jack_server: Server, player: Player, tmp_path: Path) -> None:
    square = np.where(np.arange(4800) % 100 < 50, 0.5, -0.5).astype(np.float32)
    left_alone = np.stack((square, np.zeros_like(square)), axis=1)
    with sounder("loopback", left_alone, tmp_path / "sound.npy"):
        for channel, level_db in ((1, -6.02), (2, -100.0), (None, -12.04)):
            assert microphone_of(player, LOOPBACK, channel).channels == 2
            wait_until(lambda db=level_db: abs(max(player.client.metrics().microphone_db, -100.0) - db) < 0.1)
    player.client.set_microphone(LOOPBACK, channel=3)
    event = player.await_event(lambda event: isinstance(event, MicrophoneClosed))
    assert isinstance(event, MicrophoneClosed)
    assert "it has no channel 3. Choose one of 1 to 2" in (event.message or "")


def test_a_killed_microphone_is_told_and_opened_again(pulse_server: Server, player: Player, tmp_path: Path) -> None:
    microphone_of(player, "rt_mic")
    family = psutil.Process().children(recursive=True)
    (microphone,) = [child for child in family if "livernn.engine.microphone" in child.cmdline()]
    microphone.kill()
    player.await_event(lambda event: isinstance(event, MicrophoneClosed) and "hears no more" in (event.message or ""))
    microphone_of(player, "rt_mic")
    family = psutil.Process().children(recursive=True)
    family = [child for child in family if "pulseaudio" not in child.name()]
    player.client.close()
    assert survivors(family, PATIENCE_S) == []


def test_a_microphone_that_is_not_there_is_one_line(jack_server: Server, player: Player) -> None:
    player.client.set_microphone("no such input")
    event = player.await_event(lambda event: isinstance(event, MicrophoneClosed), COMPILE_PATIENCE_S)
    assert isinstance(event, MicrophoneClosed)
    assert event.message is not None
    assert "there is no such input" in event.message
    assert LOOPBACK in event.message
    assert "\n" not in event.message
