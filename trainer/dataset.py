"""A prepared corpus on disk: one file of codes per split and `dataset.json`, which says what they are.

`train.u8`, `valid.u8` and `test.u8` hold the codes of a split's recordings one after the other, a byte each;
`dataset.json` holds {"format", "config": the codec, "splits": name, offset and length of each recording, "report",
"licence", "credit"}.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.errors import BadInputError
from livernn.model.config import ModelConfig

FORMAT = 1
SPLITS = ("train", "valid", "test")
INDEX_NAME = "dataset.json"


CODEC_FIELDS = ("sample_rate_hz", "q_levels", "quantiser", "pre_emphasis")
"""The fields of a `ModelConfig` that codes depend on; a corpus has these and leaves the others at their defaults."""


@dataclass(frozen=True)
class FileSpan:
    """Where one recording's codes lie in its split."""

    name: str
    offset: int
    samples: int


@dataclass(frozen=True)
class CodeSplit:
    """Codes `[samples]` uint8 of one split, a read-only memory map, and the recordings that they are made of."""

    codes: NDArray[np.uint8]
    files: tuple[FileSpan, ...]

    @property
    def samples(self) -> int:
        """Length of all recordings together."""
        return len(self.codes)

    def recordings(self) -> Iterator[NDArray[np.uint8]]:
        """The codes of each recording, in order."""
        for span in self.files:
            yield self.codes[span.offset : span.offset + span.samples]


@dataclass(frozen=True)
class Dataset:
    """What `load_dataset` found. Of `codec` only `CODEC_FIELDS` mean anything; `licence` and `credit` belong on the
    card of whatever is trained on it.
    """

    folder: Path
    codec: ModelConfig
    splits: Mapping[str, CodeSplit]
    report: Mapping[str, Any]
    licence: str
    credit: str

    def split(self, name: str) -> CodeSplit:
        """The split called `name`.

        Raises:
            BadInputError: there is none.
        """
        if name not in self.splits:
            raise BadInputError(f"split {name!r}", "the data has no such split", f"Use one of: {', '.join(SPLITS)}.")
        return self.splits[name]


def codes_path(folder: Path, split: str) -> Path:
    """The file that holds a split's codes."""
    return folder / f"{split}.u8"


def load_dataset(folder: Path) -> Dataset:
    """Open a folder made by `prepare`; codes stay on disk.

    Raises:
        BadInputError: the folder is not such a folder, is of a newer format, or its files do not fit its index.
    """

    def broken(why: str) -> BadInputError:
        return BadInputError(str(folder), why, "Prepare the data again: python -m trainer prepare FOLDER --out DATA.")

    try:
        index = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
    except OSError as error:
        raise broken(f"no {INDEX_NAME} can be read there ({error.strerror})") from error
    except ValueError as error:
        raise broken(f"{INDEX_NAME} is not JSON ({error})") from error
    if not isinstance(index, dict) or type(index.get("format")) is not int:
        raise broken(f"{INDEX_NAME} is not an index of prepared data")
    if index["format"] > FORMAT:
        raise BadInputError(
            str(folder), f"its format {index['format']} is newer than this version reads ({FORMAT})", "Update liveRNN."
        )
    try:
        codec = ModelConfig(**{field: index["config"][field] for field in CODEC_FIELDS})
        splits = {name: _open_split(folder, name, index["splits"][name], broken) for name in SPLITS}
        return Dataset(folder, codec, splits, dict(index["report"]), str(index["licence"]), str(index["credit"]))
    except (KeyError, TypeError, ValueError) as error:
        raise broken(f"{INDEX_NAME} lacks or garbles a field ({error})") from error


def _open_split(folder: Path, name: str, entry: Any, broken: Callable[[str], BadInputError]) -> CodeSplit:
    spans = tuple(FileSpan(str(file["name"]), int(file["offset"]), int(file["samples"])) for file in entry["files"])
    path = codes_path(folder, name)
    size = path.stat().st_size if path.is_file() else 0
    expected = 0
    for span in spans:
        if span.offset != expected or span.samples < 1:
            raise broken(f"the recordings of {name} overlap, are empty or leave gaps")
        expected += span.samples
    if expected != entry["samples"] or not spans:
        raise broken(f"{name} does not add up to {entry['samples']} samples")
    if size != expected:
        raise broken(f"{path.name} holds {size} samples where {expected} are listed")
    codes = np.memmap(path, dtype=np.uint8, mode="r")
    return CodeSplit(codes, spans)
