"""How fast the sampler is, and what that leaves time for."""

import math
import time
import weakref
from collections import deque
from collections.abc import Sequence

from livernn.engine.shared import BLOCK_MS, LARGEST_BLOCK, REAL_TIME_FACTOR, TOUCH_MS, SharedBlock
from livernn.engine.studio import BLOCK_SAMPLES, VoiceLike, least_block_samples
from livernn.engine.transport import TOUCH_FADE_MS
from livernn.units import ms_to_samples, samples_to_ms

NAP_MS = 1.0
"""How often the sampler looks for a change while it has nothing to render."""

_LEAST_LEFT = 0.15
"""Share of the ring that is left to be played while the rest is rendered again: changes in a row would empty it."""

_FULL_AGAIN = 1.5
"""Times as long as the ring lasts, until it is full again."""

_SLACK_MS = 0.3
"""Longer than it takes to overwrite a block."""

_HASTE = 1.5
"""How much longer than usual a render may take without being late."""

_SPARE = 1.15

_FURTHER_VOICE = 0.4
"""What each further voice takes, of the time of the first, as a rule: they share one pass over the weights.

Half as much at default settings, twice as much with top k, top p and all noise at once.
"""

_LOSING = 0.95
"""Time that sounds take, of the time that they last, from which on a ring that is low is not filled again."""

_LATELY_OF = 9
"""Blocks."""

_TOLD_EVERY_S = 0.1
"""As often as it is looked at."""

_FORGET = 0.99
"""Share that each block's timing keeps of what was measured before it."""


