"""The trainings that are kept: what each is to learn from, and for how long."""

import contextlib
import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from livernn.control.file_names import numbered
from livernn.errors import disk_refused
from livernn.paths import data_dir
from livernn.replacing import replace_text

FORMAT = 1
PLAN_FILE = "plan.json"
DELETED = "deleted"

_LIMIT_BYTES = 1 << 16


@dataclass(frozen=True)
class Plan:
    """`config` is one of those that `python -m trainer fit` names; `minutes` are of clock time, in all."""

    recordings: Path
    config: str = "live-256"
    minutes: float = 60.0
    credit: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Training:
    """`folder` holds the plan, `data/NAME` (what `prepare` made), `run` (what `fit` makes) and their output.

    Two of one folder are the same training, whatever their plans.
    """

    folder: Path
    plan: Plan = field(compare=False)

    @property
    def name(self) -> str:
        """What the performer calls it."""
        return self.folder.name

    @property
    def data(self) -> Path:
        """A checkpoint's card tells this folder's name."""
        return self.folder / "data" / self.name

    @property
    def run(self) -> Path:
        """See `trainer.run.RunFolder`, which names the files in it."""
        return self.folder / "run"

    @property
    def log(self) -> Path:
        """A line of JSON per step and per validation."""
        return self.run / "log.jsonl"

    @property
    def best(self) -> Path:
        """The best checkpoint so far, replaced whole."""
        return self.run / "best.safetensors"

    @property
    def stop(self) -> Path:
        """Once it is there, `fit` saves its state and ends."""
        return self.run / "stop"

    @property
    def claim(self) -> Path:
        """Held as long as `fit` runs."""
        return self.run / "claim"

    @property
    def output(self) -> Path:
        """What the process said last."""
        return self.folder / "output.txt"


def trainings_folder() -> Path:
    """Where trainings are kept."""
    return data_dir() / "trainings"


class TrainingShelf:
    """One thread. LiveRNNError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def trainings(self) -> list[Training]:
        """As they are on disk now, by name. What is none is left out."""
        found = []
        with contextlib.suppress(OSError):
            for folder in sorted(self.folder.iterdir()):
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
                    found.append(Training(folder, _read(folder / PLAN_FILE)))
        return found

    def add(self, recordings: Path) -> Training:
        """One that learns from a folder of recordings, and is called after it."""
        training = Training(_free(self.folder, recordings.name or "training"), Plan(recordings))
        self._write(training)
        return training

    def change(self, training: Training, plan: Plan) -> Training:
        """The same under another plan."""
        changed = replace(training, plan=plan)
        self._write(changed)
        return changed

    def delete(self, training: Training) -> None:
        """Put it into the folder `deleted` beside the others."""
        grave = self.folder / DELETED
        try:
            grave.mkdir(exist_ok=True)
            training.folder.rename(_free(grave, training.name))
        except OSError as error:
            raise disk_refused(training.folder, error) from error

    def _write(self, training: Training) -> None:
        plan = {**asdict(training.plan), "recordings": str(training.plan.recordings), "format": FORMAT}
        try:
            training.folder.mkdir(parents=True, exist_ok=True)
            replace_text(training.folder / PLAN_FILE, json.dumps(plan, indent=2))
        except OSError as error:
            raise disk_refused(training.folder, error) from error


def _read(path: Path) -> Plan:
    """OSError, or one of json's and of a mapping's errors, where there is none."""
    if path.stat().st_size > _LIMIT_BYTES:
        raise ValueError("too large for a plan")
    content: Any = json.loads(path.read_text(encoding="utf-8"))
    minutes = float(content["minutes"])
    if content["format"] != FORMAT or not (math.isfinite(minutes) and minutes > 0.0):
        raise ValueError("not a plan")
    texts = {name: str(content[name]) for name in ("config", "credit", "licence")}
    return Plan(Path(str(content["recordings"])), minutes=minutes, **texts)


def _free(folder: Path, name: str) -> Path:
    return next(path for path in map(folder.joinpath, numbered(name)) if not path.exists() and path.name != DELETED)
