"""What a worker knows of itself through Linux, and asks of it."""
from __future__ import annotations

import ctypes
import os
import signal
from typing import Dict, List

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """A worker that is stopped does not see its pipe close: the kernel has to end it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def own_processes() -> List[int]:
    """This process and those it made: all of its process group."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.getpgid(int(name)) == os.getpgrp():
                    found.append(int(name))
            except ProcessLookupError:
                pass
    return found


def peak_rss_mb(processes: List[int]) -> float:
    kilobytes = 0
    for process in processes:
        with open(f"/proc/{process}/status", encoding="utf-8") as file:
            kilobytes += sum(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    return kilobytes * 1024 / 1e6


def processor_seconds(processes: List[int]) -> Dict[int, float]:
    """{thread: seconds it has run}; empty where the kernel does not count them."""
    seconds = {}
    for process in processes:
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{thread}/schedstat", encoding="utf-8") as file:
                    seconds[int(thread)] = int(file.read().split()[0]) / 1e9
        except OSError:
            pass
    return seconds
