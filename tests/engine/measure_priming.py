"""Program: how long after letting go the continuation is heard, with a real server, model, output and microphone.

`python -m tests.engine.measure_priming [--preset NAME] [--depth MS] [--period SAMPLES] [--phrases N]` starts JACK with
its dummy driver, plays the preset through `system` and a tone into the microphone, `loopback`. For each phrase it tells
how many samples the device took between the call of `stop_listening` and the first sample of the continuation,
in ms: what the device adds before (input) and after that (output) is told apart. Then it continues a file of 30 s, and
tells how long that took from the call to its continuation.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from livernn.control.preset import load_preset
from livernn.engine.client import AudioOpened, Listening, ListeningEnded, Loaded, MicrophoneOpened, Primed, StateChanged
from livernn.engine.history import JournalReader
from livernn.engine.reel import MarkReader, ScopeTap
from livernn.engine.transport import EngineState
from livernn.wavfile import write_wav
from tests.engine.fakes import Player
from tests.fixtures.recording import sounder

JACK = "JACK Audio Connection Kit"
PATIENCE_S = 300.0


def _server(name: str, period: int) -> "subprocess.Popen[bytes]":
    os.environ |= {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}
    command = f"jackd -n {name} -R -P 70 -S -t 5000 -L 2 -d dummy -r 48000 -p {period}".split()
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(2.0)
    return server


def _phrase(player: Player, path: Path, seconds: float) -> float:
    client = player.client
    client.listen(path, 12.0)
    player.await_event(lambda event: isinstance(event, Listening), PATIENCE_S)
    time.sleep(seconds)
    reel = client._reel
    assert reel is not None
    marks, journal, tap = MarkReader(reel), JournalReader(reel), ScopeTap(reel)
    let_go_at = tap.written
    client.stop_listening()
    player.await_event(lambda event: isinstance(event, ListeningEnded), PATIENCE_S)
    player.await_event(lambda event: isinstance(event, Primed), PATIENCE_S)
    time.sleep(0.5)
    voices = [entry for entry in journal.take() or [] if entry["do"] == "voice"]
    flow = marks.take()[0][-1]
    continued_at = flow.heard + voices[-1]["ring"] - flow.ring
    return 1000.0 * (continued_at - let_go_at) / flow.rate_hz


def _file_s(player: Player, path: Path) -> float:
    begun_s = time.monotonic()
    player.client.prime(path)
    player.await_event(lambda event: isinstance(event, Primed), PATIENCE_S)
    return time.monotonic() - begun_s


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", default="piano")
    parser.add_argument("--depth", type=float, default=60.0)
    parser.add_argument("--period", type=int, default=256)
    parser.add_argument("--phrases", type=int, default=20)
    options = parser.parse_args()
    server = _server(f"livernn-measure-{os.getpid()}", options.period)
    player = Player()
    tone = 0.3 * np.sin(2.0 * np.pi * 220.0 * np.arange(48000) / 48000.0).astype(np.float32)
    try:
        with tempfile.TemporaryDirectory() as folder, sounder("loopback", tone, Path(folder) / "tone.npy"):
            _measure(player, options, Path(folder))
    finally:
        player.client.close()
        server.terminate()
        server.wait()


def _measure(player: Player, options: argparse.Namespace, folder: Path) -> None:
    player.client.start()
    player.client.set_depth_ms(options.depth)
    player.client.set_audio(f"system, {JACK}")
    output = player.await_event(lambda event: isinstance(event, AudioOpened), PATIENCE_S)
    player.client.set_microphone(f"loopback, {JACK}")
    source = player.await_event(lambda event: isinstance(event, MicrophoneOpened), PATIENCE_S)
    preset = load_preset(options.preset)
    player.client.load(preset.checkpoint, preset.patch)
    player.await_event(lambda event: isinstance(event, Loaded), PATIENCE_S)
    player.client.play()
    player.await_event(lambda event: event == StateChanged(EngineState.PLAYING), PATIENCE_S)
    time.sleep(1.0)
    seconds = np.random.default_rng(1).uniform(0.3, 2.0, options.phrases)
    took = [_phrase(player, folder / f"{at}.wav", length) for at, length in enumerate(seconds)]
    file = folder / "file.wav"
    write_wav(file, 0.1 * np.random.default_rng(2).standard_normal((30 * 44100, 2)).astype(np.float32), 44100)
    files_s = [_file_s(player, file) for _ in range(5)]
    metrics = player.client.metrics()
    assert isinstance(output, AudioOpened)
    assert isinstance(source, MicrophoneOpened)
    sys.stdout.write(
        f"let go to continuation, ms: median {np.median(took):.1f}, 95 % {np.percentile(took, 95):.1f}, "
        f"most {max(took):.1f} of {len(took)}; the device adds {source.latency_ms:.1f} before and "
        f"{metrics.output_latency_ms:.1f} after; depth {metrics.target_depth_ms:.0f}, period {options.period}; "
        f"{metrics.underruns} underruns, {metrics.device_xruns} device xruns\n"
        f"a file of 30 s: median {np.median(files_s):.2f} s, most {max(files_s):.2f} of {len(files_s)}\n"
    )


if __name__ == "__main__":
    main()
