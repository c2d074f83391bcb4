"""Models that look at the square around a face's box: landmarks with pose, gender and age."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ...engines import Engine
from ...network import Network

__all__ = ["Attribute", "Landmark"]


class CropModel:
    """A network that is fed the square around a box, 1.5 times as wide as the box's longer side. Shared by any number of threads."""

    def __init__(self, model_file: str, network: Optional[Network], threads: int, option: str, mean_shape: Any = None) -> None:
        self.model_file = model_file
        network = network or Network(model_file, threads=threads)
        contract = network.contract()
        self.input_mean, self.input_std = contract["mean"][0], contract["std"][0]
        self.input_size = (contract["width"], contract["height"])
        self.input_shape = list(network.inputs[0].shape)
        self.input_name = network.inputs[0].name
        self.output_names = [info.name for info in network.outputs]
        settings: Dict[str, Any] = {option: model_file, "mean_shape": mean_shape}
        self._engine = Engine(threads=threads, **settings)

    def prepare(self, ctx_id: int, **kwargs: Any) -> None:
        """Accepted, without effect."""

    def _analyze(self, img: Any, faces: Sequence[Any]) -> List[Dict[str, Any]]:
        return self._engine.analyze(img, [face.bbox for face in faces])


class Landmark(CropModel):
    """2d106det or 1k3d68: sets face.landmark_2d_106, or face.landmark_3d_68 and face.pose.

    mean_shape: float32 [68, 3], the head that pose is told from; None: cameo's own, which is up to 4.7 degrees away from InsightFace's.
    """

    def __init__(self, model_file: str, session: Any = None, network: Optional[Network] = None, threads: int = 0, mean_shape: Any = None) -> None:
        network = network or Network(model_file, threads=threads)
        in_space = network.contract()["family"] == "3d68"
        super().__init__(model_file, network, threads, "landmarks_68" if in_space else "landmarks_106", mean_shape if in_space else None)
        self.lmk_dim, self.lmk_num = (3, 68) if in_space else (2, 106)
        self.taskname = f"landmark_{self.lmk_dim}d_{self.lmk_num}"

    def get(self, img: Any, face: Any) -> Any:
        """Sets landmarks (float32 [106, 2] or [68, 3], pixels of the picture) and pose (float32 [3]: pitch, yaw, roll in degrees) of face from its bbox;
        returns the landmarks."""
        self.get_all(img, [face])
        return face[self.taskname]

    def get_all(self, img: Any, faces: Sequence[Any]) -> None:
        """The same for all faces of a picture."""
        for face, found in zip(faces, self._analyze(img, faces)):
            face[self.taskname] = found[f"landmarks_{self.lmk_num}"]
            if self.lmk_num == 68:
                face["pose"] = np.array(found["pose"], np.float32)


class Attribute(CropModel):
    """genderage: sets face.gender (0 female, 1 male) and face.age (years)."""

    taskname = "genderage"

    def __init__(self, model_file: str, session: Any = None, network: Optional[Network] = None, threads: int = 0) -> None:
        super().__init__(model_file, network, threads, "gender_age")

    def get(self, img: Any, face: Any) -> Tuple[int, int]:
        """Sets gender and age of face from its bbox; returns both."""
        self.get_all(img, [face])
        return face.gender, face.age

    def get_all(self, img: Any, faces: Sequence[Any]) -> None:
        """The same for all faces of a picture."""
        for face, found in zip(faces, self._analyze(img, faces)):
            face["gender"], face["age"] = found["gender"], found["age"]
