"""How many voices play together: as many as this machine renders in real time."""

from livernn.control.patch import Patch
from livernn.errors import LiveRNNError

LEAST_FACTOR = 1.3
"""Real-time factor that voices must have together."""


def fitting(patch: Patch, most_voices: int) -> Patch:
    """The patch, with no more voices than that."""
    return patch.with_value("voices", min(patch.voices, most_voices))


def too_many(patch: Patch, most_voices: int) -> LiveRNNError:
    """Why it has to be fitted."""
    return LiveRNNError(
        f"{patch.voices:.0f} voices",
        f"this machine plays no more than {most_voices} of this model in real time",
        "Play fewer, or a smaller model.",
    )
