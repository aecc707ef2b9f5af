"""liveRNN: trained SampleRNN checkpoints as a live instrument."""

__version__ = "0.1.0"
