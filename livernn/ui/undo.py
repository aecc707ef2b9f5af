"""What the performer did and can take back: one history for knobs, presets, mappings, takes and primes. No widgets."""

from collections import deque
from collections.abc import Callable

from livernn.ui.notice import Kind, Notice

LONGEST = 256
"""Beyond so many the oldest are forgotten."""

WayBack = Callable[[], Notice | None]
"""Takes one thing back and tells what; None where there is nothing of it left to take back."""


class UndoStack:
    """Qt's main thread."""

    def __init__(self) -> None:
        self._steps: deque[tuple[object, WayBack]] = deque(maxlen=LONGEST)

    def add(self, owner: object, way_back: WayBack) -> None:
        """Something is done, or about to be done."""
        self._steps.append((owner, way_back))

    def take_back(self, owner: object | None = None) -> Notice:
        """Take back what was done last, or what `owner` did last; what it was is told.

        Raises:
            LiveRNNError: that is refused; it can be tried again.
        """
        for step in reversed([step for step in self._steps if owner in (None, step[0])]):
            told = step[1]()
            self._steps.remove(step)
            if told is not None:
                return told
        return Notice(Kind.INFO, "There is nothing to undo.")
