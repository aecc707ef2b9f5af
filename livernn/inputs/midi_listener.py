"""`python -m livernn.inputs.midi_listener`: the process in which MIDI ports are scanned, opened and listened to.

All of that can hang or crash with the sound server; then this process is killed and started again, and the instrument
plays on. Lines of JSON: `{"wanted": null | [names]}` comes in (see `choose`); `{"message": [name, bytes]}` goes out at
once, and every `SCAN_PERIOD_S` what there is: `{"ports": [names], "open": [names], "trouble": text | null}`. It ends
with its input.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
from typing import Any, TextIO

from livernn.inputs.ports import Scan, scan_here

SCAN_PERIOD_S = 1.0
_CLOSING_PATIENCE_S = 1.0


class Listener:
    """The open ports. Messages are written by rtmidi's threads, everything else by the caller's."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._open: dict[str, Any] = {}
        self._api: int | None = None

    def refresh(self, wanted: list[str] | None) -> None:
        """Open what is wanted and there, close what is not, and tell."""
        trouble = None
        scan = Scan(-1, {})
        try:
            scan = scan_here()
        except (ImportError, OSError) as error:
            trouble = str(error)
        chosen = choose(list(scan.ports), wanted)
        for name in list(self._open):
            if scan.api != self._api or name not in chosen:
                self._open.pop(name).delete()
        self._api = scan.api
        for name in chosen:
            if name not in self._open:
                try:
                    self._open[name] = self._listen(scan.api, name, scan.ports[name])
                except OSError as error:
                    trouble = f"{name}: {error}"
        self._say({"ports": list(scan.ports), "open": list(self._open), "trouble": trouble})

    def close(self) -> None:
        """Close every port; may never return where a server has died."""
        for port in self._open.values():
            port.delete()

    def _listen(self, api: int, name: str, full_name: str) -> Any:
        import rtmidi

        try:
            port = rtmidi.MidiIn(api, name="liveRNN")
            # System exclusive, clock ticks and active sensing mean nothing here, and would come by the hundred.
            port.ignore_types(sysex=True, timing=True, active_sense=True)
            port.set_callback(lambda event, _: self._say({"message": [name, event[0]]}))
            port.open_port(port.get_ports().index(full_name), name="in")
        except (rtmidi.RtMidiError, ValueError) as error:
            raise OSError(str(error).rstrip(".")) from error
        return port

    def _say(self, line: dict[str, object]) -> None:
        with self._lock:
            self._out.write(f"{json.dumps(line)}\n")
            self._out.flush()


def choose(names: list[str], wanted: list[str] | None) -> list[str]:
    """Those of `names` that are wanted: None wants all, a name that is not there wants those that it is a part of."""
    if wanted is None:
        return names
    exact = {wish for wish in wanted if wish in names}
    parts = [wish.lower() for wish in wanted if wish not in exact]
    return [name for name in names if name in exact or any(part in name.lower() for part in parts)]


def _read_wishes(wishes: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    for line in sys.stdin:
        wishes.put(json.loads(line))
    wishes.put(None)


def main() -> None:
    """Listen until the input ends or nobody reads the output any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    # Libraries print what they like to the standard output; the lines have it for themselves.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    listener = Listener(out)
    wishes: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_read_wishes, args=(wishes,), daemon=True).start()
    wish = wishes.get()
    try:
        while wish is not None:
            listener.refresh(wish["wanted"])
            try:
                wish = wishes.get(timeout=SCAN_PERIOD_S)
            except queue.Empty:
                continue
    except BrokenPipeError:
        pass
    threading.Thread(target=_end_in_any_case, daemon=True).start()
    listener.close()  # a JACK server stalls for seconds when a client just goes
    os._exit(0)


def _end_in_any_case() -> None:
    time.sleep(_CLOSING_PATIENCE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
