"""Audio devices by name. `python -m livernn.engine.devices [inputs]` prints outputs, or inputs, as a line of JSON.

PortAudio can hang (after a sound server's death) and keeps its first list for good, so it is asked in a process of its
own each time.
"""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any, Literal

from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import Device, Devices, Refused
from livernn.engine.stable_names import stable_names
from livernn.engine.wire import claim_stdout, decode, encode
from livernn.errors import DeviceError

LIST_PATIENCE_S = 10.0
Kind = Literal["output", "input"]

_INPUTS = "inputs"
_NUMBERS_AT_END = re.compile(r" \(hw:\d+,\d+\)$")
"""ALSA's, of card and device; cards are numbered in the order in which they come."""


def portaudio() -> Any:
    """The sounddevice module; importing it initialises PortAudio, which may hang.

    Raises:
        DeviceError: PortAudio is not installed.
    """
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "audio", f"PortAudio cannot be loaded ({error})", "On Debian and Ubuntu: apt install libportaudio2."
        ) from error
    return sounddevice


def query_devices(kind: Kind) -> dict[int, Device]:
    """PortAudio's number and description of every output or input, asked in this process.

    Raises:
        DeviceError: see `portaudio`.
    """
    sounddevice = portaudio()
    default = sounddevice.default.device[kind]
    apis = sounddevice.query_hostapis()
    usual = f"default_{kind}_device"
    if default < 0:
        default = next((api[usual] for api in apis if api[usual] >= 0), -1)
    infos = sounddevice.query_devices()
    found = {}
    for api in apis:
        numbers = [number for number in api["devices"] if infos[number][f"max_{kind}_channels"] > 0]
        names = stable_names((infos[number]["name"] for number in numbers), _NUMBERS_AT_END)
        for number, name in zip(numbers, names, strict=True):
            found[number] = Device(
                name=name,
                host_api=api["name"],
                channels=infos[number][f"max_{kind}_channels"],
                default_rate_hz=infos[number]["default_samplerate"],
                is_default=number == default,
            )
    return found


def choose_device(wanted: str | None, kind: Kind) -> tuple[int, Device]:
    """PortAudio's number of the device that `find_device` finds among all there are, and what it is.

    Raises:
        DeviceError: see `portaudio` and `find_device`.
    """
    numbered = query_devices(kind)
    device = find_device(wanted, list(numbered.values()), kind)
    return next(number for number, candidate in numbered.items() if candidate is device), device


def find_device(wanted: str | None, devices: Sequence[Device], kind: Kind) -> Device:
    """The default device for None; else by name, `name, host api` or an unambiguous part of it, in this order.

    Raises:
        DeviceError: there is none or more than one; lists those there are.
    """
    if not devices:
        raise DeviceError(
            "audio", f"there is no {kind} device", "Connect one or start the sound server, then try again."
        )
    if wanted is None:
        return next((device for device in devices if device.is_default), devices[0])
    asked = wanted.casefold()
    full = [device.full_name.casefold() for device in devices]
    exact = [device for device, name in zip(devices, full, strict=True) if asked in (device.name.casefold(), name)]
    if exact:
        return next((device for device in exact if device.is_default), exact[0])
    partly = [device for device, name in zip(devices, full, strict=True) if asked in name]
    if len(partly) == 1:
        return partly[0]
    there_are = "; ".join(device.full_name for device in devices)
    why = f"more than one {kind} fits" if partly else f"there is no such {kind}"
    raise DeviceError(f"audio device {wanted!r}", why, f"Choose one of: {there_are}.")


def list_outputs(patience_s: float = LIST_PATIENCE_S) -> tuple[Device, ...]:
    """The outputs as they are now; takes a fraction of a second, so not for a window's thread.

    Raises:
        DeviceError: PortAudio is missing, or did not answer in time.
    """
    return _list(patience_s)


def list_inputs(patience_s: float = LIST_PATIENCE_S) -> tuple[Device, ...]:
    """As `list_outputs`."""
    return _list(patience_s, _INPUTS)


def _list(patience_s: float, *arguments: str) -> tuple[Device, ...]:
    what, remedy = "list of audio devices", "Restart the sound server, then ask again."
    command = child_command("livernn.engine.devices", *arguments)
    try:
        helper = subprocess.run(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError(what, f"the audio system did not answer within {patience_s:g} s", remedy) from error
    answer = decode(helper.stdout)
    if isinstance(answer, Devices):
        return answer.devices
    if isinstance(answer, Refused):
        raise DeviceError(answer.what, answer.why, answer.remedy)
    raise DeviceError(what, f"asking the audio system ended with code {helper.returncode}", remedy)


def main() -> int:
    """Print Devices, or Refused. PortAudio must end in good order: JACK waits seconds for a client that vanished."""
    out = claim_stdout()
    overdue = threading.Timer(LIST_PATIENCE_S, os._exit, (1,))  # whoever asked may be gone
    overdue.daemon = True
    overdue.start()
    try:
        devices = query_devices("input" if sys.argv[1:] == [_INPUTS] else "output")
        out.write(encode(Devices(tuple(devices.values()))))
    except DeviceError as error:
        out.write(encode(Refused(error.what, error.why, error.remedy)))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
