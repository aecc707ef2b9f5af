import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livernn.control.params import PARAMS, Law, ParamSpec

SPECS = st.sampled_from(list(PARAMS.values()))
POSITIONS = st.floats(0.0, 1.0)
ANY = st.floats(allow_nan=False)


def test_the_table_has_every_law_and_sound_entries() -> None:
    assert {spec.law for spec in PARAMS.values()} == set(Law)
    for name, spec in PARAMS.items():
        assert spec.name == name
        assert spec.minimum < spec.maximum
        assert spec.clamp(spec.default) == spec.default
        assert spec.law is not Law.LOG or spec.minimum > 0.0
        assert spec.off is None or spec.clamp(spec.off) == spec.off


@given(SPECS, ANY)
def test_clamp_keeps_what_is_in_range_and_takes_the_nearest_end_else(spec: ParamSpec, value: float) -> None:
    clamped = spec.clamp(value)
    assert spec.minimum <= clamped <= spec.maximum
    if value <= spec.minimum:
        assert clamped == spec.minimum
    elif value >= spec.maximum:
        assert clamped == spec.maximum
    elif spec.is_whole:
        assert clamped.is_integer()
        assert abs(clamped - value) <= 0.5
    else:
        assert clamped == value


@pytest.mark.parametrize("spec", PARAMS.values(), ids=PARAMS)
def test_no_number_is_the_default(spec: ParamSpec) -> None:
    assert spec.clamp(math.nan) == spec.default
    assert spec.to_position(math.nan) == spec.to_position(spec.default)
    assert spec.parse("nan") == spec.default


@given(SPECS, POSITIONS)
def test_a_position_comes_back_from_its_value(spec: ParamSpec, position: float) -> None:
    step = 1.0 / (spec.maximum - spec.minimum) if spec.is_whole else 0.0
    assert spec.to_position(spec.from_position(position)) == pytest.approx(position, abs=step / 2 + 1e-9)


@given(SPECS, ANY)
def test_a_value_comes_back_from_its_position(spec: ParamSpec, value: float) -> None:
    value = spec.clamp(value)
    assert spec.from_position(spec.to_position(value)) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(SPECS, POSITIONS, POSITIONS)
def test_further_on_the_control_is_never_less(spec: ParamSpec, one: float, other: float) -> None:
    assume(one < other)
    assert spec.from_position(one) <= spec.from_position(other)


@pytest.mark.parametrize("spec", PARAMS.values(), ids=PARAMS)
def test_positions_end_at_the_ends_of_the_range(spec: ParamSpec) -> None:
    assert spec.from_position(-3.0) == spec.from_position(0.0) == pytest.approx(spec.minimum)
    assert spec.from_position(3.0) == spec.from_position(1.0) == pytest.approx(spec.maximum)
    assert (spec.to_position(-math.inf), spec.to_position(math.inf)) == (0.0, 1.0)


def test_a_logarithmic_middle_is_the_geometric_mean() -> None:
    assert PARAMS["temperature"].from_position(0.5) == pytest.approx(math.sqrt(0.1 * 2.0))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("temperature", 0.9, "0.90"),
        ("top_k", 40.0, "40"),
        ("top_k", 0.0, "off"),
        ("top_p", 0.95, "0.950"),
        ("top_p", 1.0, "off"),
        ("min_p", 0.02, "0.020"),
        ("min_p", 0.0, "off"),
        ("gain_db", 0.0, "0.0 dB"),
        ("gain_db", -7.25, "-7.2 dB"),
    ],
)
def test_values_read_as_a_performer_expects(name: str, value: float, text: str) -> None:
    assert PARAMS[name].format(value) == text


@given(SPECS, ANY)
def test_what_is_shown_can_be_typed(spec: ParamSpec, value: float) -> None:
    value = spec.clamp(value)
    assert spec.parse(spec.format(value)) == pytest.approx(value, abs=0.51 * 10.0**-spec.decimals)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [("top_k", " OFF ", 0.0), ("top_p", "off", 1.0), ("gain_db", "-3,5db", -3.5), ("gain_db", "99", 12.0)],
)
def test_typing_is_forgiving(name: str, typed: str, value: float) -> None:
    assert PARAMS[name].parse(typed) == value


@pytest.mark.parametrize(
    ("name", "typed"), [("temperature", "off"), ("top_k", ""), ("gain_db", "loud"), ("min_p", "-")]
)
def test_what_is_no_number_is_refused(name: str, typed: str) -> None:
    with pytest.raises(ValueError, match="float"):
        PARAMS[name].parse(typed)
