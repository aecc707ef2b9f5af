"""A folder of audio to codes that a trainer can read, and a report on what was found there."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import numpy as np

from livernn.audiofile import read_audio
from livernn.errors import BadInputError, LiveRNNError
from livernn.model.config import ModelConfig
from livernn.model.quantize import Audio, Codes, to_codes
from trainer.dataset import CODEC_FIELDS, FORMAT, INDEX_NAME, SPLITS, FileSpan, codes_path
from trainer.report import Report, advice
from trainer.silence import shorten_pauses, without_silent_ends
from trainer.sources import Division, Source, divide, find_sources
from trainer.survey import FileSurvey, survey

MIN_TRAIN_S = 30.0
MIN_HELD_OUT_S = 1.0

_BLOCK_SAMPLES = 1 << 20

OnFile = Callable[[int, int, str], None]
"""Called before each file with the files done, their total and its name."""


def prepare(
    folder: Path,
    out: Path,
    codec: ModelConfig,
    *,
    seed: int = 0,
    longest_pause_s: float | None = None,
    licence: str = "",
    credit: str = "",
    on_file: OnFile | None = None,
) -> Report:
    """Encode every sound file below `folder` into the data folder `out`, which appears whole or not at all.

    Each recording is mixed to mono, resampled, freed of silent ends, of the middle of pauses longer than
    `longest_pause_s` and of its mean, and encoded; one at a time is in memory. Folders train, valid and test, where
    they are there, say what belongs where; otherwise whole files are dealt out by `seed`, or, where there are too few
    of them, each is cut into its beginning, middle and end. Of `codec` the `CODEC_FIELDS` are used.

    Raises:
        BadInputError: no usable audio, too little of it, incomplete split folders, or `out` holds something else.
        LiveRNNError: `out` cannot be written.
    """
    if not folder.is_dir():
        raise BadInputError(str(folder), "there is no such folder", "Give a folder with sound files in it.")
    out = Path(os.path.realpath(out))
    _check_replaceable(out)
    sources, unread = find_sources(folder, out)
    if not sources:
        raise BadInputError(
            str(folder), f"none of the {len(unread)} files there is readable audio", "Put WAV, FLAC or Ogg files there."
        )
    division = divide(sources, seed)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        with CorpusWriter(unfinished, codec, longest_pause_s) as writer:
            for done, source in enumerate(sources):
                if on_file:
                    on_file(done, len(sources), source.name)
                try:
                    writer.add(source, division)
                except LiveRNNError as error:
                    unread.append((source.name, error.why))
        writer.check_lengths(folder, unread)
        report = Report(
            minutes={split: writer.samples(split) / codec.sample_rate_hz / 60.0 for split in SPLITS},
            divided_by=division.kind,
            files=writer.surveys,
            unread=unread,
            advice=advice(writer.surveys, writer.samples("train") / codec.sample_rate_hz / 60.0),
        )
        writer.write_index(report, licence, credit)
        _put_in_place(unfinished, out)
    except OSError as error:
        raise LiveRNNError(
            str(out), f"the data cannot be written ({error.strerror})", "Make room, or choose another folder."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return report


class CorpusWriter:
    """Appends recordings to the splits of a data folder that is being made."""

    def __init__(self, folder: Path, codec: ModelConfig, longest_pause_s: float | None) -> None:
        self._longest_pause_s = longest_pause_s
        self.surveys: list[FileSurvey] = []
        self._folder = folder
        self._codec = codec
        self._spans: dict[str, list[FileSpan]] = {split: [] for split in SPLITS}
        self._names: dict[bytes, str] = {}

    def __enter__(self) -> "CorpusWriter":
        with ExitStack() as stack:
            self._files: dict[str, BinaryIO] = {
                split: stack.enter_context(codes_path(self._folder, split).open("wb")) for split in SPLITS
            }
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def samples(self, split: str) -> int:
        """Length of a split so far."""
        return sum(span.samples for span in self._spans[split])

    def add(self, source: Source, division: Division) -> None:
        """Read, measure and encode one sound file.

        Raises:
            BadInputError: it cannot be read, is in no split, or sounds exactly like one before.
        """
        if not division.has(source):
            raise BadInputError(source.name, "it lies outside of train, valid and test", "Move it into one of them.")
        rate_hz = self._codec.sample_rate_hz
        audio = without_silent_ends(read_audio(source.path, rate_hz), rate_hz)
        if self._longest_pause_s is not None:
            audio = shorten_pauses(audio, rate_hz, self._longest_pause_s)
        codes = encode_recording(audio, self._codec)
        digest = hashlib.sha256(codes.data).digest()
        if digest in self._names:
            raise BadInputError(source.name, f"it is a copy of {self._names[digest]}", "Delete one of them.")
        self._names[digest] = source.name
        self.surveys.append(survey(source.name, audio, rate_hz, self._codec.pre_emphasis))
        for split, start, stop in division.parts(source, len(codes)):
            self._spans[split].append(FileSpan(source.name, self.samples(split), stop - start))
            self._files[split].write(codes[start:stop].data)

    def check_lengths(self, folder: Path, unread: Sequence[tuple[str, str]]) -> None:
        """Refuse a corpus that is too short to train on or to be judged by.

        Raises:
            BadInputError: a split is too short.
        """
        left_out = f" ({len(unread)} files were left out: {', '.join(unread[0])} ...)" if unread else ""
        for split in SPLITS:
            seconds = self.samples(split) / self._codec.sample_rate_hz
            needed = MIN_TRAIN_S if split == "train" else MIN_HELD_OUT_S
            if seconds < needed:
                raise BadInputError(
                    str(folder),
                    f"it gives {seconds:.1f} s of audio for {split}, too little to work with{left_out}",
                    f"Add recordings: at least {needed:.0f} s there, better twenty minutes in all.",
                )

    def write_index(self, report: Report, licence: str, credit: str) -> None:
        """What `load_dataset` reads first."""
        index = {
            "format": FORMAT,
            "config": {field: getattr(self._codec, field) for field in CODEC_FIELDS},
            "splits": {
                split: {"files": [asdict(span) for span in spans], "samples": self.samples(split)}
                for split, spans in self._spans.items()
            },
            "report": asdict(report),
            "licence": licence,
            "credit": credit,
        }
        (self._folder / INDEX_NAME).write_text(json.dumps(index, indent=1), encoding="utf-8")


def encode_recording(audio: Audio, config: ModelConfig) -> Codes:
    """Codes of a recording whose mean is subtracted, in blocks so that a long one needs no more memory than itself."""
    audio = audio - np.float32(np.mean(audio, dtype=np.float64))
    codes = np.empty(len(audio), np.uint8)
    for start in range(0, len(audio), _BLOCK_SAMPLES):
        before = min(start, 1)
        block = to_codes(audio[start - before : start + _BLOCK_SAMPLES], config)
        codes[start : start + _BLOCK_SAMPLES] = block[before:]
    return codes


def _check_replaceable(out: Path) -> None:
    if out.is_dir():
        ours = {INDEX_NAME, *(codes_path(out, split).name for split in SPLITS)}
        contents = {path.name for path in out.iterdir()}
        if not contents or (INDEX_NAME in contents and contents <= ours):
            return
    elif not out.exists():
        return
    raise BadInputError(
        str(out), "it exists and is not a data folder made by prepare", "Choose another folder for --out."
    )


def _put_in_place(unfinished: Path, out: Path) -> None:
    if not out.exists():
        unfinished.rename(out)
        return
    # A folder that holds something cannot be renamed over: the old one steps aside, and comes back should that fail.
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    out.rename(old)
    try:
        unfinished.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
