"""Messages as lines: one JSON object each, its class name under "kind"."""

import json
import os
import sys
import types
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import IO, Any, BinaryIO, NoReturn, Union, get_args, get_origin, get_type_hints

from livernn.engine.messages import Event, Garbled, Message

LINE_LIMIT_BYTES = 1 << 20

_KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}
_GARBLED_SHOWN = 200


def encode(message: Message) -> bytes:
    """One line, its end included."""
    content = {"kind": type(message).__name__, **asdict(message)}
    return json.dumps(content, default=_encode_enum, allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message in a line; Garbled if there is none. Never raises, whatever the bytes."""
    try:
        content = json.loads(line[:LINE_LIMIT_BYTES], parse_constant=_refuse_constant)
        if not isinstance(content, dict):
            raise ValueError("not an object")
        kind = _KINDS.get(str(content.pop("kind", "")))
        if kind is None:
            raise ValueError("unknown kind")
        message: Message = _read(kind, content)
        return message
    except (ValueError, RecursionError) as error:
        return Garbled(line[:_GARBLED_SHOWN].decode(errors="replace").rstrip("\n"), str(error)[:_GARBLED_SHOWN])


def events_from(pipe: IO[bytes]) -> Iterator[Event]:
    """What a child process says, until it ends."""
    while line := pipe.readline(LINE_LIMIT_BYTES):
        event = decode(line)
        yield event if isinstance(event, get_args(Event)) else Garbled(type(event).__name__, "this is no event")


def claim_stdout() -> BinaryIO:
    """Standard output for messages alone: what C libraries print there goes to standard error."""
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(ours, "wb", buffering=0)


def _encode_enum(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _read(expected: Any, value: Any) -> Any:
    """`value`, a piece of JSON, as an instance of the annotation `expected`; ValueError if it is none."""
    origin = get_origin(expected)
    if origin in (Union, types.UnionType):
        present = next(kind for kind in get_args(expected) if kind is not type(None))
        return None if value is None else _read(present, value)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(get_args(expected)[0], item) for item in value)
    if origin is dict and isinstance(value, dict):
        return {key: _read(get_args(expected)[1], item) for key, item in value.items()}
    if isinstance(expected, type):
        if is_dataclass(expected) and isinstance(value, dict):
            return _read_object(expected, value)
        if issubclass(expected, Enum):
            return expected(value)
        if expected is float and type(value) in (int, float) and abs(value) <= sys.float_info.max:
            return float(value)
        if type(value) is expected and expected is not float:
            return value
    raise ValueError(f"{value!r} where {expected} was expected")


def _read_object(kind: type[Any], content: dict[str, Any]) -> Any:
    expected = get_type_hints(kind)
    unknown = content.keys() - expected.keys()
    if unknown:
        raise ValueError(f"unknown field {min(unknown)!r}")
    try:
        return kind(**{name: _read(expected[name], value) for name, value in content.items()})
    except TypeError as error:
        raise ValueError(str(error)) from error
