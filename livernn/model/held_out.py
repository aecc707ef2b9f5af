"""How well a network foresees music that it was not trained on, as a checkpoint's provenance states it."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

_KEY, _VALID, _BUSIEST = "bits_per_sample", "valid", "busiest second"


class HeldOut(NamedTuple):
    """In bits per sample."""

    bits: float
    """On the whole."""
    busiest_bits: float | None = None
    """Of the busiest second its most foreseen tenth: nowhere does music surprise more than this for a whole second."""

    @staticmethod
    def of(provenance: Mapping[str, Any]) -> "HeldOut | None":
        """What is stated there; None where nothing is."""
        stated = provenance.get(_KEY)
        if not isinstance(stated, Mapping):
            return None
        bits = _finite(stated.get(_VALID))
        return HeldOut(bits, _finite(stated.get(_BUSIEST))) if bits is not None else None

    def as_provenance(self) -> dict[str, Any]:
        """As `of` reads it."""
        figures = {_VALID: self.bits, _BUSIEST: self.busiest_bits}
        return {_KEY: {name: bits for name, bits in figures.items() if bits is not None}}


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
