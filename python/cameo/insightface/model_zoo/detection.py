"""Detectors: any family that cameo knows, by the calls of InsightFace's SCRFD."""
from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, List, Optional, Tuple

import numpy as np

from ...engines import Engine
from ...network import Network

__all__ = ["SCRFD"]

DEFAULT_SIZES = [(128, 128), (640, 640)]
KEPT_ENGINES = 4


def sizes_of(value: Any) -> List[Tuple[int, int]]:
    """[(width, height), ...] from one pair or a list of pairs; (0, 0) stands for the default sizes."""
    array = np.asarray(value)
    if array.ndim not in (1, 2) or array.shape[-1] != 2:
        raise ValueError(f"det_size is {value!r}; (width, height) or a list of such pairs is needed")
    sizes: List[Tuple[int, int]] = []
    for width, height in np.atleast_2d(array).tolist():
        if (width, height) != (0, 0) and min(width, height) <= 0:
            raise ValueError(f"det_size is {value!r}; widths and heights must be positive")
        sizes += DEFAULT_SIZES if (width, height) == (0, 0) else [(int(width), int(height))]
    return list(OrderedDict.fromkeys(sizes))


class SCRFD:
    """model_file: an ONNX detector. Shared by any number of threads; `prepare` is not for while others detect."""

    taskname = "detection"

    def __init__(self, model_file: str, session: Any = None, network: Optional[Network] = None, threads: int = 0) -> None:
        self.model_file = model_file
        self._threads = threads
        network = network or Network(model_file, threads=threads)
        contract = network.contract()
        self.input_shape = list(network.inputs[0].shape)
        self.input_mean, self.input_std = contract["mean"][0], contract["std"][0]
        self.input_name = network.inputs[0].name
        self.output_names = [info.name for info in network.outputs]
        fixed = contract["width"], contract["height"]
        self.input_sizes = [fixed] if all(fixed) else list(DEFAULT_SIZES)
        self._fixed = all(fixed)
        self.det_thresh, self.nms_thresh = 0.5, 0.4
        self._engines: "OrderedDict[Any, Engine]" = OrderedDict()
        self._lock = threading.Lock()

    def __getstate__(self) -> Any:
        state = dict(self.__dict__, _engines=OrderedDict())
        del state["_lock"]
        return state

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state, _lock=threading.Lock())

    @property
    def input_size(self) -> Tuple[int, int]:
        """The last of input_sizes: (width, height) in pixels."""
        return self.input_sizes[-1]

    def prepare(self, ctx_id: int, **kwargs: Any) -> None:
        """input_size, det_thresh, nms_thresh: for later calls of detect. ctx_id: accepted, without effect. A network of fixed size keeps its own."""
        for name in ("det_thresh", "nms_thresh"):
            if kwargs.get(name) is not None:
                setattr(self, name, float(kwargs[name]))
        if kwargs.get("input_size") is not None and not self._fixed:
            self.input_sizes = sizes_of(kwargs["input_size"])
        self._engine(self.input_sizes, self.det_thresh)

    def _engine(self, sizes: List[Tuple[int, int]], threshold: float) -> Engine:
        key = (tuple(sizes), threshold, self.nms_thresh)
        with self._lock:
            engine = self._engines.pop(key, None)
            if engine is None:
                engine = Engine(detector=self.model_file, threads=self._threads, detection_sizes=sizes, detection_threshold=threshold,
                                nms_threshold=self.nms_thresh)
            self._engines[key] = engine
            while len(self._engines) > KEPT_ENGINES:
                self._engines.popitem(last=False)
        return engine

    def detect(self, img: Any, input_size: Any = None, max_num: int = 0, metric: str = "default", det_thresh: Optional[float] = None) -> Tuple[Any, Any]:
        """float32 [n, 5] (x0, y0, x1, y1, score), best first, and landmarks [n, 5, 2], or None if the network gives none.

        max_num: at most so many, 0: all; metric: which, "default" (area - 2 * squared distance from the picture's centre) or "max" (area).
        """
        sizes = self.input_sizes if input_size is None or self._fixed else sizes_of(input_size)
        found = self._engine(sizes, self.det_thresh if det_thresh is None else float(det_thresh)).detect(img)
        boxes = np.concatenate([found.boxes, found.scores[:, None]], axis=1)
        landmarks = None if len(boxes) and np.isnan(found.landmarks).any() else found.landmarks
        if 0 < max_num < len(boxes):
            values = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
            if metric != "max":
                centre = np.array([img.shape[1] // 2, img.shape[0] // 2])
                values = values - 2.0 * (((boxes[:, :2] + boxes[:, 2:4]) / 2 - centre) ** 2).sum(axis=1)
            keep = np.argsort(values)[::-1][:max_num]
            boxes = boxes[keep]
            landmarks = None if landmarks is None else landmarks[keep]
        return boxes, landmarks
