"""What a worker asks of Linux: to die with its parent, and not to be interrupted while it is timed."""
from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
REAL_TIME_PRIORITY = 5


def die_with_parent() -> None:
    """A worker that is stopped does not see its pipe close: the kernel has to end it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def ask_for_real_time() -> bool:
    """SCHED_FIFO for this process and all threads it makes, as `chrt -f 5` would; False where that is not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))
    except OSError:
        return False
    return True
