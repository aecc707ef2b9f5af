"""Messages, and strategies for everything a map can hold."""

from hypothesis import strategies as st

from livernn.control.actions import Action
from livernn.control.midi_message import Kind, MidiMessage
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.params import PARAMS
from livernn.control.response import Curve, Encoding, Takeover

PORT = "Knobs"


def cc(number: int, value: int, channel: int = 1) -> MidiMessage:
    return MidiMessage(Kind.CONTROL_CHANGE, channel, number, value)


def note(number: int, velocity: int = 100, channel: int = 1) -> MidiMessage:
    return MidiMessage(Kind.NOTE_ON if velocity else Kind.NOTE_OFF, channel, number, velocity)


places = st.floats(0.0, 1.0)

controls = st.builds(
    Control,
    st.sampled_from([ControlKind.CC, ControlKind.CC_14_BIT, ControlKind.NOTE, ControlKind.PROGRAM]),
    st.none() | st.integers(1, 16),
    st.integers(0, 31),
    st.none() | st.text(max_size=8),
) | st.builds(Control, st.just(ControlKind.PITCH_BEND), st.none() | st.integers(1, 16))


@st.composite
def param_bindings(draw: st.DrawFn) -> Binding:
    spec = draw(st.sampled_from(list(PARAMS.values())))
    ends = st.none() | st.floats(spec.minimum, spec.maximum)
    return Binding(
        draw(controls),
        Target.param(spec.name),
        draw(st.sampled_from(Encoding)),
        draw(ends),
        draw(ends),
        draw(st.sampled_from(Curve)),
        draw(st.sampled_from(Takeover)),
    )


bindings = param_bindings() | st.builds(
    Binding,
    controls,
    st.sampled_from(Action).map(Target.action) | st.text(min_size=1, max_size=8).map(Target.preset),
)

maps = st.builds(MidiMap, st.lists(bindings, max_size=5, unique=True).map(tuple), st.booleans())
