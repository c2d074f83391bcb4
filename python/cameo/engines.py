"""Detector and recognizer together: pictures to faces and embeddings."""
from __future__ import annotations

import os
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from . import _native
from .errors import ClosedError, MismatchError
from .handles import HandlePool, call, most_at_once, thread_count
from .network import native_options
from .pictures import Path, Picture, is_bgr, landmark_rows, lend

__all__ = ["Engine", "Faces"]


class Faces(NamedTuple):
    """What a detector found in a picture, best first."""

    boxes: Any  # float32 [n, 4]: x0, y0, x1, y1 in pixels, not clipped to the picture
    scores: Any  # float32 [n], 0..1
    landmarks: Any  # float32 [n, 5, 2]: left eye, right eye, nose, left and right mouth corner (the picture's left); NaN where there are none


class Engine:
    """Opens the networks; shared by any number of threads, each call with memory of its own.

    recognizer, detector: ONNX files; either may be None. threads: how many each call uses, 0 for all processors; calls of several Python threads run
    at the same time as long as processors are left. detection_sizes: [(width, height), ...] in pixels. options: detection_threshold, nms_threshold,
    max_faces, rank ("score", "largest", "central", "center_only"), mirror, recognizer_color, recognizer_mean, recognizer_std (and detector_...),
    precision, memory, cache_folder, ..., as cameo.h describes them.
    Raises MissingFileError, FormatError, UnsupportedError, MismatchError (a detector given as recognizer).
    """

    def __init__(self, recognizer: Optional[Path] = None, detector: Optional[Path] = None, *, threads: int = 0,
                 detection_sizes: Optional[Sequence[Tuple[int, int]]] = None, **options: Any) -> None:
        if recognizer is None and detector is None:
            raise ValueError("an engine needs a recognizer, a detector, or both")
        files = {name: os.path.expanduser(path) for name, path in (("recognizer", recognizer), ("detector", detector)) if path is not None}
        sizes = None if detection_sizes is None else [(int(width), int(height)) for width, height in detection_sizes]
        self._options: Dict[str, Any] = dict(options, detection_sizes=sizes, threads=threads, **files)
        with call():
            self._handle = _native.engine_open(native_options(self._options))
        self.threads = thread_count(threads)
        self.recognizer_contract: Optional[Dict[str, Any]]
        self.detector_contract: Optional[Dict[str, Any]]
        self.recognizer_contract, self.detector_contract, self.dimension = _native.engine_facts(self._handle)
        handle = self._handle
        self._sessions: Optional[HandlePool] = HandlePool(lambda: _native.session_create(handle), most_at_once(threads))

    def __reduce__(self) -> Any:
        return _reopen, (self._options,)

    def close(self) -> None:
        """Lets the memory go, once calls that are under way have ended. Later calls raise ClosedError."""
        self._handle = self._sessions = None

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _pool(self) -> HandlePool:
        if self._sessions is None:
            raise ClosedError("this engine was closed")
        return self._sessions

    def detect(self, image: Picture, color: str = "bgr") -> Faces:
        """Finds the faces of a picture: uint8 [h, w, 3] or [h, w], which is read in its place."""
        pixels, bgr = lend(image), is_bgr(color)
        with self._pool().take() as session:
            rows = np.frombuffer(_native.session_detect(session, pixels, bgr), np.float32).reshape(-1, 15)
        return Faces(rows[:, :4], rows[:, 4], rows[:, 5:].reshape(-1, 5, 2))

    def embed(self, image: Picture, landmarks: Any, color: str = "bgr") -> Any:
        """Embeddings of faces of one picture, from their landmarks [n, 5, 2] (or [5, 2]).

        Returns float32 [n, dimension] as the network gives them: not scaled to length 1.
        """
        pixels, bgr, points = lend(image), is_bgr(color), landmark_rows(landmarks)
        embeddings = np.empty((len(points), self._dimension()), np.float32)
        with self._pool().take() as session:
            _native.session_embed(session, pixels, bgr, points, embeddings)
        return embeddings

    def embed_aligned(self, crops: Sequence[Picture], color: str = "bgr") -> Any:
        """Embeddings of faces that are cut out and upright already, as norm_crop does; crops of other sizes than the network's are resized.

        crops: a list of n pictures, or uint8 [n, h, w, 3]. Runs eight at a time. Returns float32 [n, dimension], not scaled to length 1.
        """
        bgr = is_bgr(color)
        pictures = [lend(crop, f"crop {index}") for index, crop in enumerate(crops)]
        embeddings = np.empty((len(pictures), self._dimension()), np.float32)
        if pictures:
            with self._pool().take() as session:
                _native.session_embed_aligned(session, pictures, bgr, embeddings)
        return embeddings

    def _dimension(self) -> int:
        self._pool()
        if not self.dimension:
            raise MismatchError("this engine was opened without a recognizer, so it cannot embed faces")
        return int(self.dimension)


def _reopen(options: Dict[str, Any]) -> Engine:
    return Engine(**options)
