"""`python -m livernn.inputs.midi_listener`: the process in which MIDI ports are opened and listened to.

All of that can hang or crash with the sound server; then this process ends, is started again, and the instrument plays
on. Lines of JSON: `{"wanted": null | [names]}` comes in (see `choose`); `{"message": [name, bytes]}` goes out at once,
and `{"ports": [names], "open": [names], "trouble": text | null}` at each scan. It ends with its input.
"""

import faulthandler
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any, TextIO

from livernn.engine.child import child_command, child_environment
from livernn.inputs.ports import SCAN_PATIENCE_S, SCAN_PERIOD_S, Scan

_MOVING_S = 1.0
"""How long after a message the next one is waited for closely."""
_MOVING_POLL_S, _RESTING_POLL_S = 0.001, 0.004
_CLOSING_PATIENCE_S = 1.0

_Item = Scan | dict[str, Any] | None
"""A scan, a wish, or the end of wishes."""


class Listener:
    """The open ports. One thread.

    They are polled: a callback would have JACK's real-time thread wait for Python's lock, and the whole sound server
    with it while this process opens another port.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._open: dict[str, Any] = {}
        self._api = -1
        self._scan = Scan()
        self._wanted: list[str] | None = []

    def want(self, names: list[str] | None) -> None:
        """See `choose`."""
        self._wanted = names
        self._refresh()

    def take(self, scan: Scan) -> None:
        """What there is now."""
        self._scan = scan
        self._refresh()

    def poll(self) -> bool:
        """Hand on what has come; whether anything has."""
        heard = False
        for name, port in self._open.items():
            while (event := port.get_message()) is not None:
                heard = True
                self._say({"message": [name, event[0]]})
        return heard

    def close(self) -> None:
        """Close every port; may never return where a server has died."""
        while self._open:
            self._open.popitem()[1].delete()

    def _refresh(self) -> None:
        """Open what is wanted and there, close what is not, and tell."""
        faulthandler.dump_traceback_later(SCAN_PATIENCE_S, exit=True)
        trouble = self._scan.trouble
        chosen = choose(list(self._scan.ports), self._wanted)
        for name in list(self._open):
            if self._scan.api != self._api or name not in chosen:
                self._open.pop(name).delete()
        self._api = self._scan.api
        for name in chosen:
            if name not in self._open:
                try:
                    self._open[name] = _open(self._api, self._scan.ports[name])
                except OSError as error:
                    trouble = f"{name}: {error}"
        self._say({"ports": list(self._scan.ports), "open": list(self._open), "trouble": trouble})
        faulthandler.cancel_dump_traceback_later()

    def _say(self, line: dict[str, object]) -> None:
        self._out.write(f"{json.dumps(line)}\n")
        self._out.flush()


def choose(names: list[str], wanted: list[str] | None) -> list[str]:
    """Those of `names` that are wanted: None wants all, a name that is not there wants those that it is a part of."""
    if wanted is None:
        return names
    exact = {wish for wish in wanted if wish in names}
    parts = [wish.lower() for wish in wanted if wish not in exact]
    return [name for name in names if name in exact or any(part in name.lower() for part in parts)]


def _open(api: int, full_name: str) -> Any:
    import rtmidi

    try:
        port = rtmidi.MidiIn(api, name="liveRNN")
        # System exclusive, clock ticks and active sensing mean nothing here, and would come by the hundred.
        port.ignore_types(sysex=True, timing=True, active_sense=True)
        port.open_port(port.get_ports().index(full_name), name="in")
    except (rtmidi.RtMidiError, ValueError) as error:
        raise OSError(str(error).rstrip(".")) from error
    return port


def _read_wishes(items: "queue.SimpleQueue[_Item]") -> None:
    for line in sys.stdin:
        items.put(json.loads(line))
    items.put(None)


class Scanner:
    """Another process, that scans and is begun again when it has to end itself."""

    def __init__(self, items: "queue.SimpleQueue[_Item]") -> None:
        self._items = items
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """For a thread of its own."""
        while True:
            self._process = subprocess.Popen(
                child_command("livernn.inputs.ports", "--watch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=child_environment(),
            )
            for line in self._process.stdout or ():
                if line.startswith("{"):  # drivers print what they like
                    self._items.put(Scan(**json.loads(line)))
            self._process.wait()
            self._items.put(Scan(trouble="the MIDI system does not answer: restart the sound server"))
            time.sleep(SCAN_PERIOD_S)

    def end(self) -> None:
        """In good order if it can: a JACK server stalls for seconds when a client just goes."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(_CLOSING_PATIENCE_S / 2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listen(listener: Listener, items: "queue.SimpleQueue[_Item]") -> None:
    moving_until_s = 0.0
    while True:
        while not items.empty():
            match items.get():
                case Scan() as scan:
                    listener.take(scan)
                case dict() as wish:
                    listener.want(wish["wanted"])
                case None:
                    return
        now_s = time.monotonic()
        if listener.poll():
            moving_until_s = now_s + _MOVING_S
        time.sleep(_MOVING_POLL_S if now_s < moving_until_s else _RESTING_POLL_S)


def main() -> None:
    """Listen until the input ends or nobody reads the output any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    # Libraries print what they like to the standard output; the lines have it for themselves.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    listener = Listener(out)
    items: queue.SimpleQueue[_Item] = queue.SimpleQueue()
    scanner = Scanner(items)
    threading.Thread(target=scanner.run, daemon=True).start()
    threading.Thread(target=_read_wishes, args=(items,), daemon=True).start()
    with suppress(BrokenPipeError):
        _listen(listener, items)
    faulthandler.dump_traceback_later(_CLOSING_PATIENCE_S, exit=True)
    scanner.end()
    listener.close()
    os._exit(0)


if __name__ == "__main__":
    main()
