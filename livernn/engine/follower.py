"""The follower: a thread that has a shadow follow the microphone as it hears, and keeps what was heard as a WAV."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.engine.ear import CLIPPED, INPUT_XRUNS, Ear
from livernn.engine.shared import MICROPHONE_CLIPPED, MICROPHONE_PEAK, MICROPHONE_XRUNS, SharedBlock
from livernn.engine.studio import Instrument, ShadowLike
from livernn.synth.resample import Resampler
from livernn.units import ms_to_samples
from livernn.wavfile import GrowingWav, to_pcm24

SHORTEST_MS = 50.0
"""A key that is only touched does not change the sound, and leaves nothing."""

LONGEST_S = 120.0

_FOLLOWING_PERIOD_S = 0.004
_METER_PERIOD_S = 0.02
_METER_WINDOW_MS = 50.0


@dataclass
class Phrase:
    """What is played while the performer has it listened to, from ear position `begin` to `end` once that is known.

    `rate_hz` is the microphone's. `ended` is handed to `deliver` once, with the instrument that goes on from there,
    None if too little was heard, and the seconds heard; `spoilt` as soon as the disk refuses to keep the sound. Who
    makes the shadow may be late: it catches up.
    """

    path: Path
    rate_hz: float
    model_rate_hz: float
    ended: Callable[[Instrument | None, float], None]
    spoilt: Callable[[OSError], None]
    shadow: ShadowLike | None = None
    begin: int = 0
    end: int | None = None


@dataclass
class _Following:
    """The thread's own view of a phrase."""

    phrase: Phrase
    read: int
    resampler: Resampler
    tape: GrowingWav | None = None
    waiting: list[NDArray[np.float32]] = field(default_factory=list)
    """At the model's rate, for a shadow that is not there yet."""


class Follower:
    """Public methods may be called from any thread; all but `close` return at once."""

    def __init__(self, block: SharedBlock, ear: Ear, deliver: Callable[[Callable[[], None]], None]) -> None:
        self._block = block
        self._ear = ear
        self._deliver = deliver
        self._changes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._rate_hz = 0.0
        self._following: _Following | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def meter(self, rate_hz: float) -> None:
        """Publish how loud the microphone is, which is open at this rate; 0 for none."""
        self._changes.put(lambda: self._set_rate(rate_hz))

    def begin(self, phrase: Phrase) -> None:
        """Follow what is heard from now on, instead of what was followed before."""
        phrase.begin = self._ear.heard
        self._changes.put(lambda: self._begin(phrase))

    def finish(self, phrase: Phrase) -> None:
        """The phrase ends now."""
        phrase.end = self._ear.heard
        self._changes.put(_wake)

    def give_up(self) -> None:
        """Follow no more, and say nothing."""
        self._changes.put(self._drop)

    def close(self, patience_s: float) -> None:
        """End the thread."""
        self._closing = True
        self._changes.put(_wake)
        self._thread.join(patience_s)

    def _run(self) -> None:
        while not self._closing:
            with suppress(queue.Empty):
                self._changes.get(timeout=self._period_s())()
            if self._following is not None:
                self._follow(self._following)
            if self._rate_hz > 0.0:
                self._publish()
        self._drop()

    def _period_s(self) -> float | None:
        """None while there is nothing to look after."""
        if self._following is not None:
            return _FOLLOWING_PERIOD_S
        return _METER_PERIOD_S if self._rate_hz > 0.0 else None

    def _set_rate(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._block.doubles[MICROPHONE_PEAK] = 0.0

    def _begin(self, phrase: Phrase) -> None:
        self._drop()
        resampler = Resampler(phrase.rate_hz, phrase.model_rate_hz)
        following = self._following = _Following(phrase, phrase.begin, resampler)
        try:
            phrase.path.parent.mkdir(parents=True, exist_ok=True)
            following.tape = GrowingWav(phrase.path, round(phrase.rate_hz))
        except OSError as error:
            self._tell_spoilt(phrase, error)

    def _follow(self, following: _Following) -> None:
        phrase = following.phrase
        limit = phrase.begin + round(LONGEST_S * phrase.rate_hz)
        finish = phrase.end  # read once: it may be set meanwhile, and what comes until then is still to be followed
        end = min(self._ear.heard if finish is None else finish, limit)
        if end > following.read:
            audio = self._ear.between(following.read, end)
            following.read = end
            following.waiting.append(following.resampler.process(audio))
            self._keep(following, audio)
        if phrase.shadow is not None:
            while following.waiting:
                phrase.shadow.hear(following.waiting.pop(0))
            if end == limit or finish is not None:
                self._end(following, phrase.shadow)

    def _end(self, following: _Following, shadow: ShadowLike) -> None:
        phrase = following.phrase
        seconds = (following.read - phrase.begin) / phrase.rate_hz
        instrument = shadow.instrument() if 1000.0 * seconds >= SHORTEST_MS else None
        self._deliver(lambda: phrase.ended(instrument, seconds))
        self._drop()

    def _drop(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            self._close_tape(following)

    def _keep(self, following: _Following, audio: NDArray[np.float32]) -> None:
        if following.tape is None:
            return
        try:
            following.tape.write(to_pcm24(audio))
        except OSError as error:
            self._close_tape(following)
            self._tell_spoilt(following.phrase, error)

    def _close_tape(self, following: _Following) -> None:
        tape, following.tape = following.tape, None
        phrase = following.phrase
        if tape is not None:
            with suppress(OSError):
                tape.close()
                if following.read - phrase.begin < ms_to_samples(SHORTEST_MS, phrase.rate_hz):
                    phrase.path.unlink()

    def _tell_spoilt(self, phrase: Phrase, error: OSError) -> None:
        self._deliver(lambda: phrase.spoilt(error))

    def _publish(self) -> None:
        heard = self._ear.heard
        recent = self._ear.between(heard - ms_to_samples(_METER_WINDOW_MS, self._rate_hz), heard)
        self._block.doubles[MICROPHONE_PEAK] = float(np.abs(recent).max(initial=0.0))
        self._block.words[MICROPHONE_CLIPPED] = self._ear.words[CLIPPED]
        self._block.words[MICROPHONE_XRUNS] = self._ear.words[INPUT_XRUNS]


def _wake() -> None:
    """For a thread that sleeps until there is something to do."""
