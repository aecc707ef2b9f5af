"""What the ring is filled with: a voice, and the fade into it from what sounded before."""

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

    @property
    def fading(self) -> bool:
        """Whether something is left of what sounded before."""
        return self._fade is not None

    def render(self, count: int, patch: Patch) -> NDArray[np.float32]:
        """The next `count` model samples as device samples. There must be a voice."""
        assert self.voice is not None
        return self._mixed(self.voice.render(count, patch))

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
