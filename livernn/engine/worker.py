"""One form for all slow work beside the command loop: operation, success, failure."""

import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from livernn.errors import LiveRNNError

Result = TypeVar("Result")

_logger = logging.getLogger(__name__)


class Worker:
    """A thread that runs operations in order. Outcomes are handed, as calls without arguments, to `deliver`."""

    def __init__(self, name: str, deliver: Callable[[Callable[[], None]], None]) -> None:
        self._deliver = deliver
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self, operation: Callable[[], Result], then: Callable[[Result], None], failed: Callable[[LiveRNNError], None]
    ) -> None:
        """Run `operation` on the worker's thread, then one of the other two where `deliver` runs it."""

        def job() -> None:
            try:
                result = operation()
            except LiveRNNError as error:
                # Without its frames: one of them is this, and the engine, whose collector is off, would keep them all.
                self._deliver(partial(failed, error.with_traceback(None)))
            except Exception as error:
                _logger.exception("a worker's operation failed")
                bug = LiveRNNError("engine", f"internal error: {error!r}", "Please report it.")
                self._deliver(lambda: failed(bug))
            else:
                self._deliver(lambda: then(result))

        self._jobs.put(job)

    def close(self, patience_s: float) -> None:
        """Let the running operation end, for at most `patience_s`."""
        self._jobs.put(None)
        self._thread.join(patience_s)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # and all that it was given, models for one
