"""How well a network foresees music, as a checkpoint's provenance states it."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

_KEY, _VALID, _BUSIEST, _TRAIN = "bits_per_sample", "valid", "busiest second", "train"


class Foresight(NamedTuple):
    """In bits per sample."""

    held_out_bits: float
    """Of music that it was not trained on, on the whole."""
    busiest_bits: float | None = None
    """Of the busiest second of that its most foreseen tenth: nowhere does it surprise more for a whole second."""
    trained_bits: float | None = None
    """Of music that it was trained on, as training ended."""

    @staticmethod
    def of(provenance: Mapping[str, Any]) -> "Foresight | None":
        """What is stated there; None where nothing is."""
        stated = provenance.get(_KEY)
        if not isinstance(stated, Mapping):
            return None
        held_out_bits = _finite(stated.get(_VALID))
        if held_out_bits is None:
            return None
        return Foresight(held_out_bits, _finite(stated.get(_BUSIEST)), _finite(stated.get(_TRAIN)))

    def as_provenance(self) -> dict[str, Any]:
        """As `of` reads it."""
        figures = {_VALID: self.held_out_bits, _BUSIEST: self.busiest_bits, _TRAIN: self.trained_bits}
        return {_KEY: {name: bits for name, bits in figures.items() if bits is not None}}

    @property
    def own_bits(self) -> float:
        """What its own samples surprise it by while they are like music: what it was trained on is what it makes."""
        return self.held_out_bits if self.trained_bits is None else self.trained_bits


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
