"""Why PortAudio would not open a device, as a performer says it."""

from livernn.engine.devices import Kind
from livernn.engine.messages import Device
from livernn.errors import DeviceError

_OTHER_RATE = "Choose another sample rate, or the device's default."
_OTHER_DEVICE = "Choose another {kind}, or another sample rate and block size."

# PaErrorCode, from portaudio.h.
_REASONS = {
    -9998: ("it does not take that many channels", _OTHER_DEVICE),
    -9997: ("it does not run at {rate_hz:g} Hz", _OTHER_RATE),
    -9996: ("it is no longer there", "Connect it, refresh the list, and choose it again."),
    -9993: ("it does not take these settings together", _OTHER_DEVICE),
    -9992: ("the audio system is out of memory", "Close other programs, then try again."),
    -9991: ("the block size is too large for it", "Choose a smaller one, or the device's default."),
    -9990: ("the block size is too small for it", "Choose a larger one, or the device's default."),
    -9987: ("it did not answer in time", "Restart the sound server, then try again."),
    -9985: ("another program uses it", "Close that program, or choose another {kind}."),
    -9999: ("its driver refused {rate_hz:g} Hz or the block size", _OTHER_DEVICE),
}
_UNKNOWN = ("the audio system refused it at {rate_hz:g} Hz", _OTHER_DEVICE)


def refusal(device: Device, rate_hz: float, error: Exception, kind: Kind) -> DeviceError:
    """One line for a sounddevice.PortAudioError (of which the code is read) or the ValueError of a wrong setting."""
    code = error.args[1] if len(error.args) > 1 else 0
    why, remedy = _REASONS.get(code, _UNKNOWN)
    return DeviceError(f"audio {kind} {device.full_name}", why.format(rate_hz=rate_hz), remedy.format(kind=kind))
