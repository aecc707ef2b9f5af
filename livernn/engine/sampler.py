"""The sampler: a thread that owns the voice and keeps the ring filled ahead of the ear."""

import logging
import math
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.engine.messages import DEFAULT_DEPTH_MS
from livernn.engine.pace import NAP_MS, Pace
from livernn.engine.reel import Reel
from livernn.engine.shared import (
    GATE,
    GPU_MS,
    LARGEST_BLOCK,
    LEVEL,
    RING_SAMPLES,
    TARGET_DEPTH_MS,
    ControlBlock,
    SharedBlock,
    count_return,
)
from livernn.engine.studio import BLOCK_SAMPLES, Instrument, VoiceLike
from livernn.engine.tape import Incoming, Soonest, Tape
from livernn.engine.transport import HURRIED_FADE_MS, TOUCH_FADE_MS
from livernn.engine.urgency import Urgency
from livernn.synth import guarded
from livernn.synth.guard import Guard, Rendered
from livernn.units import ms_to_samples

MIN_DEPTH_MS, MAX_DEPTH_MS = 10.0, 500.0

_logger = logging.getLogger(__name__)

_LOW_STOCK = 0.5
"""Share of the ring below which there is no time to lose."""

_IDLE_NAP_S = 0.01

_LONG_S = 0.004
"""From when on the sampler has been at work for long."""

_NEAR_MS = 10.0
"""How far ahead of what the callback may be reading there is time for others."""