class Pace:
    """The sampler's thread only."""

    def __init__(self, block: SharedBlock) -> None:
        self._block = block
        self._rendered_ms = 0.0
        self._spent_ms = 0.0
        self._lately: deque[float] = deque(maxlen=_LATELY_OF)
        """Time that a sound took, of the time that it lasts."""
        self._tell_at_s = 0.0
        self._voice: weakref.ref[VoiceLike] | None = None
        """It is not kept alive here."""
        self._voices = 1.0
        self._was_first = False
        """The block that was measured last, of its voice or number of voices."""

    def measure(self, voice: VoiceLike, voices: float, rendered_ms: float, spent_ms: float) -> None:
        """A block of so many voices, with what it is faded from, was so much model time and took so long."""
        is_first = not self._is_of(voice) or voices != self._voices
        if is_first:
            self._voice, self._voices = weakref.ref(voice), voices
            self._lately.clear()
        # The first one may have had to make what all need.
        if is_first or self._was_first:
            self._rendered_ms = self._spent_ms = self._tell_at_s = 0.0
        self._was_first = is_first
        self._rendered_ms = _FORGET * self._rendered_ms + rendered_ms
        self._spent_ms = _FORGET * self._spent_ms + spent_ms
        self._lately.append(spent_ms / rendered_ms)
        self._block.doubles[REAL_TIME_FACTOR] = self._factor
        self._block.doubles[BLOCK_MS] = spent_ms

    def more(self, voices: float) -> float:
        """How many times as long as what was measured so many voices take, as a rule; 1 at least."""
        return max(1.0, _cost_of(voices) / _cost_of(self._voices))

    def is_fewer(self, voice: VoiceLike, voices: float) -> bool:
        """Whether so many are fewer of the same than were measured."""
        return self._is_of(voice) and voices < self._voices

    def carries(self, sounds: float) -> bool:
        """Whether as many can be rendered at once for a long time."""
        return self._factor >= _SPARE * sounds

    def loses_ground(self, sounds: int) -> bool:
        """Whether so many at once have lately taken about as long as they last, most of the time: not a stall."""
        return len(self._lately) > _LATELY_OF // 2 and sounds * self._cost_lately > _LOSING

    def fitting(self, voices: float) -> int:
        """How many would keep up, where so many do not; one at least. What has been too slow is forgotten."""
        affordable = _cost_of(voices) / (_SPARE * self._cost_lately)
        fewer = 1 + math.floor((affordable - _cost_of(1)) / _FURTHER_VOICE)
        self._lately.clear()
        return max(1, min(fewer, round(voices) - 1))

    def _is_of(self, voice: VoiceLike) -> bool:
        return self._voice is not None and self._voice() is voice

    @property
    def _cost_lately(self) -> float:
        return sorted(self._lately)[len(self._lately) // 2]

    @property
    def _factor(self) -> float:
        return self._rendered_ms / max(self._spent_ms, 1e-6)

    def guard_samples(self, voice: VoiceLike) -> int:
        """Device samples from the next one to be played on: what the callback may be reading."""
        return int(self._block.words[LARGEST_BLOCK]) + ms_to_samples(_SLACK_MS, voice.device_rate_hz)

    def reach_samples(self, voice: VoiceLike, more: float, fades: Sequence[int], kept: int = 0) -> int:
        """The same: what is played before a block is rendered, and so much of it, at most, of what it is faded from.

        So are the blocks after it, at the usual pace, before they are played, though `kept` samples of the first one
        are not. Each sample takes `more` times as long as what was measured.
        """
        cost = more * self._spent_ms / max(self._rendered_ms, 1e-6)
        block_samples = ms_to_samples(_block_ms(voice), voice.device_rate_hz)
        call_samples = max(int(self._block.words[LARGEST_BLOCK]), 1)
        slack_samples = (_HASTE - 1.0) * cost * _with_fades(block_samples, fades)

        def spent_samples(before_samples: int) -> float:
            return cost * _with_fades(before_samples + block_samples, fades) + slack_samples

        def ahead_samples(before_samples: int) -> int:
            calls = math.ceil(spent_samples(before_samples) / call_samples)
            return calls * call_samples - max(0, before_samples - kept)

        ahead = max(map(ahead_samples, range(0, call_samples + 3 * block_samples, block_samples)))
        # Where what is faded from takes more time than there is, rendering falls behind until the fade is over.
        ends = (fade - block_samples for fade in fades if fade > 2 * block_samples)
        behind = max((spent_samples(end) + call_samples - max(0, end - kept) for end in ends), default=0)
        return self.guard_samples(voice) + max(ahead, math.ceil(behind))

    def beginning_samples(self, stock_samples: int, depth_samples: int, more: float, fades: Sequence[int]) -> float:
        """From where a ring that is kept so deep, and of which so much is left to be played, may be rendered again.

        Enough is left then to be played meanwhile, and it is soon full.
        """
        factor = self._factor / more
        in_time_samples = _FULL_AGAIN * depth_samples
        besides_samples = _with_fades(depth_samples + in_time_samples, fades) - (depth_samples + in_time_samples)
        enough_left = stock_samples - factor * max(0.0, stock_samples - _LEAST_LEFT * depth_samples)
        full_again = depth_samples - (factor - 1.0) * in_time_samples
        return max(enough_left, full_again) + besides_samples

    def tell_touch(self, voice: VoiceLike, depth_samples: int) -> None:
        """Say how long it usually takes from the move of a control to the output, if it has not been said just now."""
        now_s = time.monotonic()
        if now_s < self._tell_at_s or self._spent_ms == 0.0:
            return
        self._tell_at_s = now_s + _TOLD_EVERY_S
        rate_hz = voice.device_rate_hz
        block_samples, fade_samples = least_block_samples(voice), ms_to_samples(TOUCH_FADE_MS, rate_hz)
        kept = max(0, block_samples - fade_samples)
        fades = () if fade_samples <= block_samples else (fade_samples,)
        # Where it is too late to keep something of a block, the next one is waited for.
        waiting_samples = (block_samples - kept) ** 2 / (2.0 * block_samples)
        in_time_samples = self.reach_samples(voice, 1.0, fades, kept) + waiting_samples
        with_enough_samples = self.beginning_samples(depth_samples, depth_samples, 1.0, fades) + block_samples / 2.0
        from_ms = samples_to_ms(max(in_time_samples, with_enough_samples), rate_hz)
        waiting_ms = min(NAP_MS / 2.0 + from_ms, samples_to_ms(depth_samples, rate_hz))
        self._block.doubles[TOUCH_MS] = waiting_ms + samples_to_ms(voice.delay_samples, rate_hz)


def _cost_of(voices: float) -> float:
    """In time of one voice, as a rule."""
    return 1.0 + _FURTHER_VOICE * (voices - 1.0)


def _with_fades(count: float, fades: Sequence[int]) -> float:
    """Samples that are rendered for so many, what they are faded from included."""
    return count + sum(min(fade, count) for fade in fades)


def _block_ms(voice: VoiceLike) -> float:
    return samples_to_ms(BLOCK_SAMPLES, voice.config.sample_rate_hz)
