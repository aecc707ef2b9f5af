"""Open Sound Control over UDP, under the names of parameters and actions.

`/livernn/<parameter> value`, `/livernn/<action> [pressed]`, `/livernn/preset name`. Whatever else arrives is counted.
"""

import math
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message import ParseError as MessageError
from pythonosc.parsing.osc_types import ParseError as TypeParseError
from pythonosc.parsing.osc_types import get_string

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam
from livernn.control.params import PARAMS
from livernn.errors import DeviceError

LOOPBACK, ANY_ADDRESS = "127.0.0.1", "0.0.0.0"
DEFAULT_PORT = 9000
PREFIX = "/livernn/"
PRESET = "preset"

LARGEST_PACKET_BYTES = 8192
"""More than any controller sends in one packet; python-osc reads byte by byte."""

_BUNDLE = b"#bundle\0"
_BUNDLE_HEADER_BYTES = len(_BUNDLE) + 8
_DEEPEST_BUNDLE = 8
_KNOWN_TAGS = frozenset(",ifhdsbrmtTFN[]")
_ACTIONS = {action.value: action for action in Action}
_POLL_S = 0.25


class MalformedPacketError(ValueError):
    """The bytes are no OSC packet."""


def parse_packet(data: bytes) -> list[OscMessage]:
    """The messages of a packet, bundles unpacked, time tags ignored.

    Bundles are walked here because python-osc 1.10 never returns from one with an element of negative size.

    Raises:
        MalformedPacketError: any part of it is broken; then nothing of it counts.
    """
    if len(data) > LARGEST_PACKET_BYTES:
        raise MalformedPacketError("it is too large")
    return list(_messages(data, 0))


def _messages(data: bytes, depth: int) -> Iterator[OscMessage]:
    if not data.startswith(_BUNDLE):
        yield _message(data)
        return
    if depth == _DEEPEST_BUNDLE or len(data) < _BUNDLE_HEADER_BYTES:
        raise MalformedPacketError("a bundle is cut off, or too deep")
    at = _BUNDLE_HEADER_BYTES
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
        if not 0 < size <= len(data) - at:
            raise MalformedPacketError("an element does not fit into its bundle")
        yield from _messages(data[at : at + size], depth + 1)
        at += size


def _message(data: bytes) -> OscMessage:
    if not data.startswith(b"/"):
        raise MalformedPacketError("it is neither a message nor a bundle")
    try:
        _, end = get_string(data, 0)
        if data[end:] and not _KNOWN_TAGS.issuperset(get_string(data, end)[0]):
            # python-osc would log these, and go on with the arguments out of step.
            raise MalformedPacketError("a type tag is unknown")
        return OscMessage(data)
    except (MessageError, TypeParseError, ValueError, OverflowError) as error:
        raise MalformedPacketError(str(error)) from error


def to_change(message: OscMessage) -> Change | None:
    """What a message asks for; None if nothing that the instrument knows."""
    name = message.address.removeprefix(PREFIX)
    if name == message.address:
        return None
    match message.params:
        case [str(preset)] if name == PRESET:
            return ChoosePreset(preset)
        case [int() | float() as value] if name in PARAMS and not isinstance(value, bool):
            return SetParam(name, float(value)) if math.isfinite(value) else None
        case [] if name in _ACTIONS:
            return Act(_ACTIONS[name])
        case [int() | float() as value] if name in _ACTIONS:
            return Act(_ACTIONS[name], pressed=value > 0)
        case _:
            return None


@dataclass
class OscCounts:
    """Messages understood, well-formed messages that mean nothing here, and malformed packets. One writer."""

    understood: int = 0
    unknown: int = 0
    malformed: int = 0


class OscInput:
    """A UDP socket and the thread that reads it, on which `on_change` is called."""

    def __init__(self, on_change: Callable[[Change], None], host: str = LOOPBACK, port: int = DEFAULT_PORT) -> None:
        """Port 0 lets the system choose one.

        Raises:
            DeviceError: the address cannot be listened to.
        """
        self.counts = OscCounts()
        self._on_change = on_change
        self._closing = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except (OSError, OverflowError, UnicodeError, TypeError) as error:  # the last for a name that is none
            self._socket.close()
            raise DeviceError(
                f"OSC on {host}:{port}", f"it cannot be listened to ({error})", "Choose another port or address."
            ) from error
        self._socket.settimeout(_POLL_S)
        self.host, self.port = self._socket.getsockname()
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Free the port."""
        self._closing.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                data = self._socket.recv(LARGEST_PACKET_BYTES + 1)
            except TimeoutError:
                continue
            except OSError:  # on Windows, a packet that is too large
                self.counts.malformed += 1
                self._closing.wait(_POLL_S)
                continue
            self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            messages = parse_packet(data)
        except MalformedPacketError:
            self.counts.malformed += 1
            return
        for message in messages:
            change = to_change(message)
            if change is None:
                self.counts.unknown += 1
            else:
                self.counts.understood += 1
                self._on_change(change)
