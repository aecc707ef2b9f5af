"""How urgent the system takes the sampler's thread to be."""

import os
import threading
from contextlib import suppress

_REAL_TIME_PRIORITY = 10
_NICENESS = -10


class Urgency:
    """Of the calling thread: as high as this user may set it, unless lowered.

    A thread of a real-time class runs before all others on its core, and Linux does not take those that wait there to
    an idle one. So what takes long and can wait is not done in it: windows would wait, too.
    """

    def __init__(self) -> None:
        # With one core only, nothing else would ever run.
        self._has_real_time = hasattr(os, "sched_setscheduler") and (os.cpu_count() or 1) > 1
        self._is_raised = False
        with suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        self.set(True)

    def set(self, raised: bool) -> None:
        """Costs nothing where it is so already."""
        if raised is self._is_raised or not self._has_real_time:
            return
        self._is_raised = raised
        policy, priority = (os.SCHED_RR, _REAL_TIME_PRIORITY) if raised else (os.SCHED_OTHER, 0)
        try:
            os.sched_setscheduler(0, policy, os.sched_param(priority))
        except OSError:
            self._has_real_time = False
