"""TrainConfig: one named recipe for `fit`."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from livernn.errors import BadInputError
from livernn.model.config import ModelConfig


@dataclass(frozen=True)
class TrainConfig:
    """A network and how to fit it. The codec fields of `model` are replaced by the data's own.

    The learning rate warms up over `warmup_steps`, stays, and decays to zero along a cosine over the last
    `decay_share` of the run, so that a run can be prolonged until its decay has begun.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    weight_norm: bool = False
    int8: bool = False
    """Whether the network learns and is validated with the rounding of int8 playing."""
    batch: int = 32
    chunk_samples: int = 1024
    accumulate: int = 1
    """Parts that the batch is taken in, one after the other."""
    gap_share: float = 0.05
    learning_rate: float = 1e-3
    warmup_steps: int = 200
    decay_share: float = 0.35
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    seed: int = 0
    steps: int | None = None
    validate_every_steps: int = 500
    validate_every_minutes: float | None = None
    """Where the steps take longer than that."""
    validate_seconds: float = 60.0
    audio_seconds: float = 4.0
    deterministic: bool = False
    threads: int = 0

    def __post_init__(self) -> None:
        if self.batch < 1 or self.chunk_samples < 1 or self.chunk_samples % self.model.lookback_samples:
            raise BadInputError(
                f"batch {self.batch} x {self.chunk_samples}",
                f"chunks must be whole frames of {self.model.lookback_samples} samples and there must be one",
                "Change --batch or --chunk-samples.",
            )
        if self.int8 and self.weight_norm:
            raise BadInputError("int8", "rounding and weight norm do not go together", "Leave --weight-norm out.")
        if self.accumulate < 1 or self.batch % self.accumulate:
            raise BadInputError(
                f"batch {self.batch}", f"it cannot be taken in {self.accumulate} parts", "Change --accumulate."
            )
        if not 0.0 <= self.gap_share <= 1.0:
            raise BadInputError(f"gap share {self.gap_share}", "it is not in 0..1", "Change --gap-share.")
        if not (0.0 < self.learning_rate < 1.0 and 0.0 <= self.ema_decay < 1.0 and 0.0 <= self.decay_share <= 1.0):
            raise BadInputError(
                "training configuration", "a rate lies outside 0..1", "Change --learning-rate or --ema-decay."
            )

    def to_json(self) -> str:
        """The configuration as one JSON object."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "TrainConfig":
        """Inverse of `to_json`.

        Raises:
            BadInputError: it was written by another version or by hand.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            model = ModelConfig.from_json(json.dumps(fields.pop("model")))
            return TrainConfig(model=model, **fields)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInputError("training configuration", str(error), "Start a new run.") from error


def _published(frame_sizes: tuple[int, ...], layers: int, chunk_samples: int) -> TrainConfig:
    """The published recipe (arXiv 1612.07837, section 3.1, and the settings that its authors give with their code)."""
    return TrainConfig(
        ModelConfig(frame_sizes=frame_sizes, dims=(1024,) * (len(frame_sizes) + 1), embed_dim=256, layers=layers),
        weight_norm=True,
        batch=128,
        chunk_samples=chunk_samples,
        gap_share=0.0,
        warmup_steps=0,
        decay_share=0.0,
        ema_decay=0.0,
    )


NAMED = {
    "live-256": TrainConfig(
        ModelConfig(dims=(256, 384, 512)), batch=8, chunk_samples=4096, learning_rate=1.3e-3, decay_share=0.7
    ),
    "live-512": TrainConfig(
        ModelConfig(dims=(512, 512, 512)), batch=8, chunk_samples=4096, learning_rate=9e-4, decay_share=0.6
    ),
    "live-1024": TrainConfig(
        ModelConfig(dims=(1024, 1024, 1024), upsampler="shared"),
        batch=8,
        chunk_samples=4096,
        learning_rate=6e-4,
        decay_share=0.6,
    ),
    "paper-2tier": _published(frame_sizes=(16,), layers=3, chunk_samples=1024),
    "paper-3tier": _published(frame_sizes=(2, 8), layers=1, chunk_samples=512),
    "tiny": TrainConfig(ModelConfig(dims=(32, 32, 32), embed_dim=8), batch=8, validate_every_steps=100),
}
"""`live-*` are meant to be played on a CPU, and the bundled piano is a `live-512`; their chunks are long because
gradients look back no further than one. `paper-*` want data prepared with `--quantiser linear --pre-emphasis 0`.
"""
