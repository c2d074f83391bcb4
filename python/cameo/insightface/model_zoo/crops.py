"""Models that look at the square around a face's box: landmarks, gender and age."""
from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np

from ...network import Network
from ..utils import face_align

__all__ = ["Attribute", "Landmark"]


class CropModel:
    """A network that is fed the square around a box, 1.5 times as wide as the box's longer side, not turned."""

    def __init__(self, model_file: str, session: Any = None, network: Optional[Network] = None, threads: int = 0) -> None:
        self.model_file = model_file
        self._network = network or Network(model_file, threads=threads)
        contract = self._network.contract()
        self.input_mean, self.input_std = contract["mean"][0], contract["std"][0]
        self.input_size = (contract["width"], contract["height"])
        self.input_shape = list(self._network.inputs[0].shape)
        self.input_name = self._network.inputs[0].name
        self.output_names = [info.name for info in self._network.outputs]

    def prepare(self, ctx_id: int, **kwargs: Any) -> None:
        """Accepted, without effect."""

    def predict(self, img: Any, bbox: Any) -> Tuple[Any, Any]:
        """The network's first output for a box, flat, and the matrix [2, 3] from the picture to the crop."""
        box = np.asarray(bbox, np.float64)
        side = max(box[2] - box[0], box[3] - box[1])
        centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        crop, matrix = face_align.transform(img, centre, self.input_size[0], self.input_size[0] / (side * 1.5), 0)
        blob = (crop[:, :, ::-1].astype(np.float32) - np.float32(self.input_mean)) / np.float32(self.input_std)
        return self._network.run([np.ascontiguousarray(blob.transpose(2, 0, 1)[None])])[0].ravel(), matrix


class Landmark(CropModel):
    """2d106det or 1k3d68: sets face.landmark_2d_106 or face.landmark_3d_68, in pixels of the picture. face.pose stays None."""

    def __init__(self, model_file: str, session: Any = None, network: Optional[Network] = None, threads: int = 0) -> None:
        super().__init__(model_file, session, network, threads)
        length = int(np.prod([size or 1 for size in self._network.outputs[0].shape]))
        self.lmk_dim, self.lmk_num = (3, 68) if length == 3309 else (2, length // 2)
        self.taskname = f"landmark_{self.lmk_dim}d_{self.lmk_num}"

    def get(self, img: Any, face: Any) -> Any:
        """Sets the landmarks of face from its bbox: float32 [n, 2] or [n, 3]; returns them."""
        values, matrix = self.predict(img, face.bbox)
        points = values.reshape(-1, self.lmk_dim)[-self.lmk_num:].copy()
        half = self.input_size[0] // 2
        points[:, :2] = (points[:, :2] + 1) * half
        points[:, 2:] *= half
        inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
        face[self.taskname] = face_align.trans_points(points, inverse)
        return face[self.taskname]


class Attribute(CropModel):
    """genderage: sets face.gender (0 female, 1 male) and face.age (years)."""

    taskname = "genderage"

    def get(self, img: Any, face: Any) -> Tuple[int, int]:
        """Sets gender and age of face from its bbox; returns both."""
        values, _ = self.predict(img, face.bbox)
        face["gender"], face["age"] = int(np.argmax(values[:2])), int(np.round(values[2] * 100))
        return face["gender"], face["age"]
