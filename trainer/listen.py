"""A few seconds of sound at every validation, by the instrument's own kernel."""

from pathlib import Path

from livernn.control.patch import Patch
from livernn.model.checkpoint import load_checkpoint
from livernn.model.quantize import Audio
from livernn.synth.offline import render_offline
from livernn.wavfile import write_wav


def write_audio(checkpoint: Path, path: Path, seconds: float) -> Audio:
    """Render `seconds` from the initial state, at the model's rate; returns them, too."""
    model = load_checkpoint(checkpoint)
    audio = render_offline(model, Patch(guard=0.0), seconds, seed=0)
    write_wav(path, audio, model.config.sample_rate_hz)
    return audio
