import json
import math
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.params import PARAMS
from livernn.control.patch import Patch
from livernn.errors import BadInputError

PATCHES = st.builds(Patch, **{name: st.floats(spec.minimum, spec.maximum) for name, spec in PARAMS.items()})


def test_a_patch_has_the_tables_parameters_in_its_order_at_their_defaults() -> None:
    assert [field.name for field in fields(Patch)] == list(PARAMS)
    assert Patch().to_dict() == {name: spec.default for name, spec in PARAMS.items()}


@given(PATCHES)
def test_a_patch_comes_back_from_json(patch: Patch) -> None:
    assert Patch.from_dict(json.loads(json.dumps(patch.to_dict()))) == patch


@given(PATCHES, st.sampled_from(list(PARAMS)), st.floats())
def test_one_value_changes_and_is_clamped(patch: Patch, name: str, value: float) -> None:
    changed = patch.with_value(name, value)
    assert changed.value(name) == PARAMS[name].clamp(value)
    assert changed.with_value(name, patch.value(name)) == patch


def test_what_is_missing_takes_its_default() -> None:
    assert Patch.from_dict({}) == Patch()
    assert Patch.from_dict({"top_k": 40}) == Patch(top_k=40.0)


def test_values_out_of_range_and_nan_are_clamped() -> None:
    patch = Patch.from_dict({"temperature": math.nan, "gain_db": math.inf, "top_k": 12.6, "min_p": -1})
    assert patch == Patch(gain_db=12.0, top_k=13.0, min_p=0.0)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(BadInputError, match=r"'colour'.*temperature, top_k, .*gain_db"):
        Patch.from_dict({"colour": 1.0})
    with pytest.raises(KeyError):
        Patch().with_value("colour", 1.0)
    with pytest.raises(KeyError):
        Patch().value("colour")


@pytest.mark.parametrize("value", ["1.0", None, True, [1.0], {}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(BadInputError, match=r"'top_k'.*not a number"):
        Patch.from_dict({"top_k": value})


def test_a_patch_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Patch().temperature = 2.0
