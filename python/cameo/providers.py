"""Execution providers, as users of ONNX Runtime name them: cameo has the processor, and never falls back to it in silence."""
from __future__ import annotations

import warnings
from typing import Any, List, Optional, Sequence

CPU = "CPUExecutionProvider"


def check_providers(providers: Optional[Sequence[Any]]) -> List[str]:
    """The providers that are used: the processor's. Others beside it are warned of; a list without it is refused with ValueError."""
    if providers is None:
        return [CPU]
    names = [str(entry[0]) if isinstance(entry, (list, tuple)) and entry else str(entry) for entry in providers]
    others = [name for name in names if name != CPU]
    if names and CPU not in names:
        raise ValueError(f"cameo runs on the processor only, and the providers {names} do not include '{CPU}'")
    if others:
        warnings.warn(f"cameo runs on the processor: {', '.join(others)} is not used", stacklevel=3)
    return [CPU]


def threads_of(sess_options: Optional[Any]) -> int:
    """How many threads SessionOptions ask for; 0: all processors."""
    return int(getattr(sess_options, "intra_op_num_threads", 0) or 0)
