import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.response import TICKS_PER_RANGE, Curve, Encoding, Takeover
from tests.control.midi import places

RELATIVE = [encoding for encoding in Encoding if encoding is not Encoding.ABSOLUTE]


@given(st.sampled_from(Curve), places, places)
def test_curves_rise_from_end_to_end_and_can_be_undone(curve: Curve, low: float, high: float) -> None:
    assert [curve.bend(0.0), curve.bend(1.0)] == [0.0, 1.0]
    low, high = sorted((low, high))
    assert 0.0 <= curve.bend(low) <= curve.bend(high) <= 1.0
    assert curve.unbend(curve.bend(low)) == pytest.approx(low, abs=1e-6)


def test_curves_bend_the_way_that_they_are_called() -> None:
    assert Curve.SLOW_START.bend(0.5) < 0.5 < Curve.FAST_START.bend(0.5)
    assert Curve.S_SHAPED.bend(0.25) < 0.25 < 0.75 < Curve.S_SHAPED.bend(0.75)


@pytest.mark.parametrize(
    ("encoding", "up", "down"),
    [
        (Encoding.TWOS_COMPLEMENT, {1: 1, 2: 2, 63: 63}, {127: -1, 126: -2, 64: -64}),
        (Encoding.BINARY_OFFSET, {65: 1, 66: 2, 127: 63}, {63: -1, 62: -2, 0: -64}),
        (Encoding.SIGN_MAGNITUDE, {1: 1, 2: 2, 63: 63}, {65: -1, 66: -2, 127: -63}),
    ],
)
def test_encoders_click_up_and_down(encoding: Encoding, up: dict[int, int], down: dict[int, int]) -> None:
    for value, ticks in (up | down).items():
        assert encoding.ticks(value) == ticks
    assert abs(encoding.ticks(64)) in (0, 64)


@given(st.sampled_from(RELATIVE), st.integers(0, 127))
def test_no_message_turns_an_encoder_further_than_half_its_range(encoding: Encoding, value: int) -> None:
    assert abs(encoding.ticks(value)) <= (TICKS_PER_RANGE + 1) // 2


def test_an_absolute_control_has_no_clicks() -> None:
    with pytest.raises(ValueError, match="no clicks"):
        Encoding.ABSOLUTE.ticks(1)


@given(places, st.none() | places, places, st.booleans())
def test_without_takeover_the_parameter_jumps(current: float, seen: float | None, place: float, held: bool) -> None:
    assert Takeover.NONE.follow(current, seen, place, held=held) == place


def test_pick_up_waits_until_the_control_comes_by() -> None:
    follow = Takeover.PICK_UP.follow
    assert follow(0.5, None, 0.2, held=False) is None
    assert follow(0.5, 0.2, 0.4, held=False) is None
    assert follow(0.5, 0.4, 0.6, held=False) == 0.6
    assert follow(0.5, 0.9, 0.3, held=False) == 0.3
    assert follow(0.5, None, 0.5, held=False) == 0.5
    assert follow(0.6, 0.6, 0.9, held=True) == 0.9


@given(places, places, places)
def test_pick_up_never_jumps(current: float, seen: float, place: float) -> None:
    followed = Takeover.PICK_UP.follow(current, seen, place, held=False)
    if followed is not None:
        low, high = sorted((seen, place))
        assert low - 0.01 <= current <= high + 0.01


@given(places, places, places)
def test_scaling_moves_with_the_control_and_meets_it_at_the_ends(current: float, seen: float, place: float) -> None:
    follow = Takeover.SCALING.follow
    moved = follow(current, seen, place, held=False)
    assert moved is not None
    assert -1e-9 <= moved <= 1.0 + 1e-9
    if 0.0 < place < 1.0:
        assert (moved - current) * (place - seen) >= 0.0
        assert abs(moved - place) <= abs(current - seen) + 1e-9, "the two never drift apart"
    assert follow(current, seen, 1.0, held=False) == 1.0
    assert follow(current, seen, 0.0, held=False) == 0.0


@given(places, places)
def test_scaling_follows_exactly_once_they_are_together(place: float, seen: float) -> None:
    assert Takeover.SCALING.follow(seen, seen, place, held=True) == pytest.approx(place)


def test_scaling_does_not_jump_on_the_first_message() -> None:
    assert Takeover.SCALING.follow(0.5, None, 0.2, held=False) is None
