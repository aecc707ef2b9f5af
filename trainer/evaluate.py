"""`evaluate`: how well a checkpoint predicts recordings that it has never heard, beside simple predictors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from livernn.errors import BadInputError
from livernn.model.checkpoint import Checkpoint, load_checkpoint
from livernn.model.samplernn import SampleRNN
from trainer.baselines import baselines
from trainer.dataset import CODEC_FIELDS, Dataset
from trainer.held_out import evaluate_split


@dataclass(frozen=True)
class Evaluation:
    """Bits per sample of a model and of the baselines on the same codes; fewer is better."""

    split: str
    minutes: float
    bits_per_sample: float
    baselines: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """All figures as one JSON object."""
        return asdict(self)

    def text(self) -> str:
        """A table, the best predictor last."""
        rows = {**self.baselines, "this model": self.bits_per_sample}
        lines = [f"bits per sample on {self.minutes:.1f} minutes of {self.split}:"]
        lines += [f"  {bits:6.3f}  {name}" for name, bits in sorted(rows.items(), key=lambda row: -row[1])]
        return "\n".join(lines)


def evaluate(checkpoint: Path, data: Dataset, split: str) -> Evaluation:
    """Teacher-force a split through the network, state carried over each recording; fit the baselines on `train`.

    Raises:
        BadInputError: the checkpoint cannot be read or was trained on codes of another codec.
    """
    loaded = load_checkpoint(checkpoint)
    for field in CODEC_FIELDS:
        theirs, ours = getattr(loaded.config, field), getattr(data.codec, field)
        if theirs != ours:
            raise BadInputError(
                str(checkpoint),
                f"its {field} is {theirs} and that of the data is {ours}",
                "Prepare the data again with the checkpoint's values.",
            )
    held_out = data.split(split)
    return Evaluation(
        split=split,
        minutes=held_out.samples / data.codec.sample_rate_hz / 60.0,
        bits_per_sample=evaluate_split(network(loaded), held_out).held_out_bits,
        baselines=baselines(data, split),
    )


def network(checkpoint: Checkpoint) -> SampleRNN:
    """A checkpoint's network, to be evaluated."""
    model = SampleRNN(checkpoint.config)
    model.load_plain_state({name: torch.from_numpy(array.copy()) for name, array in checkpoint.weights.items()})
    return model.eval()
