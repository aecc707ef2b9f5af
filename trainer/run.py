"""A run folder: configuration, exact state to resume from, checkpoints for the instrument. No torch."""

from dataclasses import dataclass
from pathlib import Path

from livernn.errors import BadInputError
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
