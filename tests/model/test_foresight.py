import math
from typing import Any

import pytest

from livernn.model.foresight import Foresight


@pytest.mark.parametrize("foresight", [Foresight(3.5), Foresight(3.5, 5.25), Foresight(3.5, None, 3.0)])
def test_what_is_stated_is_read_again(foresight: Foresight) -> None:
    assert Foresight.of({"steps": 3, **foresight.as_provenance()}) == foresight


@pytest.mark.parametrize("stated", [None, 3.5, {}, {"valid": "3.5"}, {"valid": math.nan}, {"busiest second": 5.0}])
def test_what_says_nothing_of_use_is_nothing(stated: Any) -> None:
    assert Foresight.of({"bits_per_sample": stated}) is None
    assert Foresight.of({}) is None


@pytest.mark.parametrize("name", ["busiest second", "train"])
def test_a_damaged_figure_is_left_out(name: str) -> None:
    assert Foresight.of({"bits_per_sample": {"valid": 3.5, name: math.inf}}) == Foresight(3.5)


def test_its_own_samples_are_like_what_it_was_trained_on() -> None:
    assert Foresight(3.5, 5.25, 3.0).own_bits == 3.0
    assert Foresight(3.5, 5.25).own_bits == 3.5
