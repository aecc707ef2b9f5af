"""What the ring is filled with: a voice, and the fades into it from what sounded before."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.origin import Origin
from livernn.engine.studio import VoiceLike
from livernn.engine.transport import HURRIED_FADE_MS, TOUCH_FADE_MS
from livernn.synth.voice import VoiceSnapshot
from livernn.units import SIDES, ms_to_samples, samples_to_ms

_AT_ONCE = 32
"""Model samples."""

NOTHING = np.empty((0, SIDES), np.float32)
"""No sound."""


@dataclass(frozen=True)
class CrossFade:
    """What is being left: `voice` from `state` on, under `patch`; `done` of `length` device samples are behind.

    `done` is negative where so many are to be heard of it before the fade begins.

    `waiting`, `[n, SIDES]`, has been rendered of it and is yet to be heard. The weights sum to one, so that two limited
    sounds stay below the limiter's ceiling.
    """

    voice: VoiceLike
    state: VoiceSnapshot
    patch: Patch
    length: int
    done: int = 0
    waiting: NDArray[np.float32] = field(default_factory=lambda: NOTHING)
    origin: Origin | None = None
    """Of the voice, for who tells of it."""

    @property
    def left(self) -> int:
        """Device samples to go."""
        return self.length - self.done

    @property
    def to_render(self) -> int:
        """Of those, how many are not there yet."""
        return max(0, self.left - len(self.waiting))

    def hurried(self, samples: int) -> "CrossFade":
        """With no more than so many samples to go, from where it is on."""
        if self.left <= samples:
            return self
        length = round(self.length * samples / self.left)
        return replace(self, length=length, done=length - samples)

    def weights(self, count: int) -> NDArray[np.float32]:
        """Of the sound that is faded in, `[count, 1]`. Plain arithmetic: a cosine may differ with the block's size."""
        share = np.arange(self.done + 1, self.done + count + 1).clip(min=0) / (self.length + 1)
        rise: NDArray[np.float32] = (share * share * (3.0 - 2.0 * share)).astype(np.float32)
        return rise[:, np.newaxis]


def hurried(fades: tuple[CrossFade, ...], rate_hz: float) -> tuple[CrossFade, ...]:
    """So that they are over within `HURRIED_FADE_MS`."""
    samples = ms_to_samples(HURRIED_FADE_MS, rate_hz)
    return tuple(fade.hurried(samples) for fade in fades)


class Deck:
    """The sampler plays on one, and who replays a take plays on another, so that both make the same samples.

    What is left goes on sounding until its fade is over; it is rendered as it is needed, never ahead.
    """

    def __init__(self) -> None:
        self.voice: VoiceLike | None = None
        self.origin: Origin | None = None
        """Of the voice, for who tells of it."""
        self.fades: tuple[CrossFade, ...] = ()
        """The latest first. Setting them back is all that a Deck adds to a voice's `restore`."""
        self.rendered_ms = 0.0
        """Model time of everything rendered so far."""
        self.codes = np.empty((0, 0), np.uint8)
        """Of the voice's last block, `[voices, n]`, and their mean surprisal, `[voices]`."""
        self.surprisal_bits = np.empty(0)

    @property
    def kept(self) -> int:
        """Device samples from here on that are wholly of what is being left."""
        return max(0, -self.fades[-1].done) if self.fades else 0

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        """The next `count` model samples as device samples, `[n, SIDES]`. There must be a voice."""
        assert self.voice is not None
        sound = self._render(self.voice, count, patch)
        self.codes, self.surprisal_bits = self.voice.codes, self.voice.surprisal_bits
        if not self.fades:
            return sound
        here = self.voice.snapshot()
        fades = []
        for fade in self.fades:
            sound, fade = self._mix(fade, sound)
            if fade.left:
                fades.append(fade)
        self.fades = tuple(fades)
        self.voice.restore(here)
        return sound

    def leave(self, samples: int, patch: Patch, kept: int = 0, rendered: NDArray[np.float32] = NOTHING) -> None:
        """Fade over so many device samples from the voice as it is, under `patch`; then it may be set or replaced.

        The fade begins after `kept` of them, which must be 0 where something fades already. What is to be heard of the
        old sound may be there as `rendered`, if it is all of it. A touch leaves what fades already alone; a longer fade
        has it make haste.
        """
        assert self.voice is not None
        rate_hz = self.voice.device_rate_hz
        if samples > ms_to_samples(TOUCH_FADE_MS, rate_hz):
            self.make_haste()
        left = CrossFade(self.voice, self.voice.snapshot(), patch, samples, -kept, rendered, self.origin)
        self.fades = (left, *self.fades)

    def keep_nothing(self) -> None:
        """What was to be heard before a fade is gone, and so is the fade."""
        self.fades = tuple(fade for fade in self.fades if fade.done >= 0)

    def make_haste(self) -> None:
        """Have the fades be over soon."""
        assert self.voice is not None
        self.fades = hurried(self.fades, self.voice.device_rate_hz)

    def _mix(self, fade: CrossFade, sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], CrossFade]:
        count = min(len(sound), fade.left)
        fade.voice.restore(fade.state)
        waiting = fade.waiting
        while len(waiting) < count:
            waiting = np.concatenate((waiting, self._render(fade.voice, _AT_ONCE, fade.patch)))
        rise = fade.weights(count)
        mixed = sound.copy()
        mixed[:count] = rise * sound[:count] + (np.float32(1.0) - rise) * waiting[:count]
        done = fade.done + count
        state = fade.voice.snapshot() if done < fade.length else fade.state
        return mixed, replace(fade, state=state, done=done, waiting=waiting[count:])

    def _render(self, voice: VoiceLike, count: int, patch: Patch) -> NDArray[np.float32]:
        self.rendered_ms += samples_to_ms(count, voice.config.sample_rate_hz)
        return voice.render(count, patch)
