"""The sampler: a thread that owns the voice and keeps the ring filled ahead of the ear."""

import logging
import math
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from livernn.control.patch import Patch
from livernn.engine.deck import Deck
from livernn.engine.journal import Journal, Origin
from livernn.engine.messages import DEFAULT_DEPTH_MS
from livernn.engine.reel import Reel
from livernn.engine.ringbuffer import RingBuffer
from livernn.engine.shared import (
    BLOCK_MS,
    GATE,
    LARGEST_BLOCK,
    LIMITER_GAIN_DB,
    REAL_TIME_FACTOR,
    RING_AT,
    RING_SAMPLES,
    RING_WORDS,
    TARGET_DEPTH_MS,
    ControlBlock,
    SharedBlock,
)
from livernn.engine.studio import Instrument
from livernn.engine.transport import CROSS_FADE_MS
from livernn.units import ms_to_samples

BLOCK_SAMPLES = 64
"""Model samples per render: what the patch is read for once."""

MIN_DEPTH_MS, MAX_DEPTH_MS = 10.0, 500.0

_logger = logging.getLogger(__name__)

_NAP_S = 0.002
_IDLE_NAP_S = 0.01
_FORGET = 0.99
"""Share that each block's timing keeps of what was measured before it."""
_PRIORITY = 10
_NICENESS = -10


@dataclass(frozen=True)
class Incoming:
    """An instrument to change to. Its own patch holds until the client has written one of its epoch."""

    instrument: Instrument
    origin: Origin
    epoch: int
    patch: Patch


