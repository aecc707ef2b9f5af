import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.actions import Action
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.midimap_json import from_json, to_json
from livernn.control.params import PARAMS, Law
from livernn.control.response import Curve, Encoding, Takeover
from livernn.errors import BadInputError
from tests.control.midi import bindings, maps, param_bindings, places

KNOB = Control(ControlKind.CC, 1, 21, "Knobs")
FADER = Control(ControlKind.CC, 1, 7, "Knobs")
TEMPERATURE = Target.param("temperature")
PANIC = Target.action(Action.PANIC)

ENTRY: dict[str, Any] = {"parameter": "temperature", "control": "cc", "channel": 1, "number": 21, "port": "Knobs"}


def test_parameters_and_actions_make_one_set_of_names() -> None:
    assert set(PARAMS) & {action.value for action in Action} == set()


@given(maps)
def test_a_map_survives_its_file(midi_map: MidiMap) -> None:
    cleaned = from_json(json.loads(json.dumps(to_json(midi_map))))
    assert cleaned.follows_transport == midi_map.follows_transport
    assert [(binding.control, binding.target) for binding in cleaned.bindings] == [
        (binding.control, binding.target) for binding in midi_map.bindings
    ]
    assert cleaned == midi_map


@given(param_bindings(), places)
def test_values_stay_within_the_range_and_tell_the_place_back(binding: Binding, place: float) -> None:
    spec = PARAMS[binding.target.name]
    value = binding.value_at(place)
    low, high = sorted(binding.ends())
    assert low - 1e-9 <= value <= high + 1e-9
    assert value == spec.clamp(value)
    if spec.law is not Law.INTEGER and spec.to_position(high) - spec.to_position(low) > 1e-3:
        assert binding.value_at(binding.place_of(value)) == pytest.approx(
            value, abs=1e-6 * (spec.maximum - spec.minimum)
        )


@given(param_bindings())
def test_the_ends_of_the_control_are_the_ends_of_the_range(binding: Binding) -> None:
    assert (binding.value_at(0.0), binding.value_at(1.0)) == pytest.approx(binding.ends())


def test_a_range_may_run_backwards() -> None:
    binding = Binding(KNOB, Target.param("gain_db"), low=0.0, high=-20.0)
    assert [binding.value_at(place) for place in (0.0, 0.5, 1.0)] == pytest.approx([0.0, -10.0, -20.0])
    assert binding.place_of(-5.0) == pytest.approx(0.25)
    assert binding.place_of(12.0) == 0.0


@given(maps, bindings)
def test_learning_leaves_one_binding_and_forgetting_none(midi_map: MidiMap, binding: Binding) -> None:
    learned = midi_map.learned(binding)
    (only,) = learned.of(binding.target)
    assert (only.control, only.encoding) == (binding.control, binding.encoding)
    others = [other for other in midi_map.bindings if other.target != binding.target]
    assert [other for other in learned.bindings if other.target != binding.target] == others
    assert list(learned.forgotten(binding.target).bindings) == others


def test_learning_another_control_keeps_range_curve_and_takeover() -> None:
    before = Binding(KNOB, TEMPERATURE, low=0.5, high=1.2, curve=Curve.S_SHAPED, takeover=Takeover.PICK_UP)
    learned = MidiMap((before,)).learned(Binding(FADER, TEMPERATURE, Encoding.BINARY_OFFSET))
    assert learned.bindings == (
        Binding(FADER, TEMPERATURE, Encoding.BINARY_OFFSET, 0.5, 1.2, Curve.S_SHAPED, Takeover.PICK_UP),
    )


def test_bindings_are_edited_one_by_one() -> None:
    first, second = Binding(KNOB, TEMPERATURE), Binding(FADER, PANIC)
    midi_map = MidiMap((first, second))
    assert midi_map.without(first).bindings == (second,)
    narrowed = Binding(KNOB, TEMPERATURE, low=0.5)
    assert midi_map.replaced(first, narrowed).bindings == (narrowed, second)


def test_labels_are_for_people() -> None:
    assert KNOB.label == "CC 21, channel 1"
    assert Control(ControlKind.CC_14_BIT, None, 1).label == "CC 1 + 33, any channel"
    assert TEMPERATURE.label == "Temperature"
    assert PANIC.label == "Panic"


def test_a_short_entry_takes_the_defaults() -> None:
    content = {"format": 1, "bindings": [ENTRY]}
    assert from_json(content) == MidiMap((Binding(KNOB, TEMPERATURE),))


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"parameter": "loudness"}, "loudness"),
        ({"parameter": "temperature", "action": "panic"}, "not just one"),
        ({"parameter": 7}, "7"),
        ({"control": "theremin"}, "theremin"),
        ({"control": ["cc"]}, "control"),
        ({"channel": 17}, "17"),
        ({"channel": True}, "True"),
        ({"number": 120}, "120"),
        ({"number": "1"}, "number"),
        ({"control": "cc14", "number": 32}, "32"),
        ({"port": 3}, "port"),
        ({"low": "loud"}, "loud"),
        ({"high": float("nan")}, "nan"),
        ({"low": 10**400}, "low"),
        ({"curve": "round"}, "round"),
        ({"takeover": None}, "takeover"),
        ({"encoding": "morse"}, "morse"),
    ],
)
def test_a_spoilt_binding_is_told_in_one_line(spoilt: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        from_json({"format": 1, "bindings": [{**ENTRY, **spoilt}]})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("content", [None, [], {}, {"format": True, "bindings": []}, {"format": 1}])
def test_what_is_no_map_is_refused(content: Any) -> None:
    with pytest.raises(BadInputError):
        from_json(content)


def test_a_newer_map_is_refused_with_its_remedy() -> None:
    with pytest.raises(BadInputError, match="Update liveRNN"):
        from_json({"format": 2, "bindings": []})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ENTRY, "low", "format"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*ENTRY, "low", "high", "curve", "takeover", "encoding"]), json_values))
def test_whatever_an_entry_holds_it_is_read_or_refused(spoilt: dict[str, Any]) -> None:
    try:
        midi_map = from_json({"format": 1, "bindings": [{**ENTRY, **spoilt}]})
    except BadInputError:
        return
    assert from_json(to_json(midi_map)) == midi_map
