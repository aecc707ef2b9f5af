"""A checkpoint's card: what it is, where it comes from, how well it predicts."""

from collections.abc import Mapping
from typing import Any

from livernn.model.checkpoint import Checkpoint

_UNKNOWN = "not stated"
_BITS = "bits per sample"


def card(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """Heading and text of each line, in reading order. Of provenance, any JSON is accepted."""
    config, provenance = checkpoint.config, checkpoint.provenance
    weights = sum(array.size for array in checkpoint.weights.values())
    frames = "/".join(map(str, config.frame_sizes))
    dims = ",".join(map(str, config.dims))
    levels = f"{config.quantiser} with {config.q_levels} levels"
    return [
        ("model", f"SampleRNN, {config.tiers} tiers, frames {frames}, dims {dims}, {weights / 1e6:.2f} M weights"),
        ("cells", f"{config.layers} x {config.cell.upper()}, upsampler {config.upsampler}"),
        ("signal", f"{config.sample_rate_hz} Hz, {levels}, pre-emphasis {config.pre_emphasis:g}"),
        ("data", _text(provenance.get("data"))),
        ("licence", _text(provenance.get("licence"))),
        ("credit", _text(provenance.get("credit"))),
        ("training", _training(provenance)),
        ("settings", _text(provenance.get("settings"))),
        (_BITS, _text(provenance.get("bits_per_sample"))),
        ("sha256", checkpoint.sha256),
    ]


def card_page(title: str, provenance: Mapping[str, Any]) -> str:
    """What a preset's CARD.md says of where its checkpoint comes from, for one that nobody has written yet."""
    told = [(name, _text(provenance.get(name))) for name in ("data", "credit", "licence")]
    told += [("training", _training(provenance)), (_BITS, _text(provenance.get("bits_per_sample")))]
    return f"# {title}\n\n" + "".join(f"- **{name.capitalize()}:** {text}\n" for name, text in told)


def _training(provenance: Mapping[str, Any]) -> str:
    return f"{_text(provenance.get('steps'))} steps, {_text(provenance.get('minutes'))} minutes"


def _text(value: Any) -> str:
    if value is None or value == "":
        return _UNKNOWN
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items()) or _UNKNOWN
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(str(value).split())
