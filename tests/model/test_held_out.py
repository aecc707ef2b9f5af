import math
from typing import Any

import pytest

from livernn.model.held_out import HeldOut


@pytest.mark.parametrize("held_out", [HeldOut(3.5), HeldOut(3.5, 5.25)])
def test_what_is_stated_is_read_again(held_out: HeldOut) -> None:
    assert HeldOut.of({"steps": 3, **held_out.as_provenance()}) == held_out


@pytest.mark.parametrize("stated", [None, 3.5, {}, {"valid": "3.5"}, {"valid": math.nan}, {"busiest second": 5.0}])
def test_what_says_nothing_of_use_is_nothing(stated: Any) -> None:
    assert HeldOut.of({"bits_per_sample": stated}) is None
    assert HeldOut.of({}) is None


def test_a_damaged_figure_of_the_busiest_second_is_left_out() -> None:
    assert HeldOut.of({"bits_per_sample": {"valid": 3.5, "busiest second": math.inf}}) == HeldOut(3.5)
