from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, ChoosePreset, SetParam, latest
from livernn.control.midi_message import Kind, MidiMessage
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.patch import Patch
from livernn.control.response import Encoding, Takeover
from livernn.control.translator import Translator
from tests.control.midi import PORT, cc, maps, note

KNOB = Control(ControlKind.CC, 1, 21, PORT)
TEMPERATURE = Binding(KNOB, Target.param("temperature"))
GAIN = Binding(KNOB, Target.param("gain_db"))
TOP_K = Binding(KNOB, Target.param("top_k"))


class Instrument:
    """A patch and a translator that moves it."""

    def __init__(self, *bindings: Binding, follows_transport: bool = True) -> None:
        self.patch = Patch()
        self.translator = Translator(MidiMap(bindings, follows_transport), self.value_of)

    def value_of(self, name: str) -> float:
        return self.patch.value(name)

    def play(self, *messages: MidiMessage, port: str = PORT) -> list[Change]:
        done: list[Change] = []
        for message in messages:
            for change in self.translator.changes(port, message):
                if isinstance(change, SetParam):
                    self.patch = self.patch.with_value(change.name, change.value)
                done.append(change)
        return done


def test_a_knob_moves_its_parameter_from_end_to_end() -> None:
    instrument = Instrument(GAIN)
    instrument.play(cc(21, 0))
    assert instrument.patch.gain_db == -60.0
    instrument.play(cc(21, 127))
    assert instrument.patch.gain_db == 12.0


def test_other_ports_channels_and_numbers_move_nothing() -> None:
    instrument = Instrument(GAIN)
    assert instrument.play(cc(21, 5), port="Keys") == []
    assert instrument.play(cc(21, 5, channel=2), cc(22, 5), note(21)) == []
    anywhere = Instrument(replace(GAIN, control=Control(ControlKind.CC, None, 21)))
    assert len(anywhere.play(cc(21, 5, channel=9), port="Keys")) == 1


def test_pairs_have_14_bits_whichever_half_comes_first() -> None:
    binding = replace(GAIN, control=Control(ControlKind.CC_14_BIT, 1, 1))
    for halves in ([(1, 64), (33, 3)], [(33, 3), (1, 64)]):
        instrument = Instrument(binding)
        instrument.play(*(cc(number, value) for number, value in halves))
        assert instrument.patch.gain_db == pytest.approx(-60.0 + 72.0 * (64 * 128 + 3) / 16383)
    assert Instrument(binding).play(cc(33, 3)) == [], "where it stands is not known yet"


def test_a_program_change_moves_no_parameter() -> None:
    instrument = Instrument(replace(GAIN, control=Control(ControlKind.PROGRAM, 1, 4)))
    assert instrument.play(MidiMessage(Kind.PROGRAM_CHANGE, 1, 4)) == []


def test_a_pitch_wheel_has_14_bits() -> None:
    instrument = Instrument(replace(GAIN, control=Control(ControlKind.PITCH_BEND, 1)))
    instrument.play(MidiMessage(Kind.PITCH_BEND, 1, 0, 16383))
    assert instrument.patch.gain_db == 12.0


def test_a_velocity_sets_a_parameter_and_the_end_of_the_note_leaves_it() -> None:
    instrument = Instrument(replace(GAIN, control=Control(ControlKind.NOTE, 1, 60)))
    instrument.play(note(60, 127), note(60, 0))
    assert instrument.patch.gain_db == 12.0


@pytest.mark.parametrize(
    ("encoding", "up", "down"),
    [(Encoding.TWOS_COMPLEMENT, 1, 127), (Encoding.BINARY_OFFSET, 65, 63), (Encoding.SIGN_MAGNITUDE, 1, 65)],
)
def test_encoders_move_on_from_where_the_parameter_is(encoding: Encoding, up: int, down: int) -> None:
    instrument = Instrument(replace(GAIN, encoding=encoding))
    instrument.patch = instrument.patch.with_value("gain_db", -10.0)
    instrument.play(*[cc(21, up)] * 10)
    assert instrument.patch.gain_db == pytest.approx(-10.0 + 72.0 * 10 / 127)
    instrument.patch = instrument.patch.with_value("gain_db", 3.0)
    instrument.play(*[cc(21, down)] * 10)
    assert instrument.patch.gain_db == pytest.approx(3.0 - 72.0 * 10 / 127)


def test_an_encoder_is_not_stuck_between_two_whole_numbers() -> None:
    instrument = Instrument(replace(TOP_K, encoding=Encoding.TWOS_COMPLEMENT, low=0.0, high=8.0))
    instrument.play(*[cc(21, 1)] * 127)
    assert instrument.patch.top_k == 8.0


