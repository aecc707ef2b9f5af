"""What the sound can be made to go on from: a file, or what the microphone hears. On the engine's thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livernn.control.patch import Patch
from livernn.engine import messages as msg
from livernn.engine.follower import Follower, Phrase
from livernn.engine.inlet import Inlet
from livernn.engine.studio import Instrument, ShadowLike, Studio
from livernn.engine.worker import Worker
from livernn.errors import BadInputError, LiveRNNError
from livernn.model.checkpoint import Checkpoint

_HEARD_AT_ONCE = 4096
"""Model samples of a file between two looks at whether anybody still wants it."""


@dataclass(frozen=True)
class Model:
    """A checkpoint in use, its file, the load that brought it (0 if that brought no patch) and its first patch."""

    path: str
    checkpoint: Checkpoint
    epoch: int
    patch: Patch


class Stage(Protocol):
    """What priming asks of the engine."""

    model: Model | None
    built: Model | None
    """The loader's own: what its last load made, ahead of `model`."""

    @property
    def rate_hz(self) -> float: ...

    def new_seed(self) -> int: ...

    def change_to(self, instrument: Instrument, seed: int, prime: str) -> None: ...

    def duck(self, duck_db: float) -> None: ...


@dataclass
class _Listening:
    """A phrase under way, and the seed of its shadow."""

    model: Model
    phrase: Phrase
    seed: int


