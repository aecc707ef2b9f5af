"""Which files a corpus is made of, and which of them are held out."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from livernn.audiofile import probe
from livernn.errors import BadInputError, LiveRNNError
from trainer.dataset import SPLITS

HELD_OUT_SHARE = 0.05
"""Share of the minutes that `valid` gets, and `test` again."""

MIN_TRAIN_SHARE = 0.6
"""Where a split by file would leave less than this to train on, recordings are cut instead."""


@dataclass(frozen=True)
class Source:
    """One sound file as its header describes it. `name` is its path below the folder."""

    name: str
    path: Path
    seconds: float


def find_sources(folder: Path, out: Path) -> tuple[list[Source], list[tuple[str, str]]]:
    """Sound files below `folder` in name order, and the other files with the reason why each is none."""
    sources: list[Source] = []
    unread: list[tuple[str, str]] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if hidden or not path.is_file() or out.resolve() in path.resolve().parents:
            continue
        try:
            sources.append(Source(name, path, probe(path).seconds))
        except LiveRNNError as error:
            unread.append((name, error.why))
    return sources, unread


@dataclass(frozen=True)
class Division:
    """How recordings are divided: `splits` names the split of each, or is None where each one is cut in three."""

    kind: str
    splits: Mapping[str, str] | None

    def has(self, source: Source) -> bool:
        """Whether it belongs to the corpus at all."""
        return self.splits is None or source.name in self.splits

    def parts(self, source: Source, samples: int) -> list[tuple[str, int, int]]:
        """Split, start and stop of every part of a recording, none of them empty."""
        if self.splits is not None:
            return [(self.splits[source.name], 0, samples)]
        held_out = int(HELD_OUT_SHARE * samples)
        edges = (0, samples - 2 * held_out, samples - held_out, samples)
        parts = zip(SPLITS, edges, edges[1:], strict=False)
        return [(split, start, stop) for split, start, stop in parts if start < stop]


def divide(sources: Sequence[Source], seed: int) -> Division:
    """By split folders if there is a train folder, else by whole files, dealt out by `seed`, else by cutting each.

    Raises:
        BadInputError: there is a train folder and not all of the others.
    """
    folders = {source.name: source.name.split("/")[0] for source in sources if "/" in source.name}
    if "train" in folders.values():
        missing = [split for split in SPLITS if split not in folders.values()]
        if missing:
            raise BadInputError(
                "split folders",
                f"there is train, but no audio in {' or '.join(missing)}",
                "Add it, or rename train to have the files divided for you.",
            )
        return Division("split folders", {name: folder for name, folder in folders.items() if folder in SPLITS})
    dealt = _deal_out(sources, seed)
    return Division("file", dealt) if dealt else Division("time within each file", None)


def _deal_out(sources: Sequence[Source], seed: int) -> dict[str, str] | None:
    order = sorted(sources, key=lambda source: source.name)
    random.Random(seed).shuffle(order)
    total = sum(source.seconds for source in sources)
    chosen: dict[str, str] = {}
    for split in ("test", "valid"):
        left = 1.2 * HELD_OUT_SHARE * total
        rest = [source for source in order if source.name not in chosen]
        for source in rest:
            if source.seconds <= left:
                chosen[source.name] = split
                left -= source.seconds
        if rest and split not in chosen.values():
            chosen[min(rest, key=lambda source: source.seconds).name] = split
    train = sum(source.seconds for source in sources if source.name not in chosen)
    if train < MIN_TRAIN_SHARE * total or "valid" not in chosen.values():
        return None
    return {source.name: chosen.get(source.name, "train") for source in sources}
