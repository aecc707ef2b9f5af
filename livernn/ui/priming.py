"""Primes as the window sees them: those on the shelf, the one being listened to, and the microphone. No widgets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livernn.control.primes import DUCK_DB, HEARD_S, KEPT_S, KeptPrime, PrimeShelf, primes_folder
from livernn.engine.client import (
    Attempt,
    AuditionEnded,
    Device,
    EngineClient,
    Event,
    Failed,
    Listening,
    ListeningEnded,
    MicrophoneClosed,
    MicrophoneOpened,
    Microphones,
    Primed,
)
from livernn.ui.notice import Kind, Notice
from livernn.ui.settings import Settings
from livernn.ui.shelf_keeper import PEAKS, ShelfKeeper
from livernn.ui.undo import UndoStack
from livernn.wavfile import write_wav_blocks

DUCKS_DB = (0.0, 6.0, 12.0, 24.0, 60.0)


class Priming(ShelfKeeper[KeptPrime]):
    """`state_changed` tells of `listening`, `microphone`, `microphones`, `unlisted` and `choice` as well."""

    _shelf: PrimeShelf

    def __init__(self, client: EngineClient, settings: Settings, undo_stack: UndoStack) -> None:
        super().__init__(client, PrimeShelf(primes_folder()), undo_stack)
        self._settings = settings
        self._held: Path | None = None
        """Where what has been asked for is kept, until it is let go or given up."""
        self._looking = False
        self.choice = settings.microphone
        self.duck_db = settings.duck_db if settings.duck_db is not None else DUCK_DB
        self.listening: Path | None = None
        self.microphone: MicrophoneOpened | None = None
        self.microphones: tuple[Device, ...] = ()
        self.unlisted: str | None = None
        """Why it is not known which there are."""
        self.sounds = self._find()

    @property
    def held(self) -> bool:
        """Whether the microphone is to be listened to until it is let go."""
        return self._held is not None

    @property
    def lacks_microphone(self) -> bool:
        """Whether there is none at all, or the one that should be open is not."""
        return not self.microphones or (self.choice.on and self.microphone is None)

    def start(self) -> None:
        """Open the microphone that was open the last time."""
        self.list_microphones()
        self._set_microphone()

    def take_event(self, event: Event) -> None:
        """What the client says, of whatever."""
        match event:
            case Primed(seconds, name):
                self._say(f"Continuing {name} ({seconds:.1f} s heard)")
            case Listening(path):
                self.listening = Path(path)
                self._say("Listening to the microphone. Let go to have it continued.")
            case ListeningEnded(path):
                self.listening = None
                if self._held == Path(path):
                    self._held = None
                self._refresh()
            case Failed(Attempt.LISTEN) if self.listening is None:
                self._held = None
            case MicrophoneOpened(device, host_api):
                self.microphone = event
                self._remember(on=True, device=f"{device}, {host_api}" if self.choice.device is not None else None)
            case MicrophoneClosed(message):
                self.microphone = self._held = None
                if message is None:
                    self._remember(on=False, device=self.choice.device)
                else:
                    self.told.emit(Notice(Kind.ERROR, message))
                    self.list_microphones()
            case Microphones(devices):
                self._take_list(devices)
            case AuditionEnded(path):
                self._end_audition(Path(path))
            case _:
                return
        self.state_changed.emit()

    def lose_engine(self) -> None:
        """It died: nothing is open or listened to until there is another."""
        self.listening = self.microphone = self._held = None
        self._looking = False
        self.state_changed.emit()

    def hold(self) -> None:
        """Listen to the microphone, opening it if need be, until `let_go`."""
        if self._held is None:
            self._held = self._shelf.free_phrase()
            self._client.listen(self._held, self.duck_db)

    def let_go(self) -> None:
        """Continue what was played."""
        if self._held is not None:
            self._held = None
            self._client.stop_listening()

    def choose_microphone(self, device: str | None) -> None:
        """Open a microphone, listened to as it was the last time; remembered once that is done."""
        self.choice = self._settings.microphone_of(device)
        self._set_microphone()

    def close_microphone(self) -> None:
        """Open none; which it was is remembered."""
        self.choice = replace(self.choice, on=False)
        self._set_microphone()

    def choose_channel(self, channel: int | None) -> None:
        """Listen to that channel alone, counted from 1, or to the mix; remembered with the microphone."""
        self.choice = replace(self.choice, on=True, channel=channel)
        self._set_microphone()

    def list_microphones(self) -> None:
        """Look for microphones again, unless that is under way."""
        if not self._looking:
            self._looking = True
            self._client.list_microphones()

    def fail_to_list(self, why: str) -> None:
        """Which there are could not be told."""
        self._looking = False
        self.unlisted = why
        self.state_changed.emit()

    def set_duck_db(self, duck_db: float) -> None:
        """How much quieter the sound is while the microphone is listened to."""
        self.duck_db = self._settings.duck_db = duck_db

    def continue_file(self, path: Path) -> None:
        """Continue any sound file, and keep it."""
        self.told.emit(Notice(Kind.BUSY, f"Listening to {path.name}"))
        self._client.prime(path)
        if path.parent != self._shelf.folder:
            self._keep(path)

    def continue_prime(self, prime: KeptPrime) -> None:
        """Continue a prime, as trimmed, from its end: of more than is heard, the last of it."""
        self.told.emit(Notice(Kind.BUSY, f"Listening to {prime.name}"))
        begin_s, end_s = prime.part
        self._client.prime(prime.path, max(begin_s, end_s - HEARD_S), end_s)

    def _keep(self, path: Path) -> None:
        def work() -> Callable[[], None]:
            from livernn.audiofile import audio_blocks, probe  # a window stands before it can read sound files

            info = probe(path)
            seconds = min(info.seconds, KEPT_S)
            known = [prime.whole_s for prime in self._shelf.primes() if prime.name == path.stem]
            if not any(abs(length - seconds) < 1.0 / info.sample_rate_hz for length in known):
                blocks = audio_blocks(path, info.sample_rate_hz, end_s=KEPT_S)
                kept = self._shelf.free_path(path.stem)
                write_wav_blocks(kept, blocks, info.sample_rate_hz, 1)
                if seconds > HEARD_S:
                    self._shelf.trim(KeptPrime(kept, seconds), 0.0, HEARD_S)
            return self._refresh

        self._in_pool(work, quiet=True)  # the engine, which reads the same file, says what is wrong with it

    def _take_list(self, devices: tuple[Device, ...]) -> None:
        came_back = self._is_among(devices) and not self._is_among(self.microphones)
        self._looking = False
        self.microphones, self.unlisted = devices, None
        if came_back and self.choice.on and self.microphone is None:
            self._set_microphone()

    def _set_microphone(self) -> None:
        choice = self.choice
        self._client.set_microphone(choice.device, on=choice.on, channel=choice.channel)

    def _is_among(self, devices: tuple[Device, ...]) -> bool:
        """The one that is chosen; any will do where the choice is the system's."""
        return any(self.choice.device in (None, device.full_name) for device in devices)

    def _remember(self, *, on: bool, device: str | None) -> None:
        self.choice = self._settings.microphone = replace(self.choice, on=on, device=device)

    def _find(self) -> list[KeptPrime]:
        return [prime for prime in self._shelf.primes() if prime.path != self.listening]

    def _trim(self, sound: KeptPrime, begin_s: float, end_s: float) -> None:
        self._shelf.trim(sound, begin_s, end_s)

    def _peaks(self, sound: KeptPrime) -> NDArray[np.float32]:
        from livernn.audiofile import audio_blocks, probe

        blocks = audio_blocks(sound.path, probe(sound.path).sample_rate_hz)
        samples = np.concatenate([np.zeros(1, np.float32), *blocks])
        starts = np.arange(PEAKS) * samples.size // PEAKS
        return np.maximum.reduceat(np.abs(samples), np.unique(starts)).astype(np.float32)
