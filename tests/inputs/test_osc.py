import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam
from livernn.control.params import PARAMS
from livernn.errors import DeviceError
from livernn.inputs.osc import LARGEST_PACKET_BYTES, PRESET, MalformedPacketError, OscInput, parse_packet, to_change

PATIENCE_S = 10.0
BUNDLE = b"#bundle\0" + bytes(7) + b"\1"


def message(address: str, *arguments: object) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


def changes(data: bytes) -> list[Change | None]:
    return [to_change(found) for found in parse_packet(data)]


@pytest.mark.parametrize(
    ("data", "change"),
    [
        (message("/livernn/temperature", 0.5), SetParam("temperature", 0.5)),
        (message("/livernn/top_k", 7), SetParam("top_k", 7.0)),
        (message("/livernn/panic"), Act(Action.PANIC)),
        (message("/livernn/panic", 1.0), Act(Action.PANIC)),
        (message("/livernn/panic", True), Act(Action.PANIC)),
        (message("/livernn/panic", 0), Act(Action.PANIC, pressed=False)),
        (message("/livernn/preset", "piano"), ChoosePreset("piano")),
        (message("/livernn/temperature", "hot"), None),
        (message("/livernn/temperature", True), None),
        (message("/livernn/temperature"), None),
        (message("/livernn/temperature", 1.0, 2.0), None),
        (message("/livernn/temperature", float("nan")), None),
        (message("/livernn/loudness", 1.0), None),
        (message("/livernn/panic", "now"), None),
        (message("/temperature", 1.0), None),
        (message("/livernn/", 1.0), None),
    ],
)
def test_messages_go_by_the_names_of_parameters_and_actions(data: bytes, change: Change | None) -> None:
    assert changes(data) == [change]


def test_every_parameter_has_its_address() -> None:
    assert PRESET not in {*PARAMS, *(action.value for action in Action)}
    for name, spec in PARAMS.items():
        assert changes(message(f"/livernn/{name}", spec.maximum)) == [SetParam(name, pytest.approx(spec.maximum))]


def test_bundles_are_unpacked_whatever_their_time() -> None:
    inner = OscBundleBuilder(time.time() + 100.0)
    inner.add_content(OscMessageBuilder("/livernn/stop").build())
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(OscMessageBuilder("/livernn/play").build())
    outer.add_content(inner.build())
    assert changes(outer.build().dgram) == [Act(Action.PLAY), Act(Action.STOP)]


def nested(depth: int) -> bytes:
    data = message("/livernn/play")
    for _ in range(depth):
        data = BUNDLE + struct.pack(">i", len(data)) + data
    return data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"play",
        b"/no end",
        b"/\xff\xff\0\0\0\0,f\0\0",
        message("/livernn/top_k", 5)[:-1],
        b"/livernn/panic\0\0,x\0\0",
        b"/livernn/panic\0\0,]\0\0",
        b"/livernn/panic\0\0,[\0\0",
        b"#bundle\0",
        BUNDLE + struct.pack(">i", -4),
        BUNDLE + struct.pack(">i", 0),
        BUNDLE + struct.pack(">i", 1 << 30) + message("/livernn/play"),
        BUNDLE + struct.pack(">i", 4) + b"play",
        nested(30),
        b"/" * (LARGEST_PACKET_BYTES + 1),
    ],
)
def test_malformed_packets_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        parse_packet(data)


def spoil(data: bytes, at: int, byte: int, cut: int) -> bytes:
    spoilt = bytearray(data)
    spoilt[at % len(spoilt)] = byte
    return bytes(spoilt[: len(spoilt) - cut % len(spoilt)])


real_packets = st.sampled_from(
    [
        message("/livernn/temperature", 0.5),
        message("/livernn/panic", True, None, b"blob", "text", 1 << 40, [1, [2.0]]),
        nested(3),
        BUNDLE + struct.pack(">i", 20) + message("/livernn/play") + b"\0" * 4,
    ]
)
packets = (
    st.binary(max_size=64)
    | st.binary(max_size=64).map(BUNDLE.__add__)
    | st.binary(max_size=64).map(b"/livernn/".__add__)
    | st.builds(spoil, real_packets, st.integers(0, 999), st.integers(0, 255), st.integers(0, 20))
)


@given(packets)
@example(BUNDLE + struct.pack(">i", -20))
def test_any_bytes_are_messages_or_malformed(data: bytes) -> None:
    try:
        messages = parse_packet(data)
    except MalformedPacketError:
        return
    for found in messages:
        to_change(found)


class Listener:
    """An input on a port of the system's choice, and what came in by it."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.input = OscInput(self.changes.append, port=0)
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, data: bytes) -> None:
        self._sender.sendto(data, (self.input.host, self.input.port))

    def close(self) -> None:
        self.input.close()
        self._sender.close()

    def wait_for(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (self.changes, self.input.counts)
            time.sleep(0.005)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def test_what_is_sent_arrives_in_order(listener: Listener) -> None:
    listener.send(message("/livernn/temperature", 0.5))
    listener.send(message("/livernn/panic"))
    listener.wait_for(lambda: len(listener.changes) == 2)
    assert listener.changes == [SetParam("temperature", 0.5), Act(Action.PANIC)]


def test_it_is_for_this_machine_only_unless_opened(listener: Listener) -> None:
    assert listener.input.host == "127.0.0.1"


def test_garbage_is_counted_and_what_follows_is_heard(listener: Listener) -> None:
    for data in (b"garbage", BUNDLE + struct.pack(">i", -4), b"/" * 20000, b""):
        listener.send(data)
    listener.send(message("/elsewhere", 1))
    listener.send(message("/livernn/stop"))
    listener.wait_for(lambda: listener.changes)
    counts = listener.input.counts
    assert (counts.understood, counts.unknown, counts.malformed) == (1, 1, 4)


@pytest.mark.parametrize("host", ["192.0.2.1", "", "a" * 300, "ü" * 70])
def test_an_address_that_cannot_be_listened_to_is_told(listener: Listener, host: str) -> None:
    with pytest.raises(DeviceError, match="OSC on"):
        OscInput(listener.changes.append, host or listener.input.host, listener.input.port)


def test_a_port_beyond_the_last_is_told() -> None:
    with pytest.raises(DeviceError, match="70000"):
        OscInput(print, port=70000)
