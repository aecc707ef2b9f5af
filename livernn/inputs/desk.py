"""Where all controllers come together, from their threads to the one that owns the controls."""

import threading
import time
from collections import deque
from collections.abc import Callable

from livernn.control.changes import Change, SetParam, latest
from livernn.control.learn import Learning
from livernn.control.midi_message import MidiMessage
from livernn.control.midimap import MidiMap
from livernn.control.params import PARAMS
from livernn.control.translator import Translator

LONGEST_QUEUE = 1 << 16
"""What a stalled owner finds; beyond it the oldest goes."""


class Desk:
    """`hear_midi` and `hear_change` are for any thread and never wait; the rest is for the owner's.

    `wake` is called, on a hearing thread, when there is something to take where there was nothing. `value_of` tells
    the owner's value of a parameter.
    """

    def __init__(self, midi_map: MidiMap, value_of: Callable[[str], float], wake: Callable[[], None]) -> None:
        self.learning: Learning | None = None
        """While there is one, it hears what controllers send, and nothing else does."""
        self._value_of = value_of
        self._wake = wake
        self._pending: dict[str, float] = {}
        self._translator = Translator(midi_map, self._value_when_taken)
        self._lock = threading.Lock()
        self._heard: deque[tuple[str, MidiMessage, float] | Change] = deque(maxlen=LONGEST_QUEUE)

    @property
    def midi_map(self) -> MidiMap:
        """What messages mean."""
        return self._translator.midi_map

    @midi_map.setter
    def midi_map(self, midi_map: MidiMap) -> None:
        self._translator.midi_map = midi_map

    def hear_midi(self, port: str, message: MidiMessage) -> None:
        """A message from an input."""
        self._put((port, message, time.monotonic()))

    def hear_change(self, change: Change) -> None:
        """A change that needs no translation."""
        self._put(change)

    def take(self) -> list[Change]:
        """What there is to do; of a burst of values only the last."""
        with self._lock:
            heard, self._heard = self._heard, deque(maxlen=LONGEST_QUEUE)
        changes: list[Change] = []
        self._pending = {}
        for item in heard:
            if not isinstance(item, tuple):
                self._add(item, changes)
                continue
            port, message, at_s = item
            if self.learning is not None:
                self.learning = self.learning.hear(port, message, at_s)
                continue
            for change in self._translator.changes(port, message):
                self._add(change, changes)
        self._pending = {}
        return latest(changes)

    def _add(self, change: Change, changes: list[Change]) -> None:
        changes.append(change)
        if isinstance(change, SetParam):
            self._pending[change.name] = PARAMS[change.name].clamp(change.value)

    def _value_when_taken(self, name: str) -> float:
        return self._pending.get(name, self._value_of(name))

    def _put(self, item: tuple[str, MidiMessage, float] | Change) -> None:
        with self._lock:
            first = not self._heard
            self._heard.append(item)
        if first:
            self._wake()
