"""The engine: turns commands into loads, streams and changes of sound, and says what became of them.

All decisions are made on one thread, in `run`. Slow work is done by two workers whose outcomes come back to it.
"""

import queue
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from livernn import heap
from livernn.control.patch import Patch
from livernn.engine import messages as msg
from livernn.engine.company import fitting
from livernn.engine.follower import Follower
from livernn.engine.inlet import Inlet
from livernn.engine.input import Input
from livernn.engine.origin import Origin
from livernn.engine.outlet import ListDevices, Outlet
from livernn.engine.output import Output
from livernn.engine.primer import Model, Primer, no_model
from livernn.engine.reel import Reel
from livernn.engine.sampler import Sampler
from livernn.engine.shared import HEARTBEAT, ControlBlock, SharedBlock, publish_state
from livernn.engine.studio import Instrument, Studio
from livernn.engine.tape import Incoming
from livernn.engine.transport import EngineState
from livernn.engine.worker import Worker
from livernn.errors import LiveRNNError

_TICK_S = 0.1
_TRIM_TICKS = round(heap.TRIM_EVERY_S / _TICK_S)
_CLOSE_PATIENCE_S = 2.0
_LOADER_PATIENCE_S = 0.5
_SEED_LIMIT = 1 << 31


class Engine:
    """`post` may be called from any thread; `emit` is called from the thread of `run` and from workers'."""

    def __init__(
        self,
        block: SharedBlock,
        reel: Reel,
        studio: Studio,
        output: Output,
        emit: Callable[[msg.Event], None],
        list_devices: ListDevices,
        seed: int | None = None,
        *,
        microphone: Input,
        list_inputs: ListDevices,
    ) -> None:
        self._block = block
        self._studio = studio
        self._emit = emit
        self._seeds = random.Random(seed)
        self._inbox: queue.SimpleQueue[msg.Command | Callable[[], None]] = queue.SimpleQueue()
        self._loader = Worker("loader", self._inbox.put)
        self._sampler = Sampler(
            block,
            reel,
            studio.at_rate,
            on_failure=lambda why: self._inbox.put(partial(self._on_sampler_failed, why)),
            on_return=lambda trouble: self._inbox.put(partial(emit, msg.Guarded(trouble))),
            on_crowded=lambda most_voices: self._inbox.put(partial(emit, msg.Crowded(most_voices))),
        )
        self._state = EngineState.STARTING
        self._ending = False
        self._wanted = False
        self._request = 0
        self._loading = False
        self.model: Model | None = None
        self.built: Model | None = None
        """The loader's own: what its last load made, ahead of `model`."""
        self._outlet = Outlet(block, output, list_devices, self._sampler, emit, self._inbox.put)
        self._outlet.on_open = self._advance
        self._outlet.on_gone = self._stop
        self._inlet = Inlet(microphone, list_inputs, emit, self._inbox.put)
        self._follower = Follower(block, microphone.ear, self._inbox.put)
        self._primer = Primer(self, studio, self._loader, self._inlet, self._follower, emit)

    def post(self, command: msg.Command) -> None:
        """Have a command carried out."""
        self._inbox.put(command)

    def run(self) -> None:
        """Serve until Quit. Returns within seconds of it, whatever hangs."""
        publish_state(self._block, self._state)
        self._emit(msg.StateChanged(self._state))
        next_tick = 0.0
        while not self._ending:
            try:
                item = self._inbox.get(timeout=max(0.0, next_tick - time.monotonic()))
            except queue.Empty:
                self._block.words[HEARTBEAT] += 1
                if self._block.words[HEARTBEAT] % _TRIM_TICKS == 0:
                    heap.trim()
                self._outlet.check()
                self._inlet.check()
                next_tick = time.monotonic() + _TICK_S
            else:
                if callable(item):
                    item()
                else:
                    self._obey(item)
                del item  # and all that it brought, models for one
            self._tell_state()
        self._close()

    def _tell_state(self) -> None:
        if self.model is not None:
            state = EngineState.PLAYING if self._wanted and self._outlet.is_open else EngineState.READY
        else:
            state = EngineState.LOADING if self._loading else EngineState.IDLE
        if state is not self._state:
            self._state = state
            publish_state(self._block, state)
            self._emit(msg.StateChanged(state))

    def _obey(self, command: msg.Command) -> None:
        match command:
            case msg.Load():
                self._load(command)
            case msg.Prime() | msg.Listen() | msg.StopListening() | msg.SetMicrophone() | msg.ListMicrophones():
                self._primer.obey(command)
            case msg.Play():
                self._play()
            case msg.Stop():
                self._stop()
            case msg.Panic():
                self._panic()
            case msg.Reset():
                self._reset(command.seed)
            case msg.SetAudio():
                self._outlet.change(command)
            case msg.RunOn():
                self._run_on(command)
            case msg.SetDepth():
                self._sampler.set_depth(command.depth_ms)
            case msg.ListDevices():
                self._outlet.send_devices()
            case msg.Quit():
                self._ending = True

    def _load(self, command: msg.Load) -> None:
        self._request = command.request
        self._loading = True
        self._studio.cancel()
        seed, rate_hz = self.new_seed(), self._outlet.rate_hz

        def operation() -> tuple[Model, Instrument, int]:
            if command.request != self._request:
                raise LiveRNNError("load", "another one was asked for", "Wait for that.")
            patch = Patch.from_dict(command.patch or {})
            checkpoint = self._studio.open(Path(command.checkpoint), self._report_tuning)
            instrument = self._studio.build(checkpoint, seed, rate_hz, round(patch.voices))
            most_voices = self._studio.most_voices(instrument, patch)
            epoch = command.request if command.patch is not None else 0
            self.built = Model(command.checkpoint, checkpoint, epoch, fitting(patch, most_voices))
            return self.built, instrument, most_voices

        def then(built: tuple[Model, Instrument, int]) -> None:
            if command.request == self._request:
                self._loading = False
                self.model, instrument, most_voices = built
                self.change_to(instrument, seed)
                self._primer.instrument_changed()
                checkpoint = self.model.checkpoint
                self._emit(
                    msg.Loaded(
                        command.request,
                        command.checkpoint,
                        checkpoint.sha256,
                        checkpoint.config.sample_rate_hz,
                        seed,
                        most_voices,
                        instrument.processor.name,
                        command.patch,
                    )
                )
                self._advance()

        def failed(error: LiveRNNError) -> None:
            if command.request == self._request:
                self._loading = False
                self._wanted = self._wanted and self.model is not None
                self._emit(msg.Failed(msg.Attempt.LOAD, str(error), command.request))

        self._loader.submit(operation, then, failed)

    def _run_on(self, command: msg.RunOn) -> None:
        """Go on with the present sound on another processor. Ends in RunsOn or, all being as before, in Failed."""
        seed, rate_hz = self.new_seed(), self._outlet.rate_hz
        _, patch = ControlBlock(self._block).read()

        def operation() -> tuple[Model, Instrument, int] | None:
            model, before = self.built, self._studio.run_on(command.device)
            if model is None:
                return None
            try:
                instrument = self._studio.build(model.checkpoint, seed, rate_hz, round(patch.voices))
                return model, instrument, self._studio.most_voices(instrument, patch)
            except Exception:
                self._studio.run_on(before)
                raise

        def then(built: tuple[Model, Instrument, int] | None) -> None:
            if built is None or built[0] is not self.model:  # what is loaded next runs there
                self._emit(msg.RunsOn(command.device))
                return
            _, instrument, most_voices = built
            self._primer.instrument_changed()
            self._emit(msg.RunsOn(command.device, instrument.processor.name, most_voices))
            self._sampler.move(instrument)

        def failed(error: LiveRNNError) -> None:
            self._emit(msg.Failed(msg.Attempt.PROCESSOR, str(error)))

        self._loader.submit(operation, then, failed)

    @property
    def rate_hz(self) -> float:
        """The output's, or the likeliest one."""
        return self._outlet.rate_hz

    def duck(self, duck_db: float) -> None:
        """Render so much quieter from now on."""
        self._sampler.duck(duck_db)

    def change_to(self, instrument: Instrument, seed: int, prime: str | None = None) -> None:
        """Cross-fade to an instrument of the model; `prime` is the sound file that it continues."""
        model = self.model
        assert model is not None
        precision = instrument.processor.precision
        origin = Origin(str(Path(model.path).absolute()), model.checkpoint.sha256, precision, seed, prime)
        foresight = model.checkpoint.foresight
        self._sampler.swap(Incoming(instrument, origin, model.epoch, model.patch, foresight))

    def _play(self) -> None:
        if self.model is None and not self._loading:
            self._emit(msg.Failed(msg.Attempt.PLAY, str(no_model())))
            return
        self._wanted = True
        self._advance()

    def _advance(self) -> None:
        """Play if all that takes is there; see to what is missing."""
        if self._wanted and self.model is not None:
            if self._outlet.is_open:
                self._sampler.play()
            else:
                self._outlet.ensure_open()

    def _stop(self) -> None:
        self._wanted = False
        self._sampler.stop()

    def _panic(self) -> None:
        self._primer.interrupt()
        self._stop()
        if self.model is not None:
            self._reset(None)

    def _reset(self, seed: int | None) -> None:
        if self.model is None:
            self._emit(msg.Failed(msg.Attempt.RESET, str(no_model())))
            return
        self._primer.interrupt()
        seed = self.new_seed() if seed is None else seed
        self._sampler.reset(seed)
        self._emit(msg.WasReset(seed))

    def _on_sampler_failed(self, why: str) -> None:
        self._primer.interrupt()
        self.model = None
        self._wanted = False
        self._emit(msg.Failed(msg.Attempt.PLAY, f"sampler: {why}. Load a model again, and please report it."))

    def _close(self) -> None:
        self._sampler.stop()
        self._studio.cancel()
        self._follower.close(_CLOSE_PATIENCE_S)
        self._inlet.close(_CLOSE_PATIENCE_S)
        self._outlet.close(_CLOSE_PATIENCE_S)
        self._sampler.close(_CLOSE_PATIENCE_S)
        self._loader.close(_LOADER_PATIENCE_S)

    def new_seed(self) -> int:
        """One that the performer did not choose."""
        return self._seeds.randrange(_SEED_LIMIT)

    def _report_tuning(self, stage: str, fraction: float) -> None:
        self._emit(msg.Tuning(stage, fraction))
