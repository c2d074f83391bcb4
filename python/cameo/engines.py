"""Detector and recognizer together: pictures to faces and embeddings."""
from __future__ import annotations

import os
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from . import _native
from .errors import ClosedError, MismatchError
from .handles import HandlePool, call, most_at_once, thread_count
from .network import native_options
from .pictures import Path, Picture, is_bgr, landmark_rows, lend

__all__ = ["Engine", "Faces"]


ATTRIBUTE_FILES = {"landmarks_106", "landmarks_68", "gender_age"}


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
    precision, memory, cache_folder, ..., as cameo.h describes them. For `analyze`: landmarks_106, landmarks_68, gender_age (ONNX files), antispoof
    [(ONNX file, scale), ...], mean_shape (float32 [68, 3]: the head that poses are told from).
    Raises MissingFileError, FormatError, UnsupportedError, MismatchError (a detector given as recognizer).
    """

    def __init__(self, recognizer: Optional[Path] = None, detector: Optional[Path] = None, *, threads: int = 0,
                 detection_sizes: Optional[Sequence[Tuple[int, int]]] = None, **options: Any) -> None:
        files = {name: os.path.expanduser(path) for name, path in (("recognizer", recognizer), ("detector", detector)) if path is not None}
        for name in ATTRIBUTE_FILES & options.keys():
            files[name] = os.path.expanduser(options.pop(name))
        if "antispoof" in options:
            options["antispoof"] = [(os.fsencode(os.path.expanduser(path)), float(scale)) for path, scale in options["antispoof"]]
        if options.get("mean_shape") is not None and not isinstance(options["mean_shape"], bytes):
            options["mean_shape"] = np.ascontiguousarray(options["mean_shape"], np.float32).tobytes()
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

    def analyze(self, image: Picture, boxes: Any, landmarks: Optional[Any] = None, color: str = "bgr") -> List[Dict[str, Any]]:
        """What networks say about faces, given by boxes [n, 4] and the detector's landmarks [n, 5, 2] (NaN or None: not known), and their quality.

        A dictionary a face, after cameo_attributes in cameo.h: landmarks_106 [106, 2] and landmarks_68 [68, 3] (pixels) or None; pose (pitch, yaw, roll in
        degrees, NaN if not known); gender (0 female, 1 male, -1 not known); age (years, -1); real, spoof_scores (NaN); quality, a dictionary of scores.
        """
        pixels, bgr = lend(image), is_bgr(color)
        rows = np.full((len(boxes), 14), np.nan, np.float32)
        if len(boxes):
            rows[:, :4] = np.asarray(boxes, np.float32)
        if landmarks is not None and len(boxes):
            rows[:, 4:] = np.asarray(landmarks, np.float32).reshape(len(boxes), 10)
        with self._pool().take() as session:
            found: List[Dict[str, Any]] = _native.session_analyze(session, pixels, bgr, rows)
        for face in found:
            for name, axes in (("landmarks_106", 2), ("landmarks_68", 3)):
                face[name] = None if face[name] is None else np.frombuffer(face[name], np.float32).reshape(-1, axes)
        return found

    def _dimension(self) -> int:
        self._pool()
        if not self.dimension:
            raise MismatchError("this engine was opened without a recognizer, so it cannot embed faces")
        return int(self.dimension)


def _reopen(options: Dict[str, Any]) -> Engine:
    return Engine(**options)
