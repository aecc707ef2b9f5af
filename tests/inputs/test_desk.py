import threading
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from livernn.control.actions import Action
from livernn.control.changes import Act, Change, SetParam
from livernn.control.learn import SETTLE_S, Learning
from livernn.control.midi_message import Kind, MidiMessage
from livernn.control.midimap import Binding, Control, ControlKind, MidiMap, Target
from livernn.control.patch import Patch
from livernn.control.response import Encoding, Takeover
from livernn.inputs.desk import Desk
from tests.control.midi import PORT, cc

KNOB = Binding(Control(ControlKind.CC, 1, 21), Target.param("gain_db"))


class Owner:
    """A desk and the patch that its changes go to."""

    def __init__(self, *bindings: Binding) -> None:
        self.patch = Patch()
        self.wakes = 0
        self.desk = Desk(MidiMap(bindings), self.value_of, self.wake)

    def value_of(self, name: str) -> float:
        return self.patch.value(name)

    def wake(self) -> None:
        self.wakes += 1

    def take(self) -> list[Change]:
        changes = self.desk.take()
        for change in changes:
            if isinstance(change, SetParam):
                self.patch = self.patch.with_value(change.name, change.value)
        return changes


def test_of_a_burst_the_owner_is_woken_once_and_does_the_last() -> None:
    owner = Owner(KNOB)
    for value in range(128):
        owner.desk.hear_midi(PORT, cc(21, value))
    assert owner.wakes == 1
    assert owner.take() == [SetParam("gain_db", 12.0)]
    assert owner.take() == []
    owner.desk.hear_change(Act(Action.PANIC))
    assert owner.wakes == 2


def test_encoders_lose_no_click_of_a_burst() -> None:
    one_by_one, burst = (Owner(replace(KNOB, encoding=Encoding.TWOS_COMPLEMENT)) for _ in range(2))
    for _ in range(5):
        one_by_one.desk.hear_midi(PORT, cc(21, 127))
        one_by_one.take()
        burst.desk.hear_midi(PORT, cc(21, 127))
    burst.take()
    assert burst.patch == one_by_one.patch != Patch()


@given(st.lists(st.integers(0, 127), min_size=1, max_size=20), st.sampled_from(Takeover), st.data())
def test_how_a_burst_is_cut_does_not_matter(values: list[int], takeover: Takeover, data: st.DataObject) -> None:
    whole, parts = (Owner(replace(KNOB, takeover=takeover)) for _ in range(2))
    for value in values:
        for owner in (whole, parts):
            owner.desk.hear_midi(PORT, cc(21, value))
        if data.draw(st.booleans()):
            parts.take()
    parts.take()
    whole.take()
    assert whole.patch == parts.patch


def test_while_learning_nothing_moves() -> None:
    owner = Owner(KNOB)
    owner.desk.learning = Learning()
    owner.desk.hear_midi(PORT, cc(21, 5))
    owner.desk.hear_change(SetParam("gain_db", -3.0))
    assert owner.take() == [SetParam("gain_db", -3.0)]
    assert owner.desk.learning.found(owner.desk.learning.since_s + 2 * SETTLE_S) is not None


def test_a_new_map_holds_from_the_next_message() -> None:
    owner = Owner(KNOB)
    owner.desk.midi_map = MidiMap()
    owner.desk.hear_midi(PORT, cc(21, 5))
    owner.desk.hear_midi(PORT, MidiMessage(Kind.START))
    assert owner.take() == [Act(Action.PLAY)]


def test_many_threads_lose_nothing() -> None:
    owner = Owner()
    threads = [
        threading.Thread(target=lambda: [owner.desk.hear_change(Act(Action.PANIC)) for _ in range(500)])
        for _ in range(4)
    ]
    taken: list[Change] = []
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += owner.take()
    assert len(taken + owner.take()) == 2000
