"""ModelConfig: everything about a SampleRNN that is not a weight."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from livernn.errors import BadInputError

Cell = Literal["gru", "lstm"]
Upsampler = Literal["full", "shared"]
Quantiser = Literal["mu-law", "linear"]

FRAME_SCALE = 2.0
"""Frame inputs span [-FRAME_SCALE, FRAME_SCALE], as in the published code."""

_LIMIT_DIM = 4096
_LIMIT_FRAME = 4096


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a SampleRNN (arXiv 1612.07837, section 2) and its signal chain.

    `frame_sizes` lists the frame tiers from fast to slow, each a multiple of the one before; the sample tier
    sees the last `frame_sizes[0]` samples. `dims` starts with the sample tier, so it is one longer.
    """

    sample_rate_hz: int = 16000
    frame_sizes: tuple[int, ...] = (16, 64)
    dims: tuple[int, ...] = (256, 256, 256)
    embed_dim: int = 32
    cell: Cell = "gru"
    layers: int = 1
    upsampler: Upsampler = "full"
    q_levels: int = 256
    quantiser: Quantiser = "mu-law"
    pre_emphasis: float = 0.85

    def __post_init__(self) -> None:
        def require(condition: bool, why: str) -> None:
            if not condition:
                raise BadInputError("model configuration", why, "Correct the value, or export the checkpoint again.")

        object.__setattr__(self, "frame_sizes", tuple(self.frame_sizes))
        object.__setattr__(self, "dims", tuple(self.dims))
        integers = (self.sample_rate_hz, self.embed_dim, self.layers, self.q_levels, *self.frame_sizes, *self.dims)
        require(all(type(value) is int for value in integers), "sizes must be whole numbers")
        require(1000 <= self.sample_rate_hz <= 192000, f"sample_rate_hz {self.sample_rate_hz} is not in 1000..192000")
        require(1 <= len(self.frame_sizes) <= 8, "there must be 1 to 8 frame tiers")
        require(len(self.dims) == len(self.frame_sizes) + 1, "dims must be one longer than frame_sizes")
        require(all(1 <= dim <= _LIMIT_DIM for dim in self.dims), f"dims must lie in 1..{_LIMIT_DIM}")
        require(
            all(2 <= size <= _LIMIT_FRAME for size in self.frame_sizes), f"frame sizes must lie in 2..{_LIMIT_FRAME}"
        )
        require(
            all(
                slow % fast == 0 and slow > fast
                for fast, slow in zip(self.frame_sizes, self.frame_sizes[1:], strict=False)
            ),
            "each frame size must be a multiple of the one before",
        )
        require(1 <= self.embed_dim <= _LIMIT_DIM, f"embed_dim must lie in 1..{_LIMIT_DIM}")
        require(1 <= self.layers <= 8, "layers must lie in 1..8")
        require(2 <= self.q_levels <= 256, "q_levels must lie in 2..256")
        require(self.cell in get_args(Cell), f"cell must be one of {get_args(Cell)}")
        require(self.upsampler in get_args(Upsampler), f"upsampler must be one of {get_args(Upsampler)}")
        require(self.quantiser in get_args(Quantiser), f"quantiser must be one of {get_args(Quantiser)}")
        require(
            isinstance(self.pre_emphasis, int | float)
            and math.isfinite(self.pre_emphasis)
            and 0.0 <= self.pre_emphasis < 1.0,
            "pre_emphasis must lie in 0..1",
        )

    @property
    def tiers(self) -> int:
        """Number of tiers, the sample tier included."""
        return len(self.dims)

    @property
    def taps(self) -> int:
        """Samples that the sample tier looks back on."""
        return self.frame_sizes[0]

    @property
    def lookback_samples(self) -> int:
        """Samples before the first predicted one that the slowest tier needs."""
        return self.frame_sizes[-1]

    def ratio(self, tier: int) -> int:
        """How many steps of the tier below one step of frame tier `tier` (1 = fastest) conditions."""
        return self.frame_sizes[tier - 1] // (self.frame_sizes[tier - 2] if tier > 1 else 1)

    def to_json(self) -> str:
        """The configuration as one JSON object."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "ModelConfig":
        """Inverse of `to_json`; fields that are missing take their defaults.

        Raises:
            BadInputError: not JSON, unknown fields, or values out of range.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            return ModelConfig(**fields)
        except (json.JSONDecodeError, TypeError) as error:
            raise BadInputError("model configuration", str(error), "Export the checkpoint again.") from error
