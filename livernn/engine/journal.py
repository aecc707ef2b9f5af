"""The journal: what the sampler did, one line of JSON each, on the reel.

Every entry has `do`, `at` (model samples that this engine has rendered for its ring when it did so) and `ring` (the
ring position at which it takes effect). An entry holds until the next of its kind:

    patch     `set`: the values that changed
    voice     another voice, from `state` on, faded in over `fade` device samples from the one before, which goes on
              meanwhile (0: it begins at once); `origin` says where it comes from, `rate_hz` what device it renders for;
              `guard`, if it is there, what the one before had died of: it is the same voice, some seconds earlier
    reset     back to the initial state under `seed`, with such a `fade`
    haste     what is still faded from ends soon (`deck.Deck.make_haste`): there was no time for it
    state     nothing happened; a place that replaying can begin at, with all that a `voice` says, and the whole `set`

**Rollback.** The journal tells what was rendered, a take what was heard. Between the two lies what is in the ring, and
an entry goes into a take only when the ring has been heard beyond its position (`history.History`). Who renders again
what nobody has heard yet sets the ring's write index back to `ring`, where a block begins, writes an entry `rollback`
with that `ring`, the `at` that belongs to it, `fade`, the length of its cross-fade in device samples, `kept`, how many
of the old sound are heard before that begins, and `set`, the whole patch that it goes on under meanwhile, and then goes
on writing entries from there, the patch first: all entries at or beyond that position that have not been heard are
void, those from before it stay. To replay, the voice arrives at `ring` as it was, and goes on from there as two. Where
that came too late, the old sound was heard: then it is told again, beginning with a `voice` in the state that it had.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.engine.deck import CrossFade
from livernn.engine.origin import Origin
from livernn.engine.reel import JOURNAL_BYTES, JOURNAL_WRITTEN, Reel
from livernn.engine.ringbuffer import publish
from livernn.engine.shared import RING_CURSOR
from livernn.engine.state_json import encode_array, encode_state
from livernn.engine.studio import VoiceLike
from livernn.synth.voice import VoiceSnapshot

STATE_EVERY_S = 1.0
"""Between places that replaying can begin at."""


class Journal:
    """The sampler's pen; its thread only. Microseconds an entry, a fraction of a millisecond with a state."""

    def __init__(self, reel: Reel, ring_words: NDArray[np.int64]) -> None:
        self._reel = reel
        self._ring_words = ring_words
        self._at = 0
        self._stated_at = (-1, -1)
        """Where the last state but one and the last one were written."""
        self._origin: Origin | None = None
        self._patch: Patch | None = None

    @property
    def at(self) -> int:
        """Model samples rendered for the ring."""
        return self._at

    def seek(self, at: int) -> None:
        """The ring's cursor has moved to where so many model samples had been rendered."""
        self._at = at
        self._patch = None
        older, newer = self._stated_at
        if newer >= at:
            self._stated_at = (-1, older)

    def rollback(self, fade_samples: int, patch: Patch, kept: int) -> None:
        """What has been rendered from here on is void; after `kept` samples it is faded from as it is under `patch`."""
        self._write("rollback", fade=fade_samples, kept=kept, set=patch.to_dict())

    def make_haste(self) -> None:
        """What is still faded from ends soon."""
        self._write("haste")

    def change(
        self,
        origin: Origin,
        rate_hz: float,
        snapshot: VoiceSnapshot,
        fade_samples: int,
        trouble: Trouble | None = None,
    ) -> None:
        """A voice is faded to from the one before, and from what that one still fades from.

        It may be the same one, gone back in because of `trouble`.
        """
        self._origin, self._patch = origin, None
        reason = {"guard": trouble.value} if trouble is not None else {}
        self._write("voice", fade=fade_samples, **reason, **self._described(rate_hz, snapshot, ()))

    def begin(self, origin: Origin, rate_hz: float, snapshot: VoiceSnapshot, fades: Sequence[CrossFade]) -> None:
        """A voice begins at once, or goes on from where it was, with what it still fades from."""
        self._origin, self._patch = origin, None
        self._note_beginning()
        self._write("voice", fade=0, **self._described(rate_hz, snapshot, fades))

    def reset(self, seed: int, fade_samples: int) -> None:
        """The voice has been reset."""
        self._write("reset", seed=seed, fade=fade_samples)

    def patch(self, patch: Patch) -> None:
        """What is about to be rendered is rendered under `patch`."""
        if patch == self._patch:
            return
        before = self._patch.to_dict() if self._patch is not None else {}
        changed = {name: value for name, value in patch.to_dict().items() if before.get(name) != value}
        self._patch = patch
        self._write("patch", set=changed)

    def block(
        self, voice: VoiceLike, snapshot: VoiceSnapshot, fades: Sequence[CrossFade], patch: Patch, count: int
    ) -> None:
        """`count` model samples are about to be rendered for the ring by `voice` as it is in `snapshot`."""
        self.patch(patch)
        last = self._stated_at[1]
        if last < 0 or self._at >= last + round(STATE_EVERY_S * voice.config.sample_rate_hz):
            self._note_beginning()
            self._write("state", set=patch.to_dict(), **self._described(voice.device_rate_hz, snapshot, fades))
        self._at += count

    def _note_beginning(self) -> None:
        """What is written next is a place that replaying can begin at; a voice that is faded to is none."""
        self._stated_at = (self._stated_at[1], self._at)

    def _described(self, rate_hz: float, snapshot: VoiceSnapshot, fades: Sequence[CrossFade]) -> dict[str, Any]:
        assert self._origin is not None
        return {
            "origin": asdict(self._origin),
            "rate_hz": rate_hz,
            "state": encode_state(snapshot),
            "fades": [_fade_described(fade) for fade in fades],
        }

    def _write(self, do: str, **content: Any) -> None:
        entry = {"do": do, "at": self._at, "ring": int(self._ring_words[RING_CURSOR]), **content}
        line = np.frombuffer(json.dumps(entry, separators=(",", ":")).encode() + b"\n", np.uint8)
        journal, written = self._reel.journal, int(self._reel.words[JOURNAL_WRITTEN])
        if line.size > JOURNAL_BYTES // 2:
            return  # a state too large to keep: there is nothing to replay from
        start = written % JOURNAL_BYTES
        before_end = min(line.size, JOURNAL_BYTES - start)
        journal[start : start + before_end] = line[:before_end]
        journal[: line.size - before_end] = line[before_end:]
        publish(self._reel.words, JOURNAL_WRITTEN, written + line.size)


def _fade_described(fade: CrossFade) -> dict[str, Any]:
    assert fade.origin is not None
    return {
        "origin": asdict(replace(fade.origin, prime=None)),
        "set": fade.patch.to_dict(),
        "state": encode_state(fade.state),
        "length": fade.length,
        "done": fade.done,
        "waiting": encode_array(fade.waiting),
    }
