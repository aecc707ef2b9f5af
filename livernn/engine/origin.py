"""Where a voice comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """What a voice was made from: enough to make it again."""

    checkpoint: str
    sha256: str
    precision: str
    seed: int
    prime: str | None = None
