"""A take made again from its log: voice, ring and callback go through the same moves, without a clock.

Sample for sample what was heard, on the same kind of processor and with the same checkpoint. The WAV is not looked at.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.engine.audio import serve
from livernn.engine.deck import NOTHING, CrossFade, Deck
from livernn.engine.history import Entry, is_beginning
from livernn.engine.reel import REEL_WORDS, TAP_SAMPLES
from livernn.engine.score import Flow, Score, find_checkpoint, spoilt
from livernn.engine.shared import (
    CHANNELS,
    FADE_SAMPLES,
    GATE,
    HEADER_WORDS,
    LEVEL,
    RING_AT,
    RING_READ,
    RING_SAMPLES,
    RING_WORDS,
    RING_WRITE,
    STARVED,
)
from livernn.engine.state_json import decode_array, decode_state
from livernn.engine.transport import GATE_FADE_MS
from livernn.model.checkpoint import Checkpoint
from livernn.model.precision import GPU_PRECISION, KERNEL_PRECISION, Precision
from livernn.synth.choir import Choir, choir_of
from livernn.synth.kernel import load_kernel
from livernn.synth.voice import Voice
from livernn.units import SIDES, ms_to_samples

_BLOCK_SAMPLES = 1024
_SERVED_AT_ONCE = 4096


def replay(score: Score) -> Iterator[NDArray[np.float32]]:
    """Blocks `[n, SIDES]` of the take, `score.frames` samples in all, at its device rate.

    Raises:
        BadInputError: a checkpoint is missing, or the log does not fit together.
    """
    callback = _Callback(ms_to_samples(GATE_FADE_MS, score.card.rate_hz))
    source = _Source(score)
    ends = [*(flow.heard for flow in score.flows[1:]), score.frames]
    try:
        for flow, end in zip(score.flows, ends, strict=True):
            heard = flow.heard
            callback.begin(flow)
            while heard < end:
                count = min(end - heard, _SERVED_AT_ONCE)
                sound = callback.serve(source, count)
                yield sound[max(0, -heard) :]
                heard += count
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise spoilt(score.path, f"its log does not fit together ({error})") from error


class _Callback:
    """The audio callback over a ring of its own."""

    def __init__(self, fade_samples: int) -> None:
        self._words = np.zeros(HEADER_WORDS, np.int64)
        self._words[CHANNELS], self._words[FADE_SAMPLES] = SIDES, fade_samples
        self._ring_words = self._words[RING_AT : RING_AT + RING_WORDS]
        self._ring = np.zeros((RING_SAMPLES, SIDES), np.float32)
        self._reel = np.zeros(REEL_WORDS, np.int64)
        self._tap = np.zeros((TAP_SAMPLES, SIDES), np.float32)
        self._starved = False

    def begin(self, flow: Flow) -> None:
        self._words[GATE], self._words[LEVEL] = flow.is_open, flow.level
        self._ring_words[[RING_READ, RING_WRITE]] = flow.ring
        self._starved = flow.starved
        if not flow.starved:
            self._words[STARVED] = 0

    def serve(self, source: "_Source", count: int) -> NDArray[np.float32]:
        if not self._starved:
            needed = count if self._words[GATE] else min(count, int(self._words[LEVEL]))
            first = int(self._ring_words[RING_READ])
            self._ring[np.arange(first, first + needed) % RING_SAMPLES] = source.take(first, needed)
            self._ring_words[RING_WRITE] = first + needed
        output = np.empty((count, SIDES), np.float32)
        serve(self._words, self._ring, self._reel, self._tap, output.reshape(-1), count, 0)
        return output


class _Source:
    """What the sampler put on its ring, made when it is asked for; positions never go back."""

    def __init__(self, score: Score) -> None:
        self._score = score
        self._steps = deque(score.steps)
        self._deck = Deck()
        self._patch = Patch()
        self._at = 0
        self._end = 0
        """Ring position up to which there is sound."""
        self._sound = NOTHING
        self._checkpoints: dict[str, Checkpoint] = {}

    def take(self, first: int, count: int) -> NDArray[np.float32]:
        """`count` samples from ring position `first` on."""
        self._begin_late(first)
        while self._end < first + count:
            self._go_on()
        begin = first - (self._end - len(self._sound))
        taken = self._sound[begin : begin + count]
        if len(taken) != count:
            raise spoilt(self._score.path, "it plays what came before its log")
        self._sound = self._sound[begin + count :]
        return taken

    def _begin_late(self, first: int) -> None:
        """Of what nobody heard, make only what follows the last state before `first`."""
        usable = [at for at, step in enumerate(self._steps) if step["ring"] <= first and is_beginning(step)]
        if not usable or self._steps[usable[-1]]["ring"] < self._end:
            return
        for _ in range(usable[-1]):
            self._steps.popleft()
        self._end, self._at = self._steps[0]["ring"], self._steps[0]["at"]
        self._sound = NOTHING

    def _go_on(self) -> None:
        while self._steps and self._steps[0]["ring"] <= self._end:
            self._do(self._steps.popleft())
        if self._deck.voice is None:
            raise spoilt(self._score.path, "it plays what came before its log")
        count = _BLOCK_SAMPLES
        following = self._steps[0] if self._steps else None
        if following is not None and following["at"] > self._at:
            count = min(count, following["at"] - self._at)
        elif following is not None and not is_beginning(following):
            raise spoilt(self._score.path, "positions in its log contradict each other")
        sound = self._deck.render(count, self._patch)
        self._sound = np.concatenate([self._sound, sound])
        self._at += count
        self._end += len(sound)
        if following is None or following["at"] != self._at or is_beginning(following):
            return
        if following["ring"] < self._end:
            raise spoilt(self._score.path, "positions in its log contradict each other")

    def _do(self, step: Entry) -> None:
        fade = int(step.get("fade", 0))
        match step["do"]:
            case "patch":
                self._patch = Patch.from_dict({**self._patch.to_dict(), **step["set"]})
            case "state":
                self._begin(step)
                self._patch = Patch.from_dict(step["set"])
            case "voice" if fade == 0:
                self._begin(step)
            case "voice":
                self._deck.leave(fade, self._patch)
                self._deck.voice = self._voice(step, float(step["rate_hz"]))
            case "reset":
                self._deck.leave(fade, self._patch)
                assert self._deck.voice is not None
                self._deck.voice.reset(int(step["seed"]))
            case "rollback":
                self._deck.leave(fade, Patch.from_dict(step["set"]), int(step.get("kept", 0)))
            case "haste":
                self._deck.make_haste()
            case other:
                raise ValueError(f"{other!r} is nothing that a sampler does")

    def _begin(self, step: Entry) -> None:
        rate_hz = float(step["rate_hz"])
        self._deck.voice = self._voice(step, rate_hz)
        self._deck.fades = tuple(self._fade(fade, rate_hz) for fade in step["fades"])

    def _fade(self, content: Any, rate_hz: float) -> CrossFade:
        voice = self._voice(content, rate_hz)
        patch, waiting = Patch.from_dict(content["set"]), decode_array(content["waiting"])
        return CrossFade(voice, voice.snapshot(), patch, int(content["length"]), int(content["done"]), waiting)

    def _voice(self, content: Any, rate_hz: float) -> Voice:
        origin = content["origin"]
        if origin["sha256"] not in self._checkpoints:
            self._checkpoints[origin["sha256"]] = find_checkpoint(origin)
        checkpoint = self._checkpoints[origin["sha256"]]
        voice = Voice(_choir(checkpoint, origin["precision"], int(origin["seed"])), rate_hz)
        snapshot = decode_state(content["state"])
        if snapshot.generator.history.max(initial=0) >= checkpoint.config.q_levels:
            raise ValueError("its history holds no codes of this checkpoint")
        voice.restore(snapshot)
        return voice


def _choir(checkpoint: Checkpoint, precision: str, seed: int) -> Choir:
    if precision in (GPU_PRECISION, KERNEL_PRECISION):
        from livernn.synth.cuda.back_ends import load_again

        model = load_again(checkpoint, precision)
        return Choir(lambda voices: model.generator(seed=seed, voices=voices))
    return choir_of(load_kernel(checkpoint, cast(Precision, precision)), seed)
