"""What is needed to make a take again: its card and its log, read and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livernn.control.preset import find_presets
from livernn.control.take_card import FORMAT, TakeCard, read_card
from livernn.engine.history import Entry, is_beginning
from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint, load_checkpoint

_LIMIT_BYTES = 1 << 30


@dataclass(frozen=True)
class Flow:
    """A mark of the reel, `heard` counted from the take's first frame; see `reel.Mark`."""

    heard: int
    ring: int
    is_open: bool
    starved: bool
    level: int


@dataclass(frozen=True)
class Score:
    """`steps` are the journal's entries in a take, the first of which is a beginning if there is any."""

    path: Path
    card: TakeCard
    flows: list[Flow]
    steps: list[Entry]
    frames: int


def read_score(path: Path) -> Score:
    """The take whose JSON is at `path`.

    Raises:
        BadInputError: it is not the JSON of a take, or it does not tell enough.
    """
    card = read_card(path)
    if card.format < FORMAT:
        raise spoilt(path, "it was recorded by an older liveRNN")
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise spoilt(path, "it is too large")
        log: list[Entry] = json.loads(path.read_bytes())["log"]
        flows = [_flow(entry) for entry in log if entry["do"] == "flow"]
        steps = [entry for entry in log if entry["do"] not in ("flow", "end", "lost")]
        frames = [int(entry["heard"]) for entry in log if entry["do"] == "end"]
        incomplete = any(entry["do"] == "lost" and entry["what"] == "log" for entry in log)
        if any(type(entry[key]) is not int for entry in steps for key in ("at", "ring")):
            raise ValueError("a position is not a number")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise spoilt(path, str(error)) from error
    if incomplete:
        raise spoilt(path, "some of its log was lost while it was recorded")
    if not frames or not flows:
        raise spoilt(path, "its recording was cut off before its log was complete")
    if steps and not is_beginning(steps[0]):
        raise spoilt(path, "it does not say what state the voice began in")
    return Score(path, card, flows, steps, frames[-1])


def find_checkpoint(origin: Any) -> Checkpoint:
    """The checkpoint that a voice's `origin` names: where it was, or among the presets.

    Raises:
        BadInputError: it is not there.
    """
    wanted = Path(origin["checkpoint"])
    for path in [wanted, *(preset.checkpoint for preset in find_presets())]:
        if path.is_file():
            checkpoint = load_checkpoint(path)
            if checkpoint.sha256 == origin["sha256"]:
                return checkpoint
    why = "the checkpoint that the take was played with is no longer there, nor among the presets"
    raise BadInputError(str(wanted), why, "Put it back.")


def spoilt(path: Path, why: str) -> BadInputError:
    """The error of a take whose log cannot be replayed."""
    return BadInputError(str(path), f"it cannot be replayed: {why}", "The WAV beside it is what was heard.")


def _flow(entry: Entry) -> Flow:
    heard, ring, level = (int(entry[name]) for name in ("heard", "ring", "level"))
    return Flow(heard, ring, bool(entry["open"]), bool(entry["starved"]), level)
