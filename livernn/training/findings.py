"""What `prepare` found in the recordings, as the data folder tells it."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INDEX_NAME = "dataset.json"

_LIMIT_BYTES = 1 << 26


@dataclass(frozen=True)
class Findings:
    """`left_out` pairs a file with the reason; `advice` says in plain words what is wrong and what to do."""

    minutes: float
    recordings: int
    left_out: tuple[tuple[str, str], ...]
    advice: tuple[str, ...]


def read_findings(data: Path) -> Findings | None:
    """None where nothing is prepared, or what there is cannot be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        index = data / INDEX_NAME
        if index.stat().st_size > _LIMIT_BYTES:
            return None
        report: Any = json.loads(index.read_text(encoding="utf-8"))["report"]
        return Findings(
            minutes=float(sum(report["minutes"].values())),
            recordings=len(report["files"]),
            left_out=tuple((str(name), str(why)) for name, why in report["unread"]),
            advice=tuple(map(str, report["advice"])),
        )
    return None
