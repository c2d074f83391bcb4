"""Holding every engine to AVX2 on a processor that has more.

Few engines have a setting for it, so CPUID itself is made to answer as on such a processor (hold_avx2.c).
"""
from __future__ import annotations

import ctypes
import os

from peer_engines import Unavailable
from peer_models import run_tool


def build_hold(folder: str) -> str:
    """The library of hold_avx2.c. Raises Unavailable with the compiler's last word."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hold_avx2.c")
    library = os.path.join(os.path.abspath(folder), "hold_avx2.so")
    run_tool([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", library, source], library + ".log", folder)
    return library


def hold_to_avx2(library: str) -> None:
    """From now on this process, what it forks and all of its libraries that are loaded later see a processor without AVX-512. Raises Unavailable."""
    refused = ctypes.CDLL(library).cameo_hold_avx2()
    if refused:
        raise Unavailable(f"features of this processor cannot be hidden from a program: {os.strerror(refused)} (arch_prctl, CPUID faulting)")
