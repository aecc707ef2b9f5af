"""The process that holds one open PortAudio stream: `python -m livernn.engine.stream HANDLE REEL SETTINGS`.

See `stream_process`.
"""

import signal
import sys
import time
from typing import Any

from livernn.engine.audio import callback
from livernn.engine.child import watch_owner
from livernn.engine.devices import choose_device, portaudio
from livernn.engine.messages import AudioOpened, SetAudio, Tuning
from livernn.engine.patch_bay import OUTPUT, set_client_name
from livernn.engine.reel import Reel
from livernn.engine.refusal import refusal
from livernn.engine.shared import CHANNELS, FADE_SAMPLES, GATE, LEVEL, REEL_ADDRESS, STREAM_RATE_HZ, SharedBlock
from livernn.engine.stream_process import END_PATIENCE_S, compiled_stream, hold_stream
from livernn.engine.transport import GATE_FADE_MS
from livernn.engine.wire import claim_stdout, decode, encode
from livernn.units import SIDES, ms_to_samples

_FADE_PATIENCE_S = 0.1


def open_stream(block: SharedBlock, reel: Reel, settings: SetAudio) -> tuple[Any, AudioOpened]:
    """Open and start an output that plays `block`'s ring, and tells `reel`; both have to live on with it.

    Raises:
        DeviceError: there is no such device, or it does not take these settings.
    """
    sounddevice = portaudio()
    number, device = choose_device(settings.device, "output")
    channels = min(device.channels, SIDES)
    rate_hz = settings.rate_hz or device.default_rate_hz
    block.words[CHANNELS] = channels
    block.words[REEL_ADDRESS] = reel.address
    block.words[FADE_SAMPLES] = ms_to_samples(GATE_FADE_MS, rate_hz)
    try:
        stream = compiled_stream("output", number, rate_hz, channels, callback, block.address, settings.block or 0)
        block.words[STREAM_RATE_HZ] = round(stream.samplerate)
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise refusal(device, rate_hz, error, "output") from error
    return stream, AudioOpened(device.name, device.host_api, stream.samplerate, channels, 1000.0 * stream.latency)


def _fade_out(block: SharedBlock) -> None:
    """The engine has done so, unless it died."""
    block.words[GATE] = 0
    deadline = time.monotonic() + _FADE_PATIENCE_S
    while block.words[LEVEL] > 0 and time.monotonic() < deadline:
        time.sleep(0.005)


def main() -> int:
    """Say Tuning when compiled, AudioOpened or Refused when PortAudio has decided; play until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client
    out = claim_stdout()
    gone = watch_owner(END_PATIENCE_S)
    out.write(encode(Tuning("audio", 1.0)))
    block = SharedBlock.attach(sys.argv[1])
    reel = Reel.attach(sys.argv[2])
    settings = decode(sys.argv[3].encode())
    assert isinstance(settings, SetAudio)
    set_client_name(OUTPUT)
    return hold_stream(out, gone, lambda: open_stream(block, reel, settings), lambda: _fade_out(block))


if __name__ == "__main__":
    sys.exit(main())
