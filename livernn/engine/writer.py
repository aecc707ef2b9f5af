"""The take writer: `python -m livernn.engine.writer REEL`, a process of its own beside window and engine.

It reads the reel as it fills, keeps the last minute, and writes takes. Commands come on standard input, events go to
standard output. When its client is gone it waits until nothing more is heard, closes the take and ends.
"""

import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from livernn.engine.history import Entry, JournalReader
from livernn.engine.messages import Attempt, Command, Event, Failed, Quit, Record, StopRecording, TakeBegun, TakeEnded
from livernn.engine.past import FRAME_BYTES, Past
from livernn.engine.reel import (
    RECORDED,
    RECORDING_RATE_HZ,
    RING_HEARD,
    TAP_SAMPLES,
    Mark,
    MarkReader,
    Reel,
    ScopeTap,
)
from livernn.engine.take import TakeFile, flow_entry, free_name, new_card
from livernn.engine.wire import LINE_LIMIT_BYTES, claim_stdout, decode, encode
from livernn.errors import LiveRNNError
from livernn.wavfile import to_pcm24

_PERIOD_S = 0.1
_QUIET_S = 0.5
_OUTPUT_PATIENCE_S = 1.0
_END_PATIENCE_S = 10.0
_READ_AT_ONCE = TAP_SAMPLES // 16


class Writer:
    """What the process does, without its clock: `pump` is to be called a few times a second. One thread."""

    def __init__(self, reel: Reel, emit: Callable[[Event], None]) -> None:
        self._words = reel.words
        self._emit = emit
        self._tap = ScopeTap(reel)
        self._mark_reader = MarkReader(reel)
        self._journal = JournalReader(reel)
        self._past = Past()
        self._ahead: deque[Mark] = deque()
        """Marks of what is yet to be read of the tap."""
        self._heard = self._tap.written
        self._wanted: Record | None = None
        self._take: TakeFile | None = None
        self._begin = 0
        self._asked_at = 0
        """Tap positions of the take's first sample, and of the moment that it was asked for."""
        self._lost = 0

    @property
    def hears(self) -> bool:
        """Whether there has been an output."""
        return self._past.rate_hz != 0

    def record(self, command: Record) -> None:
        """Begin a take with the last minute, unless one is under way."""
        self.pump()
        if self._take is not None:
            return
        if not self.hears:
            why = LiveRNNError("take", "no audio output has been open yet", "Open one, then record.")
            self._emit(Failed(Attempt.RECORD, str(why)))
            return
        self._wanted = command
        self._begin_take(command, self._past.preroll.content())
        self._publish()

    def stop(self) -> None:
        """Close the take; harmless without one."""
        self.pump()
        self._wanted = None
        self._end_take()
        self._publish()

    def pump(self) -> None:
        """Take in what has been heard since the last call."""
        entries = self._journal.take()
        # In this order: what the ring says has been heard is in the tap by the time that the tap is looked at.
        ring = int(self._words[RING_HEARD])
        end = self._tap.written
        marks, lost = self._mark_reader.take()
        self._ahead.extend(marks)
        if entries is None or lost:
            self._past.history.lose()
            self._note([{"do": "lost", "what": "log", "heard": self._heard - self._begin}])
        self._past.history.add(entries or [])
        while self._ahead and self._ahead[0].heard < end:
            mark = self._ahead.popleft()
            self._hear_until(mark.heard)
            self._take_mark(mark)
        self._hear_until(end)
        self._note([entry for entry in self._past.history.hear(ring, end) if entry["do"] != "state"])
        self._past.forget(end)
        self._publish()

    def _hear_until(self, end: int) -> None:
        while self._heard < end:
            step = min(end, self._heard + _READ_AT_ONCE)
            audio, lost = self._tap.between(self._heard, step)
            if lost:
                self._lost += lost
                self._note([{"do": "lost", "what": "sound", "heard": self._heard - self._begin, "samples": lost}])
            self._heard = step
            if self._past.rate_hz:
                pcm = to_pcm24(audio)
                self._past.preroll.append(pcm)
                self._write(pcm)

    def _take_mark(self, mark: Mark) -> None:
        if mark.rate_hz != self._past.rate_hz:
            self._end_take()
            self._past.change_rate(mark.rate_hz)
            if self._wanted is not None:
                self._begin_take(self._wanted, b"")
        self._past.mark(mark)
        self._note([flow_entry(mark, self._begin)])

    def _begin_take(self, wanted: Record, preroll: bytes) -> None:
        now = datetime.now(UTC).astimezone()
        rate_hz, preroll_frames = self._past.rate_hz, len(preroll) // FRAME_BYTES
        card = new_card(wanted.preset, now.isoformat(timespec="seconds"), rate_hz, preroll_frames)
        self._asked_at, self._lost = self._heard, 0
        self._begin = self._heard - preroll_frames
        try:
            folder = Path(wanted.folder)
            folder.mkdir(parents=True, exist_ok=True)
            self._take = TakeFile(free_name(folder, now, wanted.preset), card)
        except OSError as error:
            self._wanted = None
            self._fail(error)
            return
        self._emit(TakeBegun(str(self._take.path), preroll_frames / rate_hz))
        self._write(preroll)
        entries, marks = self._past.log(self._begin)
        self._note(entries + [flow_entry(mark, self._begin) for mark in marks])

    def _end_take(self) -> None:
        if self._take is not None:
            self._note([{"do": "end", "heard": self._take.frames, "lost_samples": self._lost}])
        self._do(TakeFile.close)
        if self._take is not None:
            self._told_end(self._take)
            self._take = None

    def _write(self, pcm: bytes) -> None:
        self._do(lambda take: take.write(pcm))

    def _note(self, entries: list[Entry]) -> None:
        self._do(lambda take: take.log(entries))

    def _do(self, action: Callable[[TakeFile], None]) -> None:
        """To the take, if there is one; if the disk refuses, the take ends with what it has."""
        take = self._take
        if take is None:
            return
        try:
            action(take)
        except OSError as error:
            self._take = self._wanted = None
            with suppress(OSError):
                take.close()
            self._fail(error)
            self._told_end(take)

    def _told_end(self, take: TakeFile) -> None:
        self._emit(TakeEnded(str(take.path), take.frames / self._past.rate_hz, self._lost))

    def _fail(self, error: OSError) -> None:
        why = f"it could not be written ({error.strerror})"
        failure = LiveRNNError("take", why, "Free some space; what was recorded is kept.")
        self._emit(Failed(Attempt.RECORD, str(failure)))

    def _publish(self) -> None:
        take = self._take
        self._words[RECORDED] = self._heard - self._asked_at if take is not None else 0
        self._words[RECORDING_RATE_HZ] = self._past.rate_hz if take is not None else 0


