"""The guard: never a dead stage. It keeps healthy places of what was played, and says when to go back to which."""

import random
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livernn.control.params import PARAMS, Group
from livernn.control.patch import Patch
from livernn.control.trouble import Trouble
from livernn.model.config import ModelConfig
from livernn.model.foresight import Foresight
from livernn.synth.vigil import LOOP_PATIENCE_S, Vigil
from livernn.synth.voice import VoiceSnapshot

PLACES = 32
PLACE_EVERY_S = 1.0
PROOF_S = 1.0
"""So long must a place have gone on healthily."""

FRESH_S = 3.0
"""How long a sound may be silent before its first healthy second."""

STEPS_BACK = (0, 1, 3, 7, 15)
"""Places beyond the last one, for each return in a row; after them comes the state that the sound began in."""

LIFTED_FROM = 2
"""Returns in a row after which the performer's settings are taken to be what kills the sound. The state that it began
in gets no such chance: it is where it died before."""

ONSET_S = {Trouble.SILENT: 1.0, Trouble.NOISY: 1.0, Trouble.LOOPING: LOOP_PATIENCE_S + 2.0}
"""How long before it is seen a trouble has begun: a loop has been round, and again for a second, before it counts."""

_SEED_LIMIT = 1 << 31
_SAMPLING = [name for name, spec in PARAMS.items() if spec.group is Group.SAMPLING]


@dataclass(frozen=True)
class Rendered:
    """A block: `codes` `[voices, n]` and a mean surprisal for each voice, rendered from `snapshot`, sample `at`, on."""

    at: int
    snapshot: VoiceSnapshot
    codes: NDArray[np.uint8]
    surprisal_bits: NDArray[np.float64]


@dataclass(frozen=True)
class _Place:
    at: int
    snapshot: VoiceSnapshot


class Guard:
    """Of one sound, from its beginning on. One thread."""

    def __init__(self, config: ModelConfig, foresight: Foresight | None, seeds: random.Random) -> None:
        """`foresight`: how well the checkpoint foresees music, if that is known."""
        self._rate_hz = config.sample_rate_hz
        self._vigil = Vigil(config, foresight)
        self._seeds = seeds
        self._origin: _Place | None = None
        self._silent_until = 0
        """Up to this sample silence is no trouble."""
        self._candidates: deque[_Place] = deque()
        """Healthy so far."""
        self._places: deque[_Place] = deque(maxlen=PLACES)
        self._in_a_row = 0
        self._lifted = False

    def lift(self, patch: Patch) -> Patch:
        """What to render under: the performer's patch, or its sampling at rest until the sound is healthy again."""
        if not (self._lifted and patch.guard):
            return patch
        for name in _SAMPLING:
            patch = patch.with_value(name, PARAMS[name].default)
        return patch

    def hear(self, block: Rendered) -> Trouble | None:
        """What the sound is dead of after this block; what was heard from there on before has been rendered again."""
        at, place = block.at, _Place(block.at, block.snapshot)
        if self._origin is None:
            self._origin, self._silent_until = place, self._after(at, FRESH_S)
        while self._candidates and self._candidates[-1].at > at:
            self._candidates.pop()
        bits = block.surprisal_bits.tolist()
        if not self._vigil.hear(at, block.codes, sum(bits) / len(bits)):
            return None
        if self._vigil.healthy:
            self._note_healthy(place)
        else:
            self._candidates.clear()
        trouble = self._vigil.trouble
        return None if trouble is Trouble.SILENT and at < self._silent_until else trouble

    def go_back(self, at: int, trouble: Trouble) -> VoiceSnapshot:
        """Where to go on from, with a new random stream, at sample `at`; the last block heard was of `trouble`."""
        assert self._origin is not None
        earlier = [place for place in self._places if place.at <= self._after(at, -ONSET_S[trouble])]
        steps = (*STEPS_BACK, PLACES)[self._in_a_row % (len(STEPS_BACK) + 1)]
        place = earlier[-1 - steps] if steps < len(earlier) else self._origin
        self._in_a_row += 1
        self._lifted = self._in_a_row > LIFTED_FROM or place is self._origin
        self._silent_until = self._after(at, FRESH_S) if place is self._origin else at
        self._candidates.clear()
        self._vigil.start_anew()
        return place.snapshot.with_seed(self._seeds.randrange(_SEED_LIMIT))

    def _note_healthy(self, place: _Place) -> None:
        self._silent_until = place.at
        if not self._candidates or place.at >= self._after(self._candidates[-1].at, PLACE_EVERY_S):
            self._candidates.append(place)
        if place.at >= self._after(self._candidates[0].at, PROOF_S):
            self._places.append(self._candidates.popleft())
            if not self._lifted:
                self._in_a_row = 0
            self._lifted = False

    def _after(self, at: int, seconds: float) -> int:
        return at + round(seconds * self._rate_hz)
