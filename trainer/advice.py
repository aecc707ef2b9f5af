"""What to tell about a run that goes wrong slowly, early enough to act on it."""

from collections.abc import Sequence

from livernn.model.quantize import Audio
from livernn.synth.dead_seconds import SILENT_DB
from trainer.config import TrainConfig
from trainer.dataset import Dataset
from trainer.log import Entry
from trainer.survey import seconds_rms_db
from trainer.trend import learns_by_heart
from trainer.watch import frequency_bits, stuck

_PATIENCE_STEPS = 200
_MUSIC_RESTS = 0.05
"""Recordings with a larger share of silent seconds may well be imitated by silence."""


class Adviser:
    """Looks at every validation, and says each thing once."""

    def __init__(self, config: TrainConfig, data: Dataset) -> None:
        self._config = config
        self._frequency_bits = frequency_bits(data.split("train").codes)
        self._rests = silent_share(data) > _MUSIC_RESTS
        self._was_silent = False
        self._said: set[str] = set()

    def after_validation(self, losses: Sequence[float], validations: Sequence[Entry], heard: Audio) -> list[str]:
        """What is new: by the losses of all steps, all validations, and what the newest checkpoint sounds like."""
        silent = bool(seconds_rms_db(heard, self._config.model.sample_rate_hz)[-1] < SILENT_DB)
        findings = [
            (
                len(losses) >= self._config.warmup_steps + _PATIENCE_STEPS and stuck(losses, self._frequency_bits),
                (
                    "stuck: it has learnt no more than how often each level occurs. Begin again with a --learning-rate "
                    "three times as high, or a third of it where the loss jumps about, and read what prepare said of "
                    "the data."
                ),
            ),
            (
                learns_by_heart(validations),
                (
                    "it learns its recordings by heart: the held-out loss has been rising since the best checkpoint, "
                    "which is kept. Stop it, and add recordings or take smaller --dims."
                ),
            ),
            (
                silent and self._was_silent and not self._rests,
                (
                    "dying: what it plays falls silent, and its recordings do not. Raise --gap-share, so that it "
                    "learns to rise from silence, and read what prepare said of centre line and pauses."
                ),
            ),
        ]
        self._was_silent = silent
        new = [text for found, text in findings if found and text not in self._said]
        self._said.update(new)
        return new


def silent_share(data: Dataset) -> float:
    """Of the seconds of all recordings, as `prepare` surveyed them; 0 where it did not."""
    files = data.report.get("files", [])
    total = sum(file["seconds"] for file in files)
    return sum(file["silent_share"] * file["seconds"] for file in files) / total if total else 0.0
