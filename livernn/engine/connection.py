"""One life of an engine process, seen from its client: pipes, shared memory, last words."""

import logging
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from livernn.engine.child import child_command, child_environment
from livernn.engine.messages import Command, EngineDied, Event
from livernn.engine.reel import Reel
from livernn.engine.shared import HEARTBEAT, ControlBlock, SharedBlock, begin_life
from livernn.engine.wire import encode, events_from

_logger = logging.getLogger(__name__)

_END_PATIENCE_S = 10.0
_START_PATIENCE_S = 60.0
_HEARTBEAT_PATIENCE_S = 5.0
_LAST_WORDS_LINES = 20


class Connection:
    """Starts the process at once. `receive` gets its events on a reader thread, an EngineDied last if it dies."""

    def __init__(self, reel: Reel, life: int, options: Sequence[str], receive: Callable[[Event], None]) -> None:
        self.block = SharedBlock.create()
        begin_life(self.block, reel, life)
        self.control = ControlBlock(self.block)
        self._receive = receive
        self._ending = False
        self._beat = 0
        self._beat_at = time.monotonic()
        self._outbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS_LINES)
        self._process = subprocess.Popen(
            child_command("livernn.engine", self.block.handle, reel.handle, *options),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=self.block.descriptors + reel.descriptors,
        )
        self._listener = threading.Thread(target=self._note_last_words, name="engine-log", daemon=True)
        self._threads = [
            threading.Thread(target=self._write, name="engine-commands", daemon=True),
            threading.Thread(target=self._read, name="engine-events", daemon=True),
            self._listener,
        ]
        for thread in self._threads:
            thread.start()

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def answers(self) -> bool:
        """Whether the process is there and its heart has beaten lately, or it is still starting."""
        beat = int(self.block.words[HEARTBEAT])
        if beat != self._beat:
            self._beat, self._beat_at = beat, time.monotonic()
        patience_s = _HEARTBEAT_PATIENCE_S if beat else _START_PATIENCE_S
        return self.runs and time.monotonic() - self._beat_at < patience_s

    @property
    def hangs(self) -> bool:
        """Whether the process is there and does not answer."""
        return self.runs and not self.answers

    def send(self, command: Command) -> None:
        """Queue a command; never blocks."""
        self._outbox.put(command)

    def end(self) -> None:
        """Have the engine end, by force where it does not answer. Not on the reader thread."""
        patience_s = _END_PATIENCE_S if self.answers else 0.0
        self._ending = True
        self._outbox.put(None)
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self.block.close()

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            while (command := self._outbox.get()) is not None:
                pipe.write(encode(command))
            pipe.close()
        except OSError as error:
            _logger.info("the engine no longer listens: %s", error)

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        for event in events_from(pipe):
            self._receive(event)
        code = self._process.wait()
        self._listener.join()
        if not self._ending:
            _logger.info("the engine's last words:\n%s", "\n".join(self._last_words))
            self._receive(EngineDied(code, self._cause_of_death(code)))

    def _cause_of_death(self, code: int) -> str:
        if code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return self._last_words[-1] if self._last_words else f"exit code {code}"

    def _note_last_words(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        for line in pipe:
            text = line.decode(errors="replace").rstrip()
            self._last_words.append(text)
            _logger.debug("%s", text)
