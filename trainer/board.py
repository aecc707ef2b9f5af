"""A run in TensorBoard: the same figures as in the log, and how the newest checkpoint sounds and looks."""

from functools import partial
from pathlib import Path
from typing import Any

from livernn.audiofile import probe, read_audio
from livernn.errors import LiveRNNError
from trainer.picture import spectrogram

_SCALARS = {
    "bits": "bits/train",
    "valid_bits": "bits/valid",
    "rate": "step/learning rate",
    "norm": "step/gradient norm",
    "samples_per_s": "step/samples per s",
}
_PICTURE_WIDTH = 800


class Board:
    """Appends to what is in `folder`, but for what lies after `first_step`."""

    def __init__(self, folder: Path, first_step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise LiveRNNError(
                "--tensorboard", "the package tensorboard is not installed", "Type: pip install tensorboard"
            ) from error
        self._begin = partial(SummaryWriter, str(folder))
        self._writer = self._begin(purge_step=first_step + 1)

    def figures(self, entry: dict[str, Any]) -> None:
        """What of a line of the log is one."""
        for name, tag in _SCALARS.items():
            if name in entry:
                self._writer.add_scalar(tag, entry[name], entry["step"])

    def sound(self, path: Path, step: int) -> None:
        """A WAV, to be listened to and looked at."""
        rate_hz = round(probe(path).sample_rate_hz)
        audio = read_audio(path, rate_hz)
        self._writer.add_audio("sound", audio[None], step, rate_hz)
        self._writer.add_image("spectrogram", spectrogram(audio, _PICTURE_WIDTH), step, dataformats="HWC")
        self._writer.flush()

    def rewind(self, step: int) -> None:
        """What was written after `step` is void."""
        self._writer.close()
        self._writer = self._begin(purge_step=step + 1)

    def close(self) -> None:
        """Write what is left and end the writer's thread."""
        self._writer.close()