class Primer:
    """One prime at a time: who asks for another, or for a new beginning, gives up the one under way."""

    def __init__(
        self,
        stage: Stage,
        studio: Studio,
        loader: Worker,
        inlet: Inlet,
        follower: Follower,
        emit: Callable[[msg.Event], None],
    ) -> None:
        self._stage = stage
        self._studio = studio
        self._loader = loader
        self._inlet = inlet
        self._follower = follower
        self._emit = emit
        self._request = 0
        self._wanted: msg.Listen | None = None
        """Waits for a microphone."""
        self._listening: _Listening | None = None
        inlet.on_change = self._on_microphone

    def obey(
        self, command: msg.Prime | msg.Listen | msg.StopListening | msg.SetMicrophone | msg.ListMicrophones
    ) -> None:
        """What concerns primes and the microphone."""
        match command:
            case msg.Prime():
                self._prime(command)
            case msg.Listen():
                self._listen(command)
            case msg.StopListening():
                self._stop_listening()
            case msg.SetMicrophone():
                self._inlet.change(command)
            case msg.ListMicrophones():
                self._inlet.send_devices()

    def _prime(self, command: msg.Prime) -> None:
        """Cross-fade to a continuation of a sound file. Ends in Primed or Failed, or in nothing if interrupted."""
        self.interrupt()
        request, path = self._request, Path(command.path)
        seed, rate_hz = self._stage.new_seed(), self._stage.rate_hz

        def operation() -> tuple[Model, Instrument, float]:
            model = self._stage.built
            if model is None:
                raise no_model()
            model_rate_hz = model.checkpoint.config.sample_rate_hz
            audio = self._studio.read(path, model_rate_hz, command.begin_s, command.end_s)
            shadow = self._studio.shadow(model.checkpoint, seed, rate_hz)
            for start in range(0, audio.size, _HEARD_AT_ONCE):
                if request != self._request:
                    raise LiveRNNError("prime", "something else was asked for", "Prime again.")
                shadow.hear(audio[start : start + _HEARD_AT_ONCE])
            return model, shadow.instrument(), audio.size / model_rate_hz

        def then(primed: tuple[Model, Instrument, float]) -> None:
            model, instrument, seconds = primed
            if request != self._request:
                return
            if model is self._stage.model:
                self._stage.change_to(instrument, seed, str(path))
                self._emit(msg.Primed(seconds, path.name, seed))
            else:
                why = f"{path.name}: another model was loaded meanwhile. Prime again."
                self._emit(msg.Failed(msg.Attempt.PRIME, why))

        def failed(error: LiveRNNError) -> None:
            if request == self._request:
                self._emit(msg.Failed(msg.Attempt.PRIME, str(error)))

        self._loader.submit(operation, then, failed)

    def _listen(self, command: msg.Listen) -> None:
        """Begin a phrase as soon as there is a microphone. Ends in Listening or Failed."""
        self.interrupt()
        if self._stage.model is None:
            self._emit(msg.Failed(msg.Attempt.LISTEN, str(no_model())))
        elif self._inlet.opened is None:
            self._wanted = command
            self._inlet.ensure_open()
        else:
            self._begin(command, self._stage.model, self._inlet.opened)

    def _stop_listening(self) -> None:
        """End the phrase: cross-fade to a continuation. Ends in ListeningEnded, then Primed or Failed."""
        self._wanted = None
        if self._listening is not None:
            self._follower.finish(self._listening.phrase)

    def interrupt(self) -> None:
        """Give up the prime under way."""
        self._request += 1
        self._wanted = None
        listening, self._listening = self._listening, None
        if listening is not None:
            self._follower.give_up()
            self._stage.duck(0.0)
            self._emit(msg.ListeningEnded(str(listening.phrase.path)))

    def instrument_changed(self) -> None:
        """Another model sounds, or on another processor: what was heard for the one before is of no use to it."""
        if self._listening is not None:
            self.interrupt()

    def _begin(self, command: msg.Listen, model: Model, microphone: msg.MicrophoneOpened) -> None:
        request = self._request

        def ended(instrument: Instrument | None, seconds: float) -> None:
            # By its number: were it held here, it would hold itself, and its model, for good.
            if request == self._request and self._listening is not None:
                self._end(self._listening, instrument, seconds)

        def spoilt(error: OSError) -> None:
            why = f"what is heard cannot be kept ({error.strerror})"
            self._emit(msg.Failed(msg.Attempt.LISTEN, str(BadInputError(command.path, why, "Free some space."))))

        rate_hz = model.checkpoint.config.sample_rate_hz
        phrase = Phrase(Path(command.path), microphone.rate_hz, rate_hz, ended, spoilt)
        listening = self._listening = _Listening(model, phrase, self._stage.new_seed())
        self._follower.begin(phrase)
        self._stage.duck(command.duck_db)
        self._give_shadow(listening)
        self._emit(msg.Listening(command.path))

    def _give_shadow(self, listening: _Listening) -> None:
        """As soon as the loader has made one; it catches up."""
        device_rate_hz = self._stage.rate_hz
        model = listening.model

        def operation() -> ShadowLike:
            if model is not self._stage.built:
                raise LiveRNNError("listen", "another model was loaded meanwhile", "Listen again.")
            return self._studio.shadow(model.checkpoint, listening.seed, device_rate_hz)

        def then(shadow: ShadowLike) -> None:
            listening.phrase.shadow = shadow

        def failed(error: LiveRNNError) -> None:
            if self._listening is listening:
                self.interrupt()
                self._emit(msg.Failed(msg.Attempt.LISTEN, str(error)))

        self._loader.submit(operation, then, failed)

    def _end(self, listening: _Listening, instrument: Instrument | None, seconds: float) -> None:
        self._listening = None
        path = listening.phrase.path
        if instrument is not None:
            self._stage.change_to(instrument, listening.seed, str(path))
        else:
            self._stage.duck(0.0)
        self._emit(msg.ListeningEnded(str(path)))
        if instrument is not None:
            self._emit(msg.Primed(seconds, path.name, listening.seed))
        else:
            why = LiveRNNError("microphone", "that was too short", "Hold while you play, then let go.")
            self._emit(msg.Failed(msg.Attempt.LISTEN, str(why)))

    def _on_microphone(self) -> None:
        opened, wanted = self._inlet.opened, self._wanted
        self._follower.meter(opened.rate_hz if opened is not None else 0.0)
        if opened is None:
            if self._listening is not None:
                self.interrupt()
        elif wanted is not None:
            self._listen(wanted)


def no_model() -> LiveRNNError:
    """What is told where one is needed."""
    return LiveRNNError("model", "none is loaded", "Choose a preset or a checkpoint first.")