class Sampler:
    """Public methods may be called from any thread; all but `close` return at once and act between two blocks."""

    def __init__(
        self,
        block: SharedBlock,
        reel: Reel,
        at_rate: Callable[[Instrument, float], Instrument],
        on_failure: Callable[[str], None],
        on_return: Callable[[Trouble], None],
        on_crowded: Callable[[int], None],
    ) -> None:
        """Called on the sampler's thread: `on_return` when the guard goes back, `on_crowded` when fewer voices fit."""
        self._block = block
        self._at_rate = at_rate
        self._on_failure = on_failure
        self._on_return = on_return
        self._on_crowded = on_crowded
        self._control = ControlBlock(block)
        self._tape = Tape(block, reel)
        self._changes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closing = False
        self._playing = False
        self._current: Incoming | None = None
        self._rate_hz = 0.0
        self._depth_ms = DEFAULT_DEPTH_MS
        self._duck_db = 0.0
        self._pace = Pace(block)
        self._rested_s = 0.0
        self._seeds = random.Random()
        self._guard: Guard | None = None
        """Of the present sound, from its first block on."""
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        block.doubles[TARGET_DEPTH_MS] = DEFAULT_DEPTH_MS
        self._thread.start()

    def swap(self, incoming: Incoming) -> None:
        """Cross-fade to another instrument, which is not ducked; at once where nothing sounds."""
        self._changes.put(lambda: self._swap(incoming))

    def move(self, instrument: Instrument) -> None:
        """Cross-fade to the same sound by another instrument of the same checkpoint, which takes over its state."""
        self._changes.put(lambda: self._move(instrument))

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
        self._urgency = Urgency()
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
        elif not self._go_on(self._current):
            self._block.words[GATE] = 1
            self._urgency.set(True)
            time.sleep(NAP_MS / 1000.0)
            self._rested_s = time.perf_counter()

    def _go_on(self, current: Incoming) -> bool:
        """Render a block, if one is wanted. What it takes is measured with all that is done for it."""
        gpu_ms = current.instrument.processor.gpu_ms
        before_ms, gpu_before_ms, began_s = self._tape.rendered_ms, gpu_ms(), time.perf_counter()
        voice, patch, target_samples = current.instrument.voice, self._patch_for(current), self._target_samples()
        self._limit_fades(current, patch)
        if not self._touch(voice, patch) and self._tape.ahead_samples >= target_samples:
            return False
        self._urgency.set(self._is_urgent(voice, began_s))
        guard_samples = 0 if self._is_still else self._pace.guard_samples(voice)
        block = self._tape.render(patch, guard_samples, partial(self._soonest, voice, patch))
        rendered_ms = self._tape.rendered_ms - before_ms
        if block is not None:
            self._watch(current, patch, block)
        self._block.doubles[GPU_MS] = gpu_ms() - gpu_before_ms
        self._pace.measure(voice, patch.voices, rendered_ms, 1000.0 * (time.perf_counter() - began_s))
        self._pace.tell_touch(voice, target_samples)
        self._keep_up(patch, target_samples)
        return True

    @property
    def _is_still(self) -> bool:
        """Whether nothing is being played, and nothing will be before the gate is opened."""
        return not self._block.words[GATE] and not self._block.words[LEVEL]

    def _is_urgent(self, voice: VoiceLike, now_s: float) -> bool:
        """Long work is not, unless what is there as it is to be is soon played."""
        near_samples = self._pace.guard_samples(voice) + ms_to_samples(_NEAR_MS, voice.device_rate_hz)
        return now_s < self._rested_s + _LONG_S or self._tape.ahead_samples < near_samples

    def _keep_up(self, patch: Patch, target_samples: int) -> None:
        """Where the ring is low because blocks take as long as they last: fewer voices, or an end of what fades."""
        if self._tape.stock_samples >= _LOW_STOCK * target_samples:
            return
        if patch.voices > 1.0 and self._pace.loses_ground(1):
            self._on_crowded(self._pace.fitting(patch.voices))
        elif self._tape.sounds > 1 and self._pace.loses_ground(self._tape.sounds):
            self._tape.make_haste()

    def _watch(self, current: Incoming, patch: Patch, block: Rendered) -> None:
        """Have the guard look at a block; go back where it says that the sound is dead."""
        if self._guard is None:
            self._guard = Guard(current.instrument.voice.config, current.foresight, self._seeds)
        trouble = self._guard.hear(block)
        if trouble is not None and patch.guard:
            self._make_room(guarded.FADE_MS)
            self._tape.go_back(self._guard.go_back(self._tape.at, trouble), patch, trouble)
            count_return(self._block, trouble)
            self._on_return(trouble)

    def _touch(self, voice: VoiceLike, patch: Patch) -> bool:
        """Whether a control has moved and the ring is now to be rendered again."""
        return not self._tape.is_under(patch) and self._set_back(voice, patch)

    def _set_back(self, voice: VoiceLike, patch: Patch, fade_ms: float = 0.0) -> bool:
        """Go back to where a change, of `fade_ms`, is heard soonest, if there is time and enough in the ring for it."""
        return self._tape.set_back(patch, self._soonest(voice, patch), fade_ms)

    def _soonest(self, voice: VoiceLike, patch: Patch) -> Soonest:
        if self._is_still:
            return Soonest(lambda fades: 0.0, lambda fades, kept: 0.0)
        stock_samples, depth_samples = self._tape.stock_samples, self._target_samples()
        more = self._pace.more(patch.voices)
        return Soonest(
            cache(lambda fades: self._pace.beginning_samples(stock_samples, depth_samples, more, fades)),
            cache(lambda fades, kept: self._pace.reach_samples(voice, more, fades, kept)),
        )

    def _limit_fades(self, current: Incoming, patch: Patch) -> None:
        longest_ms = math.inf
        if not self._pace.carries(1.0 + self._pace.more(patch.voices)):
            is_fewer = self._pace.is_fewer(current.instrument.voice, patch.voices)
            longest_ms = TOUCH_FADE_MS if is_fewer else HURRIED_FADE_MS
        self._tape.longest_fade_ms = longest_ms

    def _patch_for(self, current: Incoming) -> Patch:
        epoch, patch = self._control.read()
        patch = patch if epoch >= current.epoch else current.patch
        patch = self._guard.lift(patch) if self._guard is not None else patch
        return patch if self._duck_db == 0.0 else patch.with_value("gain_db", patch.gain_db - self._duck_db)

    def _target_samples(self) -> int:
        assert self._current is not None
        block = BLOCK_SAMPLES * self._rate_hz / self._current.instrument.voice.config.sample_rate_hz
        least = int(self._block.words[LARGEST_BLOCK]) + 2.0 * block
        wanted = round(max(ms_to_samples(self._depth_ms, self._rate_hz), least))
        return min(wanted, RING_SAMPLES - 2 * math.ceil(block))

    def _swap(self, incoming: Incoming) -> None:
        if self._rate_hz > 0.0 and incoming.instrument.voice.device_rate_hz != self._rate_hz:
            incoming = self._for_rate(incoming)
        # How quick another model is shows only as it is rendered: until then, what is in the ring is kept.
        is_known = self._current is not None and incoming.origin.sha256 == self._current.origin.sha256
        self._begin(incoming, self._make_room() if is_known else self._present_patch())
        self._guard = None
        self._duck_db = 0.0

    def _move(self, instrument: Instrument) -> None:
        """The guard goes on, too: what it knows of the sound is still true."""
        if self._current is None:
            return
        patch = self._make_room()
        current, voice = self._current, self._current.instrument.voice
        if instrument.voice.device_rate_hz != voice.device_rate_hz:
            instrument = self._at_rate(instrument, voice.device_rate_hz)
        instrument.voice.restore(voice.snapshot())
        origin = replace(current.origin, precision=instrument.processor.precision)
        self._begin(replace(current, instrument=instrument, origin=origin), patch)

    def _begin(self, incoming: Incoming, patch: Patch | None) -> None:
        """Fade to it under a patch, or have it begin at once."""
        if patch is None:
            self._tape.start(incoming)
        else:
            self._tape.change(incoming, patch)
        self._current = incoming

    def _reset(self, seed: int) -> None:
        if self._current is None:
            return
        patch = self._make_room()
        self._guard = None
        if patch is None:
            self._tape.start_over(seed)
        else:
            self._tape.reset(seed, patch)

    def _make_room(self, fade_ms: float | None = None) -> Patch | None:
        """Go back to where a change of sound, over so long, else as long as the patch says, is heard soonest.

        The patch to fade under, None where nothing sounds.
        """
        current, patch = self._current, self._present_patch()
        if current is None or patch is None:
            return None
        self._set_back(current.instrument.voice, patch, patch.fade_ms if fade_ms is None else fade_ms)
        return patch

    def _present_patch(self) -> Patch | None:
        """The patch to fade under, None where nothing sounds."""
        if not self._playing or self._current is None or self._rate_hz <= 0.0:
            return None
        patch = self._patch_for(self._current)
        self._limit_fades(self._current, patch)
        return patch

    def _set_playing(self, playing: bool) -> None:
        self._playing = playing
        if not playing:
            self._block.words[GATE] = 0

    def _set_rate(self, rate_hz: float) -> None:
        if rate_hz == self._rate_hz:
            return
        self._rate_hz = rate_hz
        if self._current is not None:
            if self._current.instrument.voice.device_rate_hz != rate_hz:
                self._current = self._for_rate(self._current)
            self._guard = None
            self._tape.start(self._current)

    def _for_rate(self, incoming: Incoming) -> Incoming:
        return replace(incoming, instrument=self._at_rate(incoming.instrument, self._rate_hz))

    def _set_duck(self, duck_db: float) -> None:
        self._duck_db = duck_db

    def _set_depth(self, depth_ms: float) -> None:
        self._depth_ms = min(max(depth_ms, MIN_DEPTH_MS), MAX_DEPTH_MS)
        self._block.doubles[TARGET_DEPTH_MS] = self._depth_ms
