"""FaceAnalysis and the faces that it returns."""
from __future__ import annotations

from .common import Face
from .face_analysis import FaceAnalysis

__all__ = ["Face", "FaceAnalysis"]
