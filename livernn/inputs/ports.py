"""MIDI inputs by name. `python -m livernn.inputs.ports` prints them as a JSON list; with --watch, Scans until
its input ends.

A scan can hang (after a sound server's death), with Python's lock held, so it runs in a process of its own.
"""

import faulthandler
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from livernn.engine.child import child_command, child_environment
from livernn.engine.stable_names import stable_names
from livernn.errors import DeviceError

SCAN_PATIENCE_S = 10.0
SCAN_PERIOD_S = 1.0

API_VARIABLE = "LIVERNN_MIDI"
"""Environment variable that names the one MIDI system to use: alsa, jack, coremidi or windows."""

REMEDY = "On Debian and Ubuntu: apt install libasound2; a container has no ALSA MIDI."

_API_NAMES = {"alsa": "LINUX_ALSA", "jack": "UNIX_JACK", "coremidi": "MACOSX_CORE", "windows": "WINDOWS_MM"}
_NO_CONTROLLER = "midi through"
_NUMBER_AT_END = re.compile(r" \d+$" if sys.platform == "win32" else r" \d+:\d+$")


@dataclass(frozen=True)
class Scan:
    """The inputs of one MIDI system, whose number in rtmidi is `api`: the name to remember to the name to open."""

    api: int = -1
    ports: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None


def list_ports(patience_s: float = SCAN_PATIENCE_S) -> list[str]:
    """The MIDI inputs as they are now; takes a fraction of a second, so not for a window's thread.

    Raises:
        DeviceError: the MIDI system is missing, failed, or did not answer in time.
    """
    try:
        scan = subprocess.run(
            child_command("livernn.inputs.ports"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
            env=child_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError(
            "MIDI", f"the MIDI system did not answer within {patience_s:g} s", "Restart the sound server."
        ) from error
    if scan.returncode:
        said = scan.stderr.strip().splitlines() or [f"the scan ended with code {scan.returncode}"]
        raise DeviceError("MIDI", said[-1].rstrip("."), REMEDY)
    names: list[str] = json.loads(scan.stdout.splitlines()[-1])
    return names


def scan_here() -> Scan:
    """The inputs, found in this process. Of several MIDI systems the first with a controller is taken, else the first.

    Raises:
        OSError: no MIDI system serves, and why.
        ImportError: rtmidi cannot be loaded.
    """
    import rtmidi

    wanted = _API_NAMES.get(os.environ.get(API_VARIABLE, "").lower())
    apis = [getattr(rtmidi, f"API_{wanted}")] if wanted else rtmidi.get_compiled_api()
    scans: list[Scan] = []
    why = "there is no MIDI system"
    for api in apis:
        try:
            # A client that stayed would neither notice that its JACK server died nor find the next one.
            client = rtmidi.MidiIn(api, name="liveRNN scan")
            full_names = client.get_ports()
            scans.append(Scan(api, dict(zip(stable_names(full_names, _NUMBER_AT_END), full_names, strict=True))))
            client.delete()
        except rtmidi.RtMidiError as error:
            why = str(error).rstrip(".")
    if not scans:
        raise OSError(why)
    return next((scan for scan in scans if any(_NO_CONTROLLER not in name.lower() for name in scan.ports)), scans[0])


def watch(ended: threading.Event) -> None:
    """Print a Scan every `SCAN_PERIOD_S` until told to end; one that hangs ends the process."""
    while not ended.is_set():
        faulthandler.dump_traceback_later(SCAN_PATIENCE_S, exit=True)
        try:
            scan = scan_here()
        except (ImportError, OSError) as error:
            scan = Scan(trouble=str(error))
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.write(f"{json.dumps(asdict(scan))}\n")
        sys.stdout.flush()
        ended.wait(SCAN_PERIOD_S)


def _watch_until_input_ends() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started this one
    ended = threading.Event()

    def read() -> None:
        os.read(0, 1)
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    with suppress(BrokenPipeError):
        watch(ended)
    os._exit(0)


def main() -> int:
    """Print the names, or why there are none to be had."""
    if "--watch" in sys.argv:
        _watch_until_input_ends()
    try:
        names = list(scan_here().ports)
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{json.dumps(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
