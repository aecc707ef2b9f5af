"""A Voice with its guard where nobody is listening yet: what `render` writes."""

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.synth.guard import Guard, Rendered
from livernn.synth.voice import Voice
from livernn.units import ms_to_samples

FADE_MS = 20.0


class GuardedVoice:
    """Goes back where the guard says that the sound is dead, as the sampler does. Owned by one thread."""

    def __init__(self, voice: Voice, guard: Guard) -> None:
        self._voice = voice
        self._guard = guard
        self._at = 0
        self._tail: NDArray[np.float32] | None = None
        """Of the sound that is left, to fade from."""

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        """See `Voice`; `count` is longer than the fade."""
        voice, snapshot = self._voice, self._voice.snapshot()
        played = self._guard.lift(patch)
        sound = self._faded(voice.render(count, played))
        trouble = self._guard.hear(Rendered(self._at, snapshot, voice.codes, voice.surprisal_bits))
        self._at += count
        if trouble is not None and patch.guard:
            self._tail = voice.render(ms_to_samples(FADE_MS, voice.config.sample_rate_hz), played)
            voice.restore(self._guard.go_back(self._at, trouble))
        return sound

    def _faded(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._tail is None:
            return sound
        tail, self._tail = self._tail, None
        rise = ((np.arange(len(tail), dtype=np.float32) + 1.0) / (len(tail) + 1.0))[:, np.newaxis]
        sound[: len(tail)] = rise * sound[: len(tail)] + (1.0 - rise) * tail
        return sound
