"""What becomes of journal entries on their way into a take."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livernn.control.patch import Patch
from livernn.engine.history import Entry, History, JournalReader, is_beginning
from livernn.engine.journal import Journal
from livernn.engine.origin import Origin
from livernn.engine.past import PreRoll
from livernn.engine.reel import JOURNAL_BYTES, JOURNAL_WRITTEN, Reel
from livernn.engine.shared import RING_AT, RING_CURSOR, RING_WORDS, SharedBlock
from tests.engine.fakes import LevelVoice

ORIGIN = Origin("piano.safetensors", "abc", "int8", 7)


def patch_at(ring: int, name: str = "") -> Entry:
    return {"do": "patch", "at": ring, "ring": ring, "set": {}, "name": name}


def state_at(ring: int, do: str = "state", **more: object) -> Entry:
    return {"do": do, "at": ring, "ring": ring, "state": {}, **more}


def test_an_entry_is_true_once_the_ring_has_been_heard_beyond_it() -> None:
    history = History()
    history.add([state_at(0), patch_at(10), patch_at(20)])
    assert history.hear(10, 100) == [state_at(0)]
    assert history.hear(11, 101) == [patch_at(10)]
    assert history.hear(20, 110) == []
    assert history.since(0) == [state_at(0), patch_at(10)]


def test_what_is_rendered_again_takes_the_place_of_what_nobody_heard() -> None:
    history = History()
    history.add([state_at(0), patch_at(10, "old"), patch_at(20, "old"), patch_at(30, "old")])
    history.hear(15, 15)
    rollback = {"do": "rollback", "at": 20, "ring": 20, "fade": 96}
    history.add([rollback, patch_at(20, "new"), patch_at(25, "new")])
    assert history.hear(1000, 1000) == [rollback, patch_at(20, "new"), patch_at(25, "new")]
    assert history.since(0) == [state_at(0), patch_at(10, "old"), rollback, patch_at(20, "new"), patch_at(25, "new")]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), max_size=40))
def test_however_often_it_is_rolled_back_a_take_tells_the_ring_as_it_was_heard(
    turns: list[tuple[int, int, bool]],
) -> None:
    history = History()
    ring: list[int] = []
    """What rendered each position, as it stands."""
    heard, told = 0, []
    for number, (rendered, listened, again) in enumerate(turns):
        if again and heard < len(ring):
            del ring[heard + (len(ring) - heard) // 2 :]
            history.add([{"do": "rollback", "at": 0, "ring": len(ring), "fade": 0}])
        history.add([patch_at(len(ring), str(number))])
        ring += [number] * rendered
        heard = min(heard + listened, len(ring))
        told += history.hear(heard, heard)
    by_name = [(entry["ring"], int(entry["name"])) for entry in told if entry["do"] == "patch"]
    for position in range(heard):
        last = [name for begin, name in by_name if begin <= position][-1]
        assert last == ring[position]


def test_the_past_begins_at_the_last_state_before_it() -> None:
    history = History()
    history.add([patch_at(1), state_at(5), patch_at(6), state_at(10, "voice", fade=9), state_at(15), patch_at(16)])
    for ring in range(20):
        history.hear(ring + 1, ring)
    assert history.since(2)[0] == state_at(5)
    assert history.since(14)[0] == state_at(5)
    assert history.since(15) == [state_at(15), patch_at(16)]
    assert not is_beginning(state_at(10, "voice", fade=9))


def test_lost_entries_spoil_what_came_before() -> None:
    history = History()
    history.add([state_at(0), patch_at(1)])
    history.hear(1, 1)
    history.lose()
    assert history.since(0) == []
    history.add([patch_at(2), state_at(3)])
    history.hear(9, 9)
    assert history.since(0) == [state_at(3)]


def test_the_journal_tells_changes_only_and_a_state_every_second(block: SharedBlock, reel: Reel) -> None:
    words = block.words[RING_AT : RING_AT + RING_WORDS]
    reader, journal, voice = JournalReader(reel), Journal(reel, words), LevelVoice(0.5, 48000.0)
    journal.begin(ORIGIN, voice.device_rate_hz, voice.snapshot(), ())
    for turn in range(600):
        words[RING_CURSOR] = 192 * turn
        journal.block(voice, voice.snapshot(), (), Patch(temperature=0.5 if turn < 300 else 0.75), 64)
    journal.reset(9, 320)
    entries = reader.take()
    assert entries is not None
    assert [(entry["do"], entry["at"], entry["ring"]) for entry in entries] == [
        ("voice", 0, 0),
        ("patch", 0, 0),
        ("state", 16000, 48000),
        ("patch", 19200, 57600),
        ("state", 32000, 96000),
        ("reset", 38400, 192 * 599),
    ]
    assert entries[1]["set"] == Patch(temperature=0.5).to_dict()
    assert entries[3]["set"] == {"temperature": 0.75}
    assert entries[4]["set"] == Patch(temperature=0.75).to_dict()
    assert entries[0]["origin"]["seed"] == 7
    assert reader.take() == []


def test_entries_go_on_across_the_end_of_their_memory_and_too_many_are_told(block: SharedBlock, reel: Reel) -> None:
    words = block.words[RING_AT : RING_AT + RING_WORDS]
    reel.words[JOURNAL_WRITTEN] = 5 * JOURNAL_BYTES - 30
    reader, journal = JournalReader(reel), Journal(reel, words)
    journal.reset(1, 0)
    journal.reset(2, 0)
    assert [entry["seed"] for entry in reader.take() or []] == [1, 2]
    reel.words[JOURNAL_WRITTEN] += JOURNAL_BYTES + 1
    assert reader.take() is None
    journal.reset(3, 0)
    assert [entry["seed"] for entry in reader.take() or []] == [3]


@given(st.lists(st.integers(0, 700), max_size=20))
def test_the_pre_roll_is_the_last_of_what_was_heard(sizes: list[int]) -> None:
    preroll = PreRoll(10)
    heard = np.random.default_rng(1).integers(0, 256, (sum(sizes), 6), dtype=np.uint8)
    for size, end in zip(sizes, np.cumsum(sizes), strict=True):
        preroll.append(heard[end - size : end].tobytes())
    assert preroll.content() == heard[-600:].tobytes()
    assert preroll.frames == min(600, sum(sizes))
