"""MIDI from as many ports as are wanted, come what may: the process that listens is begun again when it ends."""

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from livernn.control.midi_message import MidiMessage, parse
from livernn.engine.child import child_command, child_environment

_RESTART_PAUSE_S = 1.0
_GOODBYE_PATIENCE_S = 2.0
ENDED = "the MIDI system failed, and is tried again"


@dataclass(frozen=True)
class MidiPorts:
    """The inputs there are, which of them are open, and what is wrong, if anything is."""

    names: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    trouble: str | None = None


class MidiInput:
    """Messages from the wanted ports; one that comes (back) later is opened then. Methods are for one thread.

    `on_message` and `on_ports` are called on this class's own thread, the latter when something has changed.
    """

    def __init__(
        self,
        on_message: Callable[[str, MidiMessage], None],
        on_ports: Callable[[MidiPorts], None],
        command: Sequence[str] = (),
    ) -> None:
        """`command` stands for the listener's own."""
        self._on_message = on_message
        self._on_ports = on_ports
        self._command = list(command) or child_command("livernn.inputs.midi_listener")
        self._wanted: list[str] | None = None
        self._ports = MidiPorts()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)

    def start(self, wanted: Sequence[str] | None = None) -> None:
        """Listen to the ports of these names, None for all."""
        self.choose(wanted)
        self._thread.start()

    def choose(self, wanted: Sequence[str] | None) -> None:
        """Listen to these ports from now on."""
        with self._lock:
            self._wanted = None if wanted is None else list(wanted)
            self._send_wish()

    def close(self) -> None:
        """End the listener; nothing is called back any more."""
        self._closing.set()
        with self._lock:
            process = self._process
            if process is not None and process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        if process is not None:
            try:
                process.wait(_GOODBYE_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            process = self._begin()
            if process is None:
                return
            for line in process.stdout or ():
                self._take(line)
            self._tell(MidiPorts(trouble=ENDED))
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            process.wait()
            self._closing.wait(_RESTART_PAUSE_S)

    def _begin(self) -> "subprocess.Popen[str] | None":
        with self._lock:
            if self._closing.is_set():
                return None
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
                env=child_environment(),
            )
            self._send_wish()
            return self._process

    def _send_wish(self) -> None:
        """With the lock held. A listener that has just died is told when it begins anew."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, ValueError):
                self._process.stdin.write(f"{json.dumps({'wanted': self._wanted})}\n")
                self._process.stdin.flush()

    def _take(self, line: str) -> None:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        match said:
            case {"message": [str(port), [*data]]}:
                message = parse(data) if all(type(byte) is int for byte in data) else None
                if message is not None:
                    self._on_message(port, message)
            case {"ports": [*names], "open": [*opened], "trouble": str() | None as trouble}:
                self._tell(MidiPorts(_texts(names), _texts(opened), trouble))

    def _tell(self, ports: MidiPorts) -> None:
        if ports != self._ports and not self._closing.is_set():
            self._ports = ports
            self._on_ports(ports)


def _texts(names: list[Any]) -> tuple[str, ...]:
    return tuple(name for name in names if isinstance(name, str))
