"""What `prepare` found, in plain words and with advice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.survey import FileSurvey

_LISTED_FILES = 20
_GOOD_MINUTES = 10.0


@dataclass(frozen=True)
class Report:
    """Minutes per split, how the recordings were divided, and each of them; `unread` pairs a file with the reason."""

    minutes: dict[str, float]
    divided_by: str
    files: list[FileSurvey]
    unread: list[tuple[str, str]]
    advice: list[str]

    def text(self) -> str:
        """The report for a terminal, several lines."""
        offset = max((file.dc_offset for file in self.files), key=abs)
        spread_db = loudness_spread_db(self.files)
        lines = [
            f"{len(self.files)} recordings, divided by {self.divided_by}: "
            + ", ".join(f"{split} {minutes:.1f} min" for split, minutes in self.minutes.items()),
            f"clipped: {mean(self.files, 'clipped_share'):.2%} of samples",
            f"silent: {mean(self.files, 'silent_share'):.1%} of seconds",
            f"loudness: {mean(self.files, 'loudness_db'):.0f} dBFS, files differ by {spread_db:.0f} dB",
            f"mains hum: in {sum(file.hum_hz > 0 for file in self.files)} files",
            f"centre line: off by {offset:+.5f} at most, corrected",
        ]
        if self.unread:
            lines.append(f"{len(self.unread)} files were left out:")
            lines += [f"  {name}: {why}" for name, why in self.unread[:_LISTED_FILES]]
            lines += [f"  and {len(self.unread) - _LISTED_FILES} more"] * (len(self.unread) > _LISTED_FILES)
        return "\n".join(lines + [f"* {sentence}" for sentence in self.advice])


def mean(files: Sequence[FileSurvey], field: str) -> float:
    """Average of one of the survey's figures, each recording weighing as much as it lasts."""
    total = sum(file.seconds for file in files)
    return float(sum(getattr(file, field) * file.seconds for file in files) / total)


def loudness_spread_db(files: Sequence[FileSurvey]) -> float:
    """From the 10th to the 90th percentile of the files that are not silent."""
    levels = [file.loudness_db for file in files if file.silent_share < 1.0]
    low, high = np.percentile(levels, [10, 90]) if levels else (0.0, 0.0)
    return float(high - low)


def advice(files: Sequence[FileSurvey], train_minutes: float) -> list[str]:
    """What to do about it, one sentence or two each; empty where the recordings are in order."""
    clipped = max(files, key=lambda file: file.clipped_share)
    offset = max(files, key=lambda file: abs(file.dc_offset))
    humming = [file for file in files if file.hum_hz]
    hum = max(humming, key=lambda file: file.hum_db, default=files[0])
    findings = [
        (
            train_minutes < _GOOD_MINUTES,
            (
                f"There are only {train_minutes:.1f} minutes to train on: expect the model to learn them by heart. "
                "Twenty minutes or more of one instrument is a good start."
            ),
        ),
        (
            mean(files, "clipped_share") > 1e-4,
            (
                f"{mean(files, 'clipped_share'):.2%} of the samples are clipped (worst: {clipped.name}, "
                f"{clipped.clipped_share:.2%}). The model will learn the distortion: record again at a lower level."
            ),
        ),
        (
            mean(files, "overload_share") > 1e-3,
            (
                f"{mean(files, 'overload_share'):.2%} of the samples are too loud after pre-emphasis and were cut. "
                "Turn the recordings down by 6 dB, or prepare with a smaller --pre-emphasis."
            ),
        ),
        (
            mean(files, "silent_share") > 0.05,
            (
                f"{mean(files, 'silent_share'):.0%} of the seconds are silent. A model that hears much silence falls "
                "silent: shorten the pauses (--longest-pause 0.3), unless they belong to the music."
            ),
        ),
        (
            abs(offset.dc_offset) > 0.01,
            (
                f"The centre line of {offset.name} was off by {offset.dc_offset:+.3f}; it was corrected here. "
                "The recording chain has a fault: check it before recording more."
            ),
        ),
        (
            bool(humming),
            (
                f"{len(humming)} of {len(files)} files hum at {hum.hum_hz:.0f} Hz (worst: {hum.name}, {hum.hum_db:.0f} "
                "dBFS). The model will hum too: remove it with a notch filter first."
            ),
        ),
        (
            loudness_spread_db(files) > 12.0,
            (
                f"Files differ in loudness by {loudness_spread_db(files):.0f} dB. Unless that is the music's own, "
                "bring them to one level, or the model will jump between levels."
            ),
        ),
        (
            mean(files, "loudness_db") < -45.0,
            (
                f"The recordings are very quiet ({mean(files, 'loudness_db'):.0f} dBFS): turn them up, or the "
                "quantiser's noise will show."
            ),
        ),
    ]
    return [sentence for found, sentence in findings if found]