class Sampler:
    """Public methods may be called from any thread; all but `close` return at once and act between two blocks."""

    def __init__(
        self,
        block: SharedBlock,
        reel: Reel,
        at_rate: Callable[[Instrument, float], Instrument],
        on_failure: Callable[[str], None],
    ) -> None:
        self._block = block
        self._at_rate = at_rate
        self._on_failure = on_failure
        self._control = ControlBlock(block)
        ring_words = block.words[RING_AT : RING_AT + RING_WORDS]
        self._ring = RingBuffer(ring_words, block.ring)
        self._journal = Journal(reel, ring_words)
        self._deck = Deck()
        self._changes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closing = False
        self._playing = False
        self._current: Incoming | None = None
        self._rate_hz = 0.0
        self._depth_ms = DEFAULT_DEPTH_MS
        self._duck_db = 0.0
        self._rendered_s = 0.0
        self._spent_s = 0.0
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        block.doubles[TARGET_DEPTH_MS] = DEFAULT_DEPTH_MS
        self._thread.start()

    def swap(self, incoming: Incoming) -> None:
        """Cross-fade to another instrument; at once where nothing sounds."""
        self._changes.put(lambda: self._swap(incoming))

    def reset(self, seed: int) -> None:
        """Cross-fade to the initial state under a new seed; at once where nothing sounds."""
        self._changes.put(lambda: self._reset(seed))

    def play(self) -> None:
        """Fill the ring, then open the gate."""
        self._changes.put(lambda: self._set_playing(True))

    def stop(self) -> None:
        """Close the gate. What is in the ring is kept: it is what comes next."""
        self._changes.put(lambda: self._set_playing(False))

    def set_rate(self, rate_hz: float) -> None:
        """Render for a device of this rate from now on; what the ring holds for another rate is dropped."""
        self._changes.put(lambda: self._set_rate(rate_hz))

    def set_depth(self, depth_ms: float) -> None:
        """How much of the ring is kept filled; more where the device's blocks need it."""
        self._changes.put(lambda: self._set_depth(depth_ms))

    def duck(self, duck_db: float) -> None:
        """Render so much quieter than the patch says from now on."""
        self._changes.put(lambda: self._set_duck(duck_db))

    def close(self, patience_s: float) -> bool:
        """End the thread; False if it has not within `patience_s`."""
        self._closing = True
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        _raise_priority()
        while not self._closing:
            try:
                self._step()
            except Exception as error:
                _logger.exception("the sampler failed")
                self._set_playing(False)
                self._current = None
                self._on_failure(repr(error))

    def _step(self) -> None:
        while not self._changes.empty():
            self._changes.get()()
        if not self._playing or self._current is None or self._rate_hz <= 0.0:
            time.sleep(_IDLE_NAP_S)
        elif self._ring.fill < self._target_samples():
            self._fill(self._current)
        else:
            self._block.words[GATE] = 1
            time.sleep(_NAP_S)

    def _fill(self, current: Incoming) -> None:
        voice, patch = current.instrument.voice, self._patch_for(current)
        self._journal.block(voice, patch, BLOCK_SAMPLES, fading=self._deck.fading)
        began_s = time.perf_counter()
        sound = self._deck.render(BLOCK_SAMPLES, patch)
        self._measure(BLOCK_SAMPLES / voice.config.sample_rate_hz, time.perf_counter() - began_s)
        self._block.doubles[LIMITER_GAIN_DB] = voice.limiter_gain_db
        self._ring.push(sound)

    def _patch_for(self, current: Incoming) -> Patch:
        epoch, patch = self._control.read()
        patch = patch if epoch >= current.epoch else current.patch
        return patch if self._duck_db == 0.0 else patch.with_value("gain_db", patch.gain_db - self._duck_db)

    def _measure(self, rendered_s: float, spent_s: float) -> None:
        self._rendered_s = _FORGET * self._rendered_s + rendered_s
        self._spent_s = _FORGET * self._spent_s + spent_s
        self._block.doubles[REAL_TIME_FACTOR] = self._rendered_s / max(self._spent_s, 1e-9)
        self._block.doubles[BLOCK_MS] = 1000.0 * spent_s

    def _target_samples(self) -> int:
        assert self._current is not None
        block = BLOCK_SAMPLES * self._rate_hz / self._current.instrument.voice.config.sample_rate_hz
        least = int(self._block.words[LARGEST_BLOCK]) + 2.0 * block
        wanted = round(max(ms_to_samples(self._depth_ms, self._rate_hz), least))
        return min(wanted, RING_SAMPLES - 2 * math.ceil(block))

    def _swap(self, incoming: Incoming) -> None:
        if self._rate_hz > 0.0 and incoming.instrument.voice.device_rate_hz != self._rate_hz:
            incoming = self._for_rate(incoming)
        self._become(incoming, self._begin_change())

    def _reset(self, seed: int) -> None:
        if self._current is not None:
            tail_samples = self._begin_change()
            self._current.instrument.voice.reset(seed)
            self._journal.reset(seed, tail_samples)

    def _begin_change(self) -> int:
        """Keep some of the present sound to fade from, or drop what nobody is going to hear; how much is kept."""
        current = self._current
        if not self._playing or current is None or self._rate_hz <= 0.0:
            self._deck.drop_tail()
            self._ring.discard()
            return 0
        tail_samples = ms_to_samples(CROSS_FADE_MS, current.instrument.voice.config.sample_rate_hz)
        patch = self._patch_for(current)
        self._journal.patch(patch)
        self._deck.keep_tail(tail_samples, patch)
        return tail_samples

    def _become(self, incoming: Incoming, tail_samples: int) -> None:
        self._current = incoming
        self._deck.voice = incoming.instrument.voice
        self._journal.voice(incoming.origin, incoming.instrument.voice, tail_samples)

    def _set_playing(self, playing: bool) -> None:
        self._playing = playing
        if not playing:
            self._block.words[GATE] = 0

    def _set_rate(self, rate_hz: float) -> None:
        if rate_hz == self._rate_hz:
            return
        self._rate_hz = rate_hz
        self._deck.drop_tail()
        self._ring.discard()
        if self._current is not None and self._current.instrument.voice.device_rate_hz != rate_hz:
            self._become(self._for_rate(self._current), 0)

    def _for_rate(self, incoming: Incoming) -> Incoming:
        return replace(incoming, instrument=self._at_rate(incoming.instrument, self._rate_hz))

    def _set_duck(self, duck_db: float) -> None:
        self._duck_db = duck_db

    def _set_depth(self, depth_ms: float) -> None:
        self._depth_ms = min(max(depth_ms, MIN_DEPTH_MS), MAX_DEPTH_MS)
        self._block.doubles[TARGET_DEPTH_MS] = self._depth_ms


def _raise_priority() -> None:
    """As far as this user may: a real-time class where there is a second core for the rest, else niceness."""
    with suppress(AttributeError, OSError):
        if (os.cpu_count() or 1) > 1:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
            return
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
