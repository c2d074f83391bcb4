"""The class of every tutorial: a picture of a face goes in, an embedding comes out."""
from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional, Sequence

import numpy as np

from . import _native
from .engines import Engine, Faces
from .errors import NoFaceError
from .handles import most_at_once
from .model_files import BUILTIN_DETECTOR, BUILTIN_RECOGNIZER, find_model
from .pictures import Path, Picture, lend, resize

__all__ = ["FaceRecognizer", "similarity"]


def similarity(first: Any, second: Any) -> float:
    """Cosine of two embeddings [dimension], normalised or not: -1..1, 0 if one of them is zero."""
    a, b = (np.ascontiguousarray(value, dtype=np.float32).ravel() for value in (first, second))
    if a.size != b.size or not a.size:
        raise ValueError(f"embeddings of {a.size} and {b.size} numbers cannot be compared; do they come from different models?")
    return float(_native.similarity(a, b))


class FaceRecognizer:
    """A recognition model, with a detector or without one.

    model: ONNX file of a recognizer (ArcFace, AdaFace, FaceNet, SFace, ...), a path or a name that lies where `cameo model pull` puts it. None: the small
    one inside this package, cameo.BUILTIN_RECOGNIZER, with its detector unless another is given.
    detector: ONNX file of a detector (SCRFD, RetinaFace, YuNet). With one, pictures may be photographs: the largest face is found and brought upright.
    Without one, pictures must be aligned crops of faces already (cameo.norm_crop).
    threads, options: as for cameo.Engine. Pictures are uint8 [h, w, 3] in OpenCV's order (BGR). May be used by several threads at a time.
    """

    def __init__(self, model: Optional[Path] = None, detector: Optional[Path] = None, *, threads: int = 0, **options: Any) -> None:
        if model is None:
            model, detector = BUILTIN_RECOGNIZER, BUILTIN_DETECTOR if detector is None else detector
        files = [None if path is None else find_model(os.fspath(path)) for path in (model, detector)]
        options.setdefault("rank", "largest")
        self.engine = Engine(files[0], files[1], threads=threads, **options)
        self._workers = most_at_once(threads)

    def close(self) -> None:
        """Lets the memory go. Later calls raise ClosedError."""
        self.engine.close()

    def __enter__(self) -> "FaceRecognizer":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self.engine.dimension)

    def preprocess(self, bgr: Picture) -> Any:
        """What the network is fed: the picture resized to its input size, colours in its order, (value - mean) / std. float32 [1, 3, height, width].

        get_embedding does this itself.
        """
        contract = self.engine.recognizer_contract
        assert contract is not None
        size = (contract["width"] or 112, contract["height"] or 112)
        pixels = resize(bgr, size)
        if contract["color"] != "bgr":
            pixels = pixels[:, :, ::-1]
        mean, std = (np.asarray(contract[name], np.float32) for name in ("mean", "std"))
        return np.ascontiguousarray(((pixels.astype(np.float32) - mean) / std).transpose(2, 0, 1)[None])

    def detect(self, bgr: Picture) -> Faces:
        """The faces of a photograph, largest first. Needs a detector."""
        return self.engine.detect(bgr)

    def _embed_one(self, picture: Picture) -> Any:
        faces = self.engine.detect(picture)
        if not len(faces.boxes):
            raise NoFaceError(f"no face was found in a picture of {picture.shape[1]}x{picture.shape[0]} pixels")
        return self.engine.embed(picture, faces.landmarks[:1])[0]

    def get_embedding(self, bgr: Picture, normalize: bool = True) -> Any:
        """The embedding of the face in a picture: float32 [dimension], of length 1 if normalize is true, else as the network gives it.

        Raises NoFaceError if there is a detector and it finds none.
        """
        return self.embed([bgr], normalize)[0]

    def embed(self, images: Sequence[Picture], normalize: bool = True) -> Any:
        """Embeddings of many pictures (a list, or uint8 [n, h, w, 3]), in batches and on several threads: float32 [n, dimension], rows as get_embedding's."""
        pictures = [lend(image, f"picture {index}") for index, image in enumerate(images)]
        if self.engine.detector_contract is None:
            rows = self.engine.embed_aligned(pictures)
        elif min(self._workers, len(pictures)) < 2:
            rows = np.array([self._embed_one(picture) for picture in pictures], np.float32).reshape(-1, self.dimension)
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                rows = np.stack(list(pool.map(self._embed_one, pictures)))
        return unit_rows(rows) if normalize else rows

    def compare(self, first: Any, second: Any) -> float:
        """Cosine similarity, -1..1, of two faces, each given as an embedding [dimension] or as a picture (uint8 [h, w, 3])."""
        return similarity(*(self.get_embedding(face) if _is_picture(face) else face for face in (first, second)))


def _is_picture(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim in (2, 3)


def unit_rows(rows: Any) -> Any:
    """Rows [n, d] scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
