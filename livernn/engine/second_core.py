"""A Generator that a second thread helps: `--threads 2`."""

import threading
import weakref
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livernn.control.patch import Patch
from livernn.synth.crew import AT_WORK, Crew, make_crew
from livernn.synth.generator import Generator, Snapshot


class SecondCore:
    """The same samples as the Generator's, sooner where a core is idle. Owned by one thread, like it.

    The helper's thread sleeps while nothing is rendered and ends with this object.
    """

    def __init__(self, generator: Generator) -> None:
        self.config = generator.config
        self.voices = generator.voices
        self._generator = generator
        self._crew = make_crew(generator.config, generator.voices)
        self._wanted, over = threading.Event(), threading.Event()
        work = (generator, self._crew, self._wanted, over)
        helper = threading.Thread(target=_help, args=work, name="second core", daemon=True)
        helper.start()
        generator.take_on(self._crew)
        self.close = weakref.finalize(self, _dismiss, self._wanted, over, helper)

    @property
    def surprisal_bits(self) -> NDArray[np.float64]:
        """See `Generator`."""
        return self._generator.surprisal_bits

    def render(self, count: int, patches: Sequence[Patch]) -> NDArray[np.uint8]:
        """See `Generator`."""
        self._crew.words[AT_WORK] = 1
        self._wanted.set()
        try:
            return self._generator.render(count, patches)
        finally:
            self._crew.words[AT_WORK] = 0

    def prime(self, codes: NDArray[np.uint8]) -> None:
        """See `Generator`."""
        self._generator.prime(codes)

    def reset(self, seed: int | None = None) -> None:
        """See `Generator`."""
        self._generator.reset(seed)

    def snapshot(self) -> Snapshot:
        """See `Generator`."""
        return self._generator.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """See `Generator`."""
        self._generator.restore(snapshot)


def _help(generator: Generator, crew: Crew, wanted: threading.Event, over: threading.Event) -> None:
    while not over.is_set():
        wanted.wait()
        wanted.clear()
        generator.assist(crew)


def _dismiss(wanted: threading.Event, over: threading.Event, helper: threading.Thread) -> None:
    over.set()
    wanted.set()
    helper.join()
