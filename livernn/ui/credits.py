"""To whom a preset owes its sound: what its maker says, and what its network says, which nobody can edit."""

import re

from livernn.control.preset import CARD_FILE, About, Preset
from livernn.errors import LiveRNNError
from livernn.model.checkpoint import read_provenance


def network_credit(preset: Preset) -> dict[str, str]:
    """Of credit, licence and data those that the checkpoint tells, each in one line."""
    try:
        provenance = read_provenance(preset.checkpoint)
    except LiveRNNError:
        return {}
    told = {name: " ".join(str(provenance.get(name) or "").split()) for name in ("credit", "licence", "data")}
    return {name: text for name, text in told.items() if text}


def about_to_edit(preset: Preset) -> About:
    """What a preset says of itself, to begin with under the licence of its network."""
    about = preset.about
    return About(about.author, about.licence or network_credit(preset).get("licence", ""), about.notes)


def credits_page(preset: Preset) -> str:
    """Markdown: what its maker says, then what the checkpoint tells of the network, else the card."""
    network = network_credit(preset)
    parts = [*_maker(preset.about)]
    if parts:
        parts.append("The network:")
    parts.append(_list(network) if "credit" in network else card_page(preset))
    return "\n\n".join(parts)


def card_page(preset: Preset) -> str:
    """Markdown: the card, its headings below those of the page that it becomes part of."""
    try:
        text = (preset.folder / CARD_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return f"{preset.title} has no card: its data and licence are not known."
    return re.sub(r"^#+ ", r"##\g<0>", text, flags=re.MULTILINE)


def _maker(about: About) -> list[str]:
    told = {name: _plain(text) for name, text in (("author", about.author), ("licence", about.licence)) if text}
    notes = _plain(about.notes).replace("\n", "  \n")
    return [part for part in (_list(told), notes) if part]


def _list(told: dict[str, str]) -> str:
    return "\n".join(f"- **{name.capitalize()}:** {text}" for name, text in told.items())


def _plain(text: str) -> str:
    """As typed: no sign in it is Markdown's."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text.strip())
