"""What the ring is filled with: a voice, and the fade into it from what sounded before."""

from copy import copy

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.studio import VoiceLike
from livernn.engine.transport import CrossFade


class Deck:
    """The sampler plays on one, and who replays a take plays on another, so that both make the same samples."""

    def __init__(self) -> None:
        self.voice: VoiceLike | None = None
        self._fade: CrossFade | None = None
        self.codes = np.empty((0, 0), np.uint8)
        """Of the voice's last block, `[voices, n]`, and their mean surprisal, `[voices]`."""
        self.surprisal_bits = np.empty(0)

    @property
    def fade(self) -> CrossFade | None:
        """What is left of what sounded before; setting it back is all that a Deck adds to a voice's `restore`."""
        return copy(self._fade)

    @fade.setter
    def fade(self, fade: CrossFade | None) -> None:
        self._fade = copy(fade)

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        """The next `count` model samples as device samples. There must be a voice."""
        assert self.voice is not None
        sound = self.voice.render(count, patch)
        self.codes, self.surprisal_bits = self.voice.codes, self.voice.surprisal_bits
        return self._mixed(sound)

    def keep_tail(self, count: int, patch: Patch) -> None:
        """Before the voice is replaced or reset: take `count` model samples of it to fade from."""
        assert self.voice is not None
        self._fade = CrossFade(self._mixed(self.voice.render(count, patch)))

    def drop_tail(self) -> None:
        """Fade from nothing."""
        self._fade = None

    def _mixed(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._fade is None:
            return sound
        mixed = self._fade.mix(sound)
        if self._fade.finished:
            self._fade = None
        return mixed