def main() -> int:
    """Serve until the client says Quit, or is gone and nothing more is heard."""
    for name in ("SIGINT", "SIGHUP"):  # Ctrl-C and a closed terminal are for the client
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    out = claim_stdout()

    def emit(event: Event) -> None:
        with suppress(OSError):
            out.write(encode(event))

    reel = Reel.attach(sys.argv[1])
    writer = Writer(reel, emit)
    commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(commands,), name="listener", daemon=True).start()
    while True:
        try:
            command = commands.get(timeout=_PERIOD_S)
        except queue.Empty:
            writer.pump()
            continue
        match command:
            case Record():
                _await_output(writer)
                writer.record(command)
            case StopRecording(when_quiet):
                if when_quiet:
                    _follow_to_the_end(writer, ScopeTap(reel))
                writer.stop()
            case None:
                _follow_to_the_end(writer, ScopeTap(reel))
                break
            case Quit():
                break
    writer.stop()
    return 0


def _listen(commands: "queue.SimpleQueue[Command | None]") -> None:
    while line := sys.stdin.buffer.readline(LINE_LIMIT_BYTES):
        message = decode(line)
        if isinstance(message, Record | StopRecording | Quit):
            commands.put(message)
        if isinstance(message, Quit):
            return  # a thread that still reads as Python ends would crash it
    commands.put(None)


def _await_output(writer: Writer) -> None:
    """An output that has just been opened may not have called back yet."""
    deadline = time.monotonic() + _OUTPUT_PATIENCE_S
    while not writer.hears and time.monotonic() < deadline:
        time.sleep(_PERIOD_S / 10)
        writer.pump()


def _follow_to_the_end(writer: Writer, tap: ScopeTap) -> None:
    """The engine may be fading out; it does not take long."""
    deadline = time.monotonic() + _END_PATIENCE_S
    heard, heard_at = tap.written, time.monotonic()
    while time.monotonic() < min(deadline, heard_at + _QUIET_S):
        time.sleep(_PERIOD_S)
        writer.pump()
        if tap.written != heard:
            heard, heard_at = tap.written, time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
