"""The card of a take: the first line of its JSON, which can be read and replaced without the log that follows.

The form of the whole file is told in docs/takes.md.
"""

import json
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from livernn.errors import BadInputError, LiveRNNError
from livernn.replacing import replacing

FORMAT = 2
"""2: stereo, and a log of several voices. Takes of format 1 are kept, but no longer replayed."""
PRIMES_SUFFIX = ".primes"
LOG_BEGIN = b'"log":['

_LIMIT_BYTES = 1 << 16


@dataclass(frozen=True)
class TakeCard:
    """What is known of a take besides its log. `recorded` is ISO 8601, with its time zone, and when R was pressed."""

    recorded: str
    preset: str
    rate_hz: int
    channels: int
    preroll_frames: int
    made_by: str
    trim: tuple[int, int] | None = None
    """First frame of what the performer keeps, and the one after its last."""
    format: int = FORMAT


def card_line(card: TakeCard) -> bytes:
    """How a JSON begins; `LOG_BEGIN`, entries, and the end of list and object follow."""
    return b'{"take":' + json.dumps(asdict(card)).encode() + b",\n"


def read_card(path: Path) -> TakeCard:
    """The card in the JSON at `path`.

    Raises:
        BadInputError: there is none, or it is of a newer version.
    """
    try:
        with path.open("rb") as file:
            line = file.readline(_LIMIT_BYTES)
    except OSError as error:
        raise BadInputError(str(path), f"it cannot be read ({error.strerror})", "Choose the JSON of a take.") from error
    try:
        content: Any = json.loads(line.rstrip().rstrip(b",") + b"}")["take"]
        version = content["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _not_a_take(path) from error
    if type(version) is int and version > FORMAT:
        why = f"it was recorded by a newer liveRNN (format {version}, this one reads {FORMAT})"
        raise BadInputError(str(path), why, "Update liveRNN.")
    card = _checked(content)
    if card is None:
        raise _not_a_take(path)
    return card


def replace_card(path: Path, card: TakeCard) -> None:
    """Give the JSON at `path` another card.

    Raises:
        LiveRNNError: it could not be written; it is as it was.
    """
    try:
        with replacing(path) as unfinished, path.open("rb") as old, unfinished.open("wb") as new:
            old.readline()
            new.write(card_line(card))
            shutil.copyfileobj(old, new)
    except OSError as error:
        raise LiveRNNError(str(path), f"it could not be written ({error.strerror})", "Free some space.") from error


def _checked(content: Any) -> TakeCard | None:
    if not isinstance(content, dict) or set(content) != {field.name for field in fields(TakeCard)}:
        return None
    texts = [content[name] for name in ("recorded", "preset", "made_by")]
    counts = [content[name] for name in ("rate_hz", "channels", "preroll_frames", "format")]
    trim = content["trim"]
    edges = trim if trim is not None else [0, 1]
    if not all(isinstance(text, str) for text in texts) or not isinstance(edges, list) or len(edges) != 2:
        return None
    if not all(type(count) is int and count >= 0 for count in [*counts, *edges]) or edges[0] >= edges[1]:
        return None
    if content["rate_hz"] == 0 or content["channels"] == 0:
        return None
    return TakeCard(**{**content, "trim": tuple(edges) if trim is not None else None})


def _not_a_take(path: Path) -> BadInputError:
    return BadInputError(str(path), "it is not the JSON of a take", "Choose the JSON beside a take's WAV.")
