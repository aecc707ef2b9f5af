"""A take played back beside the instrument: `python -m livernn.engine.audition AUDITION`, a process of its own.

It opens the same output a second time, which sound servers mix; so the engine, its sound and what is being recorded
know nothing of it. It plays until the end of the sound or of standard input.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.audiofile import stereo_blocks
from livernn.engine.child import watch_owner
from livernn.engine.devices import choose_device, portaudio
from livernn.engine.messages import Audition, Refused
from livernn.engine.patch_bay import AUDITION, set_client_name
from livernn.engine.refusal import refusal
from livernn.engine.wire import claim_stdout, decode, encode
from livernn.errors import LiveRNNError
from livernn.units import SIDES

_WRITTEN_AT_ONCE_S = 0.02
_END_PATIENCE_S = 1.5


def _play(audition: Audition, gone: threading.Event) -> None:
    sounddevice = portaudio()
    number, device = choose_device(audition.device, "output")
    rate_hz = device.default_rate_hz
    channels = min(SIDES, device.channels)
    try:
        with sounddevice.OutputStream(rate_hz, device=number, channels=channels, dtype="float32") as stream:
            for chunk in _faded(_chunks(audition, rate_hz), gone):
                stream.write(chunk if channels == SIDES else chunk.mean(axis=1, keepdims=True))
    except (sounddevice.PortAudioError, ValueError) as error:
        raise refusal(device, rate_hz, error, "output") from error


def _chunks(audition: Audition, rate_hz: float) -> Iterator[NDArray[np.float32]]:
    size = round(_WRITTEN_AT_ONCE_S * rate_hz)
    for block in stereo_blocks(Path(audition.path), rate_hz, audition.begin_s, audition.end_s):
        yield from (block[start : start + size] for start in range(0, len(block), size))


def _faded(chunks: Iterator[NDArray[np.float32]], gone: threading.Event) -> Iterator[NDArray[np.float32]]:
    """Until `gone`, whose chunk is a fade."""
    for chunk in chunks:
        if gone.is_set():
            yield chunk * np.linspace(1.0, 0.0, len(chunk), dtype=np.float32)[:, np.newaxis]
            return
        yield chunk


def main() -> int:
    """Play, or say Refused."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client
    out = claim_stdout()
    gone = watch_owner(_END_PATIENCE_S)
    audition = decode(sys.argv[1].encode())
    assert isinstance(audition, Audition)
    set_client_name(AUDITION)
    try:
        _play(audition, gone)
    except LiveRNNError as error:
        out.write(encode(Refused(error.what, error.why, error.remedy)))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
