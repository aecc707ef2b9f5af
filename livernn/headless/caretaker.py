"""What is done when the output or the engine goes: nobody is there to press a button."""

import math
import time
from collections.abc import Callable

from livernn.engine.client import LOOK_AGAIN_MS, AudioOpened, DeviceLost, EngineDied, NoDevice
from livernn.headless.player import Player

DEATHS_APART_S = 60.0
"""An engine that dies sooner after its restart would die again and again."""

HANGS_FOR_S = 2.0
"""Where this program was stopped, or the machine asleep, the engine has just not answered yet."""

OutputEvent = AudioOpened | NoDevice | DeviceLost


class Caretaker:
    """Tries the output again while it is away, and restarts an engine that died or hangs. One thread."""

    def __init__(self, player: Player, on_status: Callable[[str], None]) -> None:
        self._player = player
        self._on_status = on_status
        self._opened = False
        self._look_at_s = math.inf
        self._restarted_at_s = -math.inf
        self._answered_s = math.inf
        self.away = False
        """Whether there was an output, and is none."""

    @property
    def due_s(self) -> float:
        """How long until `look_again` should be called."""
        return max(0.0, self._look_at_s - time.monotonic())

    def look_again(self) -> None:
        """Try the output; what comes of it is an event."""
        self._look_at_s = math.inf
        self._player.resume()

    def take_event(self, event: OutputEvent | EngineDied) -> bool:
        """Whether the performance can go on."""
        match event:
            case AudioOpened():
                if self.away:
                    self._player.resume()
                self._opened, self.away, self._look_at_s = True, False, math.inf
            case NoDevice(message) | DeviceLost(message):
                return self._lose_output(message)
            case EngineDied(_, message):
                return self._lose_engine(message)
        return True

    def watch_engine(self) -> bool:
        """Whether the performance can go on, to be asked now and then."""
        now_s = time.monotonic()
        if not self._player.hangs:
            self._answered_s = now_s
        return self._lose_engine("it no longer answers") if now_s > self._answered_s + HANGS_FOR_S else True

    def _lose_output(self, message: str) -> bool:
        if not self._opened:
            self._on_status(message)
            return False
        if not self.away:
            self._on_status(f"{message} It is tried again every {LOOK_AGAIN_MS / 1000:g} s.")
        self.away = True
        self._look_at_s = time.monotonic() + LOOK_AGAIN_MS / 1000
        return True

    def _lose_engine(self, message: str) -> bool:
        now_s = time.monotonic()
        if not self._player.loaded or now_s - self._restarted_at_s < DEATHS_APART_S:
            self._on_status(f"the engine stopped ({message})")
            return False
        self._on_status(f"the engine stopped ({message}), and is restarted with the same patch")
        self._restarted_at_s = now_s
        self._player.restart()
        return True
