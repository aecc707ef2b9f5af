"""The last minute of what was heard, in case it was good, and what makes it again."""

from collections import deque

from livernn.engine.history import Entry, History
from livernn.engine.reel import Mark
from livernn.engine.transport import GATE_FADE_MS
from livernn.units import SIDES, ms_to_samples
from livernn.wavfile import SAMPLE_BYTES

PREROLL_S = 60.0
LEAD_IN_S = 1.0
"""How long before a take its log begins: by then the fades of what came before have died away."""

FRAME_BYTES = SIDES * SAMPLE_BYTES


class PreRoll:
    """Exactly the last `PREROLL_S` of 24-bit frames of `SIDES`, or as many as there were.

    In one place from the beginning: blocks that come and go beside a journal's entries scatter, and memory grows.
    """

    def __init__(self, rate_hz: int) -> None:
        self._ring = bytearray(round(PREROLL_S * rate_hz) * FRAME_BYTES)
        self._written = 0

    @property
    def frames(self) -> int:
        """How many are kept."""
        return min(self._written, len(self._ring)) // FRAME_BYTES

    def append(self, pcm: bytes) -> None:
        """Add what has just been heard."""
        self._written += len(pcm)
        kept = pcm[-len(self._ring) :]
        at = (self._written - len(kept)) % len(self._ring)
        straight = min(len(kept), len(self._ring) - at)
        self._ring[at : at + straight] = kept[:straight]
        self._ring[: len(kept) - straight] = kept[straight:]

    def content(self) -> bytes:
        """All of it but the silence that it may begin with: before anything was played there is nothing to keep."""
        oldest = self._written % len(self._ring) if self._written > len(self._ring) else 0
        newest = min(self._written, len(self._ring))
        ring = memoryview(self._ring)
        heard = b"".join((ring[oldest:newest], ring[:oldest]))
        silent_frames = (len(heard) - len(heard.lstrip(b"\0"))) // FRAME_BYTES
        return heard[silent_frames * FRAME_BYTES :]


class Past:
    """Sound, marks and journal of the last minute at one device rate. One thread."""

    def __init__(self) -> None:
        self.rate_hz = 0
        """0 before anything was heard."""
        self.preroll = PreRoll(0)
        self.history = History()
        self._marks: deque[Mark] = deque()

    def change_rate(self, rate_hz: int) -> None:
        """Begin anew: a file has one rate."""
        self.rate_hz = rate_hz
        self.preroll = PreRoll(rate_hz)
        self._marks.clear()

    def mark(self, mark: Mark) -> None:
        """Another break between ring and tap; by its rate, one of this past."""
        self._marks.append(mark)

    def forget(self, now: int) -> None:
        """Drop what no take that begins at tap position `now` or later needs."""
        earliest = now - self.preroll.frames - self._lead_in
        while len(self._marks) > 1 and self._marks[1].heard <= earliest:
            self._marks.popleft()
        self.history.forget(earliest)

    def log(self, begin: int) -> tuple[list[Entry], list[Mark]]:
        """What makes the sound from tap position `begin` on: a state and what followed it, and marks.

        Both begin some time before; only the first state is of use to a take.
        """
        if not self._marks:
            return self.history.since(begin), []
        start = max(begin - self._lead_in, self._marks[0].heard)
        following = [mark for mark in self._marks if mark.heard > start]
        present = next(mark for mark in reversed(self._marks) if mark.heard <= start)
        fade_samples = ms_to_samples(GATE_FADE_MS, self.rate_hz)
        at_start = [mark for mark in self._marks if mark.heard == start] or [present.advanced(start, fade_samples)]
        entries = self.history.since(start)
        return entries[:1] + [entry for entry in entries[1:] if entry["do"] != "state"], at_start + following

    @property
    def _lead_in(self) -> int:
        return round(LEAD_IN_S * self.rate_hz)