def test_pick_up_holds_until_something_else_moves_the_parameter() -> None:
    instrument = Instrument(replace(GAIN, takeover=Takeover.PICK_UP))
    assert instrument.play(cc(21, 10), cc(21, 90)) == []
    instrument.play(cc(21, 120), cc(21, 127))
    assert instrument.patch.gain_db == 12.0
    instrument.play(cc(21, 20))
    assert instrument.patch.gain_db == pytest.approx(-60.0 + 72.0 * 20 / 127), "it holds, however fast it is moved"
    instrument.patch = instrument.patch.with_value("gain_db", 0.0)
    assert instrument.play(cc(21, 25)) == []


def test_scaling_reaches_the_end_together_with_the_control() -> None:
    instrument = Instrument(replace(GAIN, takeover=Takeover.SCALING))
    instrument.play(*(cc(21, value) for value in range(10, 128)))
    assert instrument.patch.gain_db == 12.0
    instrument.play(*(cc(21, value) for value in range(127, -1, -1)))
    assert instrument.patch.gain_db == -60.0


def test_pedals_and_notes_press_and_release_once() -> None:
    pedal = Binding(Control(ControlKind.CC, None, 64), Target.action(Action.PANIC))
    key = Binding(Control(ControlKind.NOTE, None, 36), Target.action(Action.NEW_SEED))
    instrument = Instrument(pedal, key)
    assert instrument.play(*(cc(64, value) for value in (0, 63, 64, 100, 127, 70, 10, 0))) == [
        Act(Action.PANIC, True),
        Act(Action.PANIC, False),
    ]
    assert instrument.play(note(36), note(36, 0)) == [Act(Action.NEW_SEED, True), Act(Action.NEW_SEED, False)]


def test_a_program_change_chooses_a_preset_each_time() -> None:
    instrument = Instrument(Binding(Control(ControlKind.PROGRAM, 1, 4), Target.preset("piano")))
    change = MidiMessage(Kind.PROGRAM_CHANGE, 1, 4)
    assert instrument.play(change, change) == [ChoosePreset("piano")] * 2
    assert instrument.play(MidiMessage(Kind.PROGRAM_CHANGE, 1, 5)) == []


@pytest.mark.parametrize(
    ("kind", "action"), [(Kind.START, Action.PLAY), (Kind.CONTINUE, Action.PLAY), (Kind.STOP, Action.STOP)]
)
def test_a_sequencer_starts_and_stops_the_sound_unless_it_shall_not(kind: Kind, action: Action) -> None:
    assert Instrument().play(MidiMessage(kind)) == [Act(action)]
    assert Instrument(follows_transport=False).play(MidiMessage(kind)) == []


def test_one_control_may_move_several_parameters() -> None:
    assert {change.name for change in Instrument(GAIN, TEMPERATURE).play(cc(21, 64))} == {"gain_db", "temperature"}


def test_a_new_map_keeps_the_hands_that_are_on_controls() -> None:
    instrument = Instrument(replace(GAIN, takeover=Takeover.PICK_UP))
    instrument.play(cc(21, 105), cc(21, 108))
    assert instrument.patch.gain_db > 0.0
    instrument.translator.midi_map = instrument.translator.midi_map.learned(TEMPERATURE)
    assert SetParam("gain_db", 12.0) in instrument.play(cc(21, 127))


messages = st.builds(MidiMessage, st.sampled_from(Kind), st.integers(1, 16), st.integers(0, 127), st.integers(0, 127))


@given(maps, st.lists(messages, max_size=30))
def test_whatever_is_played_values_are_ones_that_a_patch_can_have(midi_map: MidiMap, played: list[MidiMessage]) -> None:
    instrument = Instrument(*midi_map.bindings)
    for change in instrument.play(*played, port=""):
        if isinstance(change, SetParam):
            assert Patch().with_value(change.name, change.value).value(change.name) == change.value


changes = st.lists(
    st.builds(SetParam, st.sampled_from(["gain_db", "temperature"]), st.floats(0, 1))
    | st.builds(Act, st.sampled_from(Action), st.booleans())
)


@given(changes)
def test_of_a_burst_the_last_values_and_all_actions_are_left(burst: list[Change]) -> None:
    left = latest(burst)
    assert [change for change in left if isinstance(change, Act)] == [c for c in burst if isinstance(c, Act)]
    values = {change.name: change.value for change in burst if isinstance(change, SetParam)}
    assert {change.name: change.value for change in left if isinstance(change, SetParam)} == values
    assert len(left) == len(values) + sum(isinstance(change, Act) for change in burst)
