"""The process that holds one open input stream: `python -m livernn.engine.microphone EAR SETTINGS`.

See `stream_process`.
"""

import signal
import sys
from typing import Any

from livernn.engine.child import watch_owner
from livernn.engine.devices import choose_device, portaudio
from livernn.engine.ear import CHANNELS, FIRST, Ear
from livernn.engine.listening import callback
from livernn.engine.messages import Device, MicrophoneOpened, SetMicrophone, Tuning
from livernn.engine.patch_bay import INPUT, set_client_name
from livernn.engine.refusal import refusal
from livernn.engine.stream_process import END_PATIENCE_S, compiled_stream, hold_stream
from livernn.engine.wire import claim_stdout, decode, encode
from livernn.errors import DeviceError

_MIXED_CHANNELS = 2


def heard_channels(device: Device, channel: int | None) -> range:
    """Which channels of an input, from 0, are listened to: that one, counted from 1, or for None the first two.

    Raises:
        DeviceError: it has no such channel.
    """
    if channel is None:
        return range(min(device.channels, _MIXED_CHANNELS))
    if not 1 <= channel <= device.channels:
        why = f"it has no channel {channel}"
        raise DeviceError(f"audio input {device.full_name}", why, f"Choose one of 1 to {device.channels}, or the mix.")
    return range(channel - 1, channel)


def open_microphone(ear: Ear, settings: SetMicrophone) -> tuple[Any, MicrophoneOpened]:
    """Open and start an input that `ear` hears, which has to live on with it; at the device's own rate.

    Raises:
        DeviceError: there is no such device or channel, or it does not open.
    """
    sounddevice = portaudio()
    number, device = choose_device(settings.device, "input")
    heard = heard_channels(device, settings.channel)
    ear.words[CHANNELS], ear.words[FIRST] = heard.stop, heard.start
    rate_hz = device.default_rate_hz
    try:
        stream = compiled_stream("input", number, rate_hz, heard.stop, callback, ear.address)
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise refusal(device, rate_hz, error, "input") from error
    latency_ms = 1000.0 * stream.latency
    return stream, MicrophoneOpened(device.name, device.host_api, stream.samplerate, device.channels, latency_ms)


def main() -> int:
    """Say Tuning when compiled, MicrophoneOpened or Refused when PortAudio has decided; listen until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client
    out = claim_stdout()
    gone = watch_owner(END_PATIENCE_S)
    out.write(encode(Tuning("microphone", 1.0)))
    ear = Ear.attach(sys.argv[1])
    settings = decode(sys.argv[2].encode())
    assert isinstance(settings, SetMicrophone)
    set_client_name(INPUT)
    return hold_stream(out, gone, lambda: open_microphone(ear, settings), lambda: None)


if __name__ == "__main__":
    sys.exit(main())
