"""MIDI inputs by name. `python -m livernn.inputs.ports` prints them as a JSON list.

A scan can hang (after a sound server's death), so it runs in a process of its own each time.
"""

import json
import subprocess
import sys

from livernn.errors import DeviceError

SCAN_PATIENCE_S = 10.0


def list_ports(patience_s: float = SCAN_PATIENCE_S) -> list[str]:
    """The MIDI inputs as they are now; takes a fraction of a second, so not for a window's thread.

    Raises:
        DeviceError: the MIDI system is missing, failed, or did not answer in time.
    """
    command = [sys.executable, "-m", "livernn.inputs.ports"]
    try:
        scan = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError(
            "MIDI", f"the MIDI system did not answer within {patience_s:g} s", "Restart the sound server."
        ) from error
    if scan.returncode:
        said = scan.stderr.strip().splitlines() or [f"the scan ended with code {scan.returncode}"]
        raise DeviceError(
            "MIDI", said[-1].rstrip("."), "On Debian and Ubuntu: apt install libasound2; a container has no ALSA MIDI."
        )
    names: list[str] = json.loads(scan.stdout.splitlines()[-1])
    return names


def main() -> int:
    """Print the names, or why there are none to be had."""
    try:
        import mido

        names = mido.get_input_names()
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{json.dumps(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
