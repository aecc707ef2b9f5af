"""A run folder: configuration, exact state to resume from, checkpoints for the instrument. No torch."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livernn.claim import claimed
from livernn.errors import BadInputError, LiveRNNError
from trainer.config import TrainConfig


@dataclass(frozen=True)
class RunFolder:
    """Names of the files in RUN."""

    path: Path

    @property
    def config(self) -> Path:
        """The TrainConfig of the newest `fit`."""
        return self.path / "config.json"

    @property
    def state(self) -> Path:
        """Everything that the next step depends on."""
        return self.path / "state.safetensors"

    @property
    def log(self) -> Path:
        """A JSON line per step and validation."""
        return self.path / "log.jsonl"

    @property
    def best(self) -> Path:
        """The checkpoint with the lowest validation loss."""
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """The checkpoint of the newest validation."""
        return self.path / "last.safetensors"

    @property
    def audio(self) -> Path:
        """What the newest checkpoints sound like."""
        return self.path / "audio"

    def sound(self, step: int) -> Path:
        """The checkpoint of that step as a WAV."""
        return self.audio / f"{step:07d}.wav"

    @property
    def stop(self) -> Path:
        """A file that asks `fit` to save its state after the next step, and to end."""
        return self.path / "stop"

    @property
    def board(self) -> Path:
        """What TensorBoard reads."""
        return self.path / "tensorboard"

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the run while it is worked on; after that, whoever asked for `stop` has had it.

        Raises:
            LiveRNNError: another process works on it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with claimed(self.path / "claim") as held:
            if not held:
                raise LiveRNNError(
                    str(self.path), "another fit is at work there", "Wait for its end, or choose another --out."
                )
            try:
                yield
            finally:
                self.stop.unlink(missing_ok=True)

    def load_config(self) -> TrainConfig:
        """The configuration that the run was started with.

        Raises:
            BadInputError: this is not a run folder.
        """
        try:
            return TrainConfig.from_json(self.config.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInputError(
                str(self.path), "it is not a run folder (no config.json)", "Name a folder that 'fit --out' made."
            ) from error
