"""Patch: every value that one block is rendered with."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from livernn.control.params import PARAMS
from livernn.errors import BadInputError


@dataclass(frozen=True)
class Patch:
    """One value per entry of `PARAMS`, clamped to its range at construction."""

    temperature: float = PARAMS["temperature"].default
    top_k: float = PARAMS["top_k"].default
    top_p: float = PARAMS["top_p"].default
    min_p: float = PARAMS["min_p"].default
    noise_fast: float = PARAMS["noise_fast"].default
    noise_slow: float = PARAMS["noise_slow"].default
    steady: float = PARAMS["steady"].default
    voices: float = PARAMS["voices"].default
    pan_spread: float = PARAMS["pan_spread"].default
    temperature_spread: float = PARAMS["temperature_spread"].default
    low_cut_hz: float = PARAMS["low_cut_hz"].default
    gain_db: float = PARAMS["gain_db"].default
    fade_ms: float = PARAMS["fade_ms"].default
    guard: float = PARAMS["guard"].default

    def __post_init__(self) -> None:
        for name, spec in PARAMS.items():
            object.__setattr__(self, name, spec.clamp(float(getattr(self, name))))

    def value(self, name: str) -> float:
        """The value of the parameter called `name`."""
        return float(getattr(self, PARAMS[name].name))

    def with_value(self, name: str, value: float) -> "Patch":
        """A copy in which one parameter is changed."""
        return replace(self, **{PARAMS[name].name: value})

    def to_dict(self) -> dict[str, float]:
        """Parameter name to value, in table order."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, object]) -> "Patch":
        """Patch from a JSON object; parameters it lacks take their defaults.

        Raises:
            BadInputError: a name is unknown or a value is not a number.
        """
        known = {field.name for field in fields(Patch)}
        clean: dict[str, float] = {}
        for name, value in values.items():
            if name not in known:
                raise BadInputError(
                    f"parameter {name!r}", "this version does not know it", f"Use one of: {', '.join(PARAMS)}."
                )
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadInputError(f"parameter {name!r}", f"{value!r} is not a number", "Give a number.")
            clean[name] = float(value)
        return Patch(**clean)
