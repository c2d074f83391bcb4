"""face_align."""
from __future__ import annotations

from . import face_align

__all__ = ["face_align"]
