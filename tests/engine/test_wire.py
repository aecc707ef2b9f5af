import json
import subprocess
import sys
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.engine.messages import (
    Device,
    Devices,
    Garbled,
    Load,
    Message,
    Play,
    Reset,
    SetAudio,
    SetDepth,
    StateChanged,
)
from livernn.engine.transport import EngineState
from livernn.engine.wire import decode, encode

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
KINDS = get_args(Message)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_survives_the_wire(kind: type[Message]) -> None:
    @given(st.from_type(kind))
    def check(message: Message) -> None:
        line = encode(message)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert decode(line) == message

    check()


@given(st.binary())
def test_no_bytes_crash_the_parser(line: bytes) -> None:
    assert isinstance(decode(line), Garbled)


@given(st.sampled_from(KINDS), st.dictionaries(st.text(), JSON, max_size=3), st.data())
def test_no_object_crashes_the_parser(kind: type[Message], fields: dict[str, object], data: st.DataObject) -> None:
    names = list(kind.__dataclass_fields__)
    own = data.draw(st.dictionaries(st.sampled_from(names), JSON)) if names else {}
    message = decode(json.dumps({**fields, **own, "kind": kind.__name__}).encode())
    assert isinstance(message, kind | Garbled)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"kind": "Stopp"}',
        b'{"kind": "Play", "loud": true}',
        b'{"kind": "Load", "request": 1}',
        b'{"kind": "Load", "request": "1", "checkpoint": "a"}',
        b'{"kind": "Load", "request": true, "checkpoint": "a"}',
        b'{"kind": "Load", "request": 1, "checkpoint": "a", "patch": {"temperature": "hot"}}',
        b'{"kind": "SetDepth", "depth_ms": NaN}',
        b'{"kind": "SetDepth", "depth_ms": 1e999}',
        b'{"kind": "SetDepth", "depth_ms": 1' + b"0" * 400 + b"}",
        b'{"kind": "StateChanged", "state": "asleep"}',
        b'{"kind": "Devices", "devices": [{"name": "a"}]}',
        b"[" * 100_000,
        b'{"kind": "Play"',
        b"\xff\xfe",
    ],
)
def test_what_is_no_message_is_told(line: bytes) -> None:
    garbled = decode(line)
    assert isinstance(garbled, Garbled)
    assert garbled.why
    assert len(garbled.line) <= 200


def test_fields_with_defaults_may_be_left_out() -> None:
    assert decode(b'{"kind": "Reset"}') == Reset(None)
    assert decode(b'{"kind": "SetAudio", "rate_hz": 44100}') == SetAudio(None, 44100.0, None)
    assert decode(b'{"kind": "Play"}') == Play()
    assert decode(b'{"kind": "SetDepth", "depth_ms": 40}') == SetDepth(40.0)


def test_what_a_line_looks_like() -> None:
    assert json.loads(encode(StateChanged(EngineState.READY))) == {"kind": "StateChanged", "state": "ready"}
    assert json.loads(encode(Load(2, "a.safetensors", {"temperature": 1.0}))) == {
        "kind": "Load",
        "request": 2,
        "checkpoint": "a.safetensors",
        "patch": {"temperature": 1.0},
    }
    device = {"name": "a", "host_api": "b", "channels": 2, "default_rate_hz": 48000.0, "is_default": True}
    assert json.loads(encode(Devices((Device("a", "b", 2, 48000.0, True),)))) == {
        "kind": "Devices",
        "devices": [device],
    }


def test_what_libraries_print_stays_out_of_the_messages() -> None:
    program = (
        "import os; from livernn.engine.wire import claim_stdout; out = claim_stdout(); "
        "os.write(1, b'noise'); print('more', flush=True); out.write(b'message')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"message"
    assert done.stderr == b"noisemore\n"
