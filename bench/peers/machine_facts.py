"""The machine that the figures are of."""
from __future__ import annotations

import os
import platform
from typing import Any, Dict

FEATURES = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "bf16", "i8mm"]


def read_line(path: str, default: str = "") -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except OSError:
        return default


def processor() -> Dict[str, str]:
    """The first processor's lines of /proc/cpuinfo."""
    found = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                key, colon, value = line.partition(":")
                if not colon:
                    break
                found[key.strip()] = value.strip()
    except OSError:
        pass
    return found


def machine_facts() -> Dict[str, Any]:
    lines = processor()
    flags = set((lines.get("flags") or lines.get("Features", "")).split())
    numbers = "/".join(lines[key] for key in ("cpu family", "model", "stepping") if key in lines)
    return {
        "cpu": lines.get("model name", platform.machine()) + (f" (family/model/stepping {numbers})" if numbers else ""),
        "cores": len(os.sched_getaffinity(0)),
        "features": [feature for feature in FEATURES if feature in flags],
        "governor": read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "unknown"),
        "memory_mb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average_before": round(os.getloadavg()[0], 2),
    }
