"""The tape: the ring ahead of the ear, and what it takes to render any block of it again.

A change is not appended behind the ring's depth. The sound is set back to the first block that can still be rendered
in time, and the ring is overwritten from there, block by block, while the callback plays it. What is not
overwritten yet stays: a render that is late leaves the old sound and is counted, and the change is taken up once more.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.engine.deck import NOTHING, CrossFade, Deck, hurried
from livernn.engine.journal import Journal
from livernn.engine.origin import Origin
from livernn.engine.reel import Reel
from livernn.engine.ringbuffer import RingBuffer
from livernn.engine.shared import LATE_RENDERS, LIMITER_GAIN_DB, RING_AT, RING_WORDS, SharedBlock
from livernn.engine.studio import BLOCK_SAMPLES, Instrument, VoiceLike, least_block_samples
from livernn.engine.transport import HURRIED_FADE_MS, TOUCH_FADE_MS
from livernn.model.foresight import Foresight
from livernn.synth import guarded
from livernn.synth.guard import Rendered
from livernn.synth.voice import VoiceSnapshot
from livernn.units import ms_to_samples


@dataclass(frozen=True)
class Soonest:
    """From where on something else may be rendered, and heard, as things are now.

    In samples from the next one to be played on, if there are fades of so many to render besides, and so many of the
    first block may stay what they are.
    """

    begin_samples: Callable[[tuple[int, ...]], float]
    heard_samples: Callable[[tuple[int, ...], int], float]


@dataclass(frozen=True)
class Incoming:
    """An instrument to change to. Its own patch holds until the client has written one of its epoch."""

    instrument: Instrument
    origin: Origin
    epoch: int
    patch: Patch
    foresight: Foresight | None = None
    """How well the checkpoint foresees music, if that is known."""

    @property
    def rate_hz(self) -> float:
        """Of the device that it is made for."""
        return self.instrument.voice.device_rate_hz


@dataclass(frozen=True)
class _Place:
    """Where a block begins in the ring: all that it was rendered from."""

    ring: int
    at: int
    sound: Incoming
    snapshot: VoiceSnapshot
    fades: tuple[CrossFade, ...]
    patch: Patch
    journey: int
    """Consecutive places follow from each other if they are of the same."""


class Tape:
    """The sampler's thread only."""

    def __init__(self, block: SharedBlock, reel: Reel) -> None:
        words = block.words[RING_AT : RING_AT + RING_WORDS]
        self._block = block
        self._ring = RingBuffer(words, block.ring)
        self._journal = Journal(reel, words)
        self._deck = Deck()
        self._places: dict[int, _Place] = {}
        """By position, in its order."""
        self.longest_fade_ms = math.inf
        """Beyond it there is no room for rendering two sounds."""
        self._journey = 0
        self._floor = 0
        """What begins here or before must not be rendered again."""
        self._late = 0
        """How often it has been since the last touch, or since all in the ring was as it was to be."""
        self._sound: Incoming | None = None
        self._patch: Patch | None = None

    @property
    def sounds(self) -> int:
        """How many are rendered for a block: the present one, and those that it is faded from."""
        return 1 + len(self._deck.fades)

    @property
    def rendered_ms(self) -> float:
        """Model time of everything rendered so far."""
        return self._deck.rendered_ms

    @property
    def at(self) -> int:
        """Model samples rendered for the ring, up to its cursor."""
        return self._journal.at

    @property
    def ahead_samples(self) -> int:
        """Device samples rendered as they are to be, and yet to be played."""
        return self._ring.fill

    @property
    def stock_samples(self) -> int:
        """Device samples that there are to play, those included that are yet to be overwritten."""
        return self._ring.stock

    def is_under(self, patch: Patch) -> bool:
        """Whether the last block was rendered under this patch, or there is none."""
        return self._patch is None or patch == self._patch

    def render(self, patch: Patch, guard_samples: int, soonest: Callable[[], Soonest]) -> Rendered | None:
        """Render the next block; there must be a sound. None if that came too late.

        The callback may be reading `guard_samples` from the next one on.
        """
        if self._is_late(self._ring.cursor + self._deck.kept, guard_samples):
            self._resume(patch, soonest())
        if self._patch is not None and patch.voices != self._patch.voices and self._ring.cursor > self._floor:
            self._turn(self._patch, patch)
        sound, voice = self._sounding, self._sounding.instrument.voice
        snapshot, fades, kept = voice.snapshot(), self._deck.fades, self._deck.kept
        place = _Place(self._ring.cursor, self._journal.at, sound, snapshot, fades, patch, self._journey)
        self._journal.block(voice, snapshot, fades, patch, BLOCK_SAMPLES)
        samples = self._deck.render(BLOCK_SAMPLES, patch)
        if self._is_late(place.ring + kept, guard_samples):
            self._resume(patch, soonest())
            return None
        self._ring.rewind(place.ring + kept)
        self._ring.push(samples[kept:])
        if self._ring.cursor == self._ring.end:
            self._late = 0
        self._block.doubles[LIMITER_GAIN_DB] = voice.limiter_gain_db
        self._patch = patch
        if place.ring > self._floor:
            self._places[place.ring] = place
        self._forget(min(self._ring.first, self._ring.cursor))
        return Rendered(place.at, snapshot, self._deck.codes, self._deck.surprisal_bits)

    def set_back(self, patch: Patch, soonest: Soonest, fade_ms: float = 0.0) -> bool:
        """Go on under `patch` from where that can be heard soonest, if it can, with a change of `fade_ms` to follow."""
        first, further = self._ring.first, self._fade_samples(fade_ms)
        for place in self._places_within(first, self._ring.cursor):
            most_kept, fades = max(0, self._spare_samples(place, patch)), self._fades_at(place, patch, further)
            if first + soonest.begin_samples(fades) <= place.ring:
                heard = first + math.ceil(soonest.heard_samples(fades, most_kept))
                if heard <= place.ring + most_kept:
                    self._late = 0
                    self._go_back_to(place, patch, max(0, heard - place.ring))
                    return True
        return False

    def make_haste(self) -> None:
        """Have what is faded from end soon."""
        self._journal.make_haste()
        self._deck.make_haste()
        self._begin_journey()

    def change(self, sound: Incoming, patch: Patch) -> None:
        """Cross-fade from the present sound to another one."""
        self._cross_fade(self._patch or patch, patch.fade_ms, sound, sound.instrument.voice.snapshot())

    def go_back(self, snapshot: VoiceSnapshot, patch: Patch, trouble: Trouble) -> None:
        """Cross-fade to a moment of the present sound, because of `trouble`: at once, however long fades are."""
        self._cross_fade(self._patch or patch, guarded.FADE_MS, replace(self._sounding), snapshot, trouble)

    def reset(self, seed: int, patch: Patch) -> None:
        """Cross-fade to the initial state."""
        self._journal.reset(seed, self._leave(self._patch or patch, patch.fade_ms))
        self._sounding.instrument.voice.reset(seed)
        self._hold(replace(self._sounding))

    def start(self, sound: Incoming) -> None:
        """Begin a sound, which may be the present one as it is now, where nothing is heard."""
        if sound is not self._sound or self._ring.end > self._floor:
            self._deck.fades = ()
            self._ring.discard()
            self._places.clear()
            self._begin(sound, sound.instrument.voice.snapshot())

    def start_over(self, seed: int) -> None:
        """The same, in the initial state."""
        self._sounding.instrument.voice.reset(seed)
        self.start(replace(self._sounding))

    @property
    def _sounding(self) -> Incoming:
        assert self._sound is not None
        return self._sound

    def _is_late(self, position: int, guard_samples: int) -> bool:
        return self._ring.first + guard_samples > position < self._ring.end

    def _places_within(self, first: int, end: int) -> Iterator[_Place]:
        first = max(first, self._floor + 1)
        return (place for ring, place in self._places.items() if first <= ring < end)

    def _heard_samples(self, soonest: Soonest, fades: tuple[int, ...]) -> int:
        """Twice as many for each time that it was late lately: what is rendered takes longer than is thought."""
        return math.ceil(soonest.heard_samples(fades, 0)) << self._late

    def _place_in_time(self, patch: Patch, soonest: Soonest) -> _Place | None:
        """Where to take up again what was late: as soon as enough is left in the ring, or else as its end comes."""
        first = self._ring.first
        places = [*self._places_within(max(self._ring.cursor + 1, first), self._ring.end)]

        def is_in_time(place: _Place) -> bool:
            return first + self._heard_samples(soonest, self._fades_at(place, patch)) <= place.ring

        for place in places:
            if first + soonest.begin_samples(self._fades_at(place, patch)) <= place.ring and is_in_time(place):
                return place
        return next(filter(is_in_time, reversed(places)), None)

    def _fades_at(self, place: _Place, patch: Patch, further: int = 0) -> tuple[int, ...]:
        """Samples to render of what is faded from where the present sound goes on at a place, and changes `further`."""
        is_same = place.sound is self._sound
        if is_same and self._spare_samples(place, patch) >= 0:
            return (further,)
        seam = self._turn_samples(place.patch, patch) if is_same else self._fade_samples(HURRIED_FADE_MS)
        fades = place.fades
        if max(seam, further) > self._fade_samples(TOUCH_FADE_MS):
            fades = hurried(fades, self._sounding.rate_hz)
        return seam, *(fade.to_render for fade in fades), further

    def _resume(self, patch: Patch, soonest: Soonest) -> None:
        """The callback has come to what has not been overwritten: tell what it plays, and take up the change again."""
        self._block.words[LATE_RENDERS] += 1
        begin, end, sound = self._ring.cursor, self._ring.end, self._sounding
        place = self._place_in_time(patch, soonest)
        self._late += 1
        here = sound.instrument.voice.snapshot()
        self._tell_again(begin, place.ring if place is not None else end)
        if place is None:
            self._ring.rewind(end)
            self._deck.keep_nothing()
            self._begin(sound, here)
        elif place.sound is sound:
            self._go_back_to(place, patch)
        else:
            self._arrive_at(place)
            self._cross_fade(place.patch, HURRIED_FADE_MS, sound, here)

    def _tell_again(self, begin: int, end: int) -> None:
        """Have the journal tell how the ring came about from `begin` to `end`, as if rendered just now."""
        journey = None
        for place in [place for ring, place in self._places.items() if begin <= ring < end]:
            self._ring.rewind(place.ring)
            self._journal.seek(place.at)
            if place.journey != journey:
                journey = place.journey
                self._journal.begin(place.sound.origin, place.sound.rate_hz, place.snapshot, place.fades)
            self._journal.patch(place.patch)
            self._journal.seek(place.at + BLOCK_SAMPLES)

    def _spare_samples(self, place: _Place, patch: Patch) -> int:
        """What a place's block has more of than a turn to `patch` fades from; below 0 where that is to be rendered."""
        if place.fades:
            return -1
        return least_block_samples(place.sound.instrument.voice) - self._turn_samples(place.patch, patch)

    def _go_back_to(self, place: _Place, patch: Patch, kept: int = 0) -> None:
        is_there = self._spare_samples(place, patch) >= kept
        length = kept + self._turn_samples(place.patch, patch)
        rendered = self._ring.content(place.ring, length) if is_there else NOTHING
        self._arrive_at(place)
        self._turn(place.patch, patch, kept, rendered)

    def _turn(self, before: Patch, patch: Patch, kept: int = 0, rendered: NDArray[np.float32] = NOTHING) -> None:
        """Fade from the sound under one patch to the same under another; longer where voices come or go."""
        fade_samples = self._turn_samples(before, patch)
        self._deck.leave(fade_samples, before, kept, rendered)
        self._journal.rollback(fade_samples, before, kept)
        self._patch = patch
        self._begin_journey()

    def _arrive_at(self, place: _Place) -> None:
        self._forget(place.ring)
        self._ring.rewind(place.ring)
        self._journal.seek(place.at)
        voice = place.sound.instrument.voice
        voice.restore(place.snapshot)
        self._deck.voice, self._deck.origin, self._deck.fades = voice, place.sound.origin, place.fades

    def _cross_fade(
        self, before: Patch, fade_ms: float, sound: Incoming, snapshot: VoiceSnapshot, trouble: Trouble | None = None
    ) -> None:
        """From the present sound, as it is under the patch `before`, to one that goes on from `snapshot`."""
        present = self._deck.voice
        assert present is not None
        if _rates(present) == _rates(sound.instrument.voice):
            snapshot = snapshot.in_step_with(present.snapshot())
        else:
            self._places.clear()  # none of its blocks will begin where one of those does that are yet to be overwritten
        fade_samples = self._leave(before, fade_ms)
        sound.instrument.voice.restore(snapshot)
        self._hold(sound)
        self._journal.change(sound.origin, sound.rate_hz, snapshot, fade_samples, trouble)

    def _leave(self, patch: Patch, fade_ms: float) -> int:
        fade_samples = self._fade_samples(fade_ms)
        self._journal.patch(patch)
        self._deck.leave(fade_samples, patch)
        return fade_samples

    def _turn_samples(self, before: Patch, patch: Patch) -> int:
        return self._fade_samples(TOUCH_FADE_MS if before.voices == patch.voices else patch.fade_ms)

    def _fade_samples(self, fade_ms: float) -> int:
        return ms_to_samples(min(fade_ms, self.longest_fade_ms), self._sounding.rate_hz)

    def _begin(self, sound: Incoming, snapshot: VoiceSnapshot) -> None:
        self._hold(sound)
        self._journal.begin(sound.origin, sound.rate_hz, snapshot, self._deck.fades)

    def _hold(self, sound: Incoming) -> None:
        """Nothing before the cursor is of this sound."""
        self._sound, self._patch = sound, None
        self._deck.voice, self._deck.origin = sound.instrument.voice, sound.origin
        self._begin_journey()

    def _begin_journey(self) -> None:
        self._floor = self._ring.cursor
        self._journey += 1

    def _forget(self, before: int) -> None:
        for ring in [*takewhile(lambda ring: ring < before, self._places)]:
            del self._places[ring]


def _rates(voice: VoiceLike) -> tuple[int, float]:
    """Where they are the same, so are the lengths of blocks."""
    return voice.config.sample_rate_hz, voice.device_rate_hz
