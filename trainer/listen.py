"""A few seconds of sound at every validation, by the instrument's own kernel."""
from pathlib import Path


def write_audio(checkpoint: Path, path: Path, seconds: float) -> None:
    """Render `seconds` from the initial state."""
