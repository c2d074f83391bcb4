"""InsightFace's Python interface on cameo: `from cameo.insightface.app import FaceAnalysis`.

The same names, arguments and conventions (pictures in OpenCV's order, BGR) as the package insightface, without ONNX Runtime, OpenCV or scikit-image.
Nothing is downloaded: packs are looked for where InsightFace and `cameo model pull` put them.
"""
from __future__ import annotations

from . import app, model_zoo, utils

__all__ = ["app", "model_zoo", "utils"]
