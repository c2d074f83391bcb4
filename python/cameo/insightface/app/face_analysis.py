"""All models of a pack, applied to a picture."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ...errors import MissingFileError
from ...model_files import BUILTIN_PACK, find_pack, pack_models
from ...pictures import annotate
from ..model_zoo import get_model
from .common import Face

__all__ = ["FaceAnalysis"]

DEFAULT_DET_SIZES = [(128, 128), (640, 640)]


def _is_auto(det_size: Any) -> bool:
    return det_size is None or (len(det_size) == 2 and np.ndim(det_size) == 1 and not any(det_size))


class FaceAnalysis:
    """name: a pack ("buffalo_l") below root/models, ~/.cache/cameo/models or ~/.insightface/models, a folder, or "builtin": the small detector and
    recognizer inside this package. allowed_modules: names of tasks
    ("detection", "recognition", "landmark_2d_106", "landmark_3d_68", "genderage"), None: all. providers, sess_options: as for
    cameo.onnxruntime.InferenceSession. threads: how many each call uses, 0 for all processors. mean_shape: as for
    model_zoo.Landmark.
    May be used by several threads at a time. Raises MissingFileError, which names the places and the way to get the pack.
    """

    def __init__(self, name: str = "buffalo_l", root: str = "~/.insightface", allowed_modules: Optional[Sequence[str]] = None, **kwargs: Any) -> None:
        self.models: Dict[str, Any] = {}
        self.model_dir = BUILTIN_PACK if name == BUILTIN_PACK else find_pack(str(name), root)
        for path in pack_models(str(name), root):
            model = get_model(path, **kwargs)
            if model is None or model.taskname in self.models or (allowed_modules is not None and model.taskname not in allowed_modules):
                continue
            self.models[model.taskname] = model
        if "detection" not in self.models:
            raise MissingFileError(f"{self.model_dir}: there is no detector among its models, and FaceAnalysis needs one"
                                   + ("" if allowed_modules is None else f" (allowed_modules: {list(allowed_modules)})"))
        self.det_model = self.models["detection"]

    def prepare(self, ctx_id: int = 0, det_thresh: float = 0.5, det_size: Any = None) -> None:
        """ctx_id: accepted, without effect. det_thresh: 0..1. det_size: (width, height) in pixels, or a list of them whose results are merged; None:
        128x128 and 640x640."""
        self.det_thresh = det_thresh
        self.det_size = list(DEFAULT_DET_SIZES) if _is_auto(det_size) else det_size
        for task, model in self.models.items():
            if task == "detection":
                model.prepare(ctx_id, input_size=self.det_size, det_thresh=det_thresh)
            else:
                model.prepare(ctx_id)

    def get(self, img: Any, max_num: int = 0, det_metric: str = "default") -> List[Face]:
        """The faces of a picture (uint8 [h, w, 3], BGR), each with what the pack's models say of it. max_num: 0 for all. det_metric: which faces are kept,
        "default" (large and central) or "max" (large)."""
        boxes, landmarks = self.det_model.detect(img, max_num=max_num, metric=det_metric)
        faces = [Face(bbox=box[:4], kps=None if landmarks is None else landmarks[index], det_score=box[4]) for index, box in enumerate(boxes)]
        for task, model in self.models.items():
            if task != "detection":
                model.get_all(img, faces)
        return faces

    def draw_on(self, img: Any, faces: Sequence[Face]) -> Any:
        """A copy of the picture with boxes, landmarks, and sex and age where they are known."""
        labels = ["" if face.gender is None or face.age is None else f"{face.sex},{face.age}" for face in faces]
        known = [np.full((5, 2), np.nan, np.float32) if face.kps is None else face.kps for face in faces]
        return annotate(img, [face.bbox for face in faces], known, labels)
