"""Recognizers: any that cameo knows, by the calls of InsightFace's ArcFaceONNX."""
from __future__ import annotations

from typing import Any, List, Optional, Sequence

import numpy as np

from ...engines import Engine
from ...network import Network
from ...recognizers import similarity

__all__ = ["ArcFaceONNX"]


class ArcFaceONNX:
    """model_file: an ONNX recognizer. Shared by any number of threads."""

    taskname = "recognition"

    def __init__(self, model_file: str, session: Any = None, network: Optional[Network] = None, threads: int = 0) -> None:
        self.model_file = model_file
        self._network = network or Network(model_file, threads=threads)
        self._engine = Engine(model_file, threads=threads)
        contract = self._network.contract()
        self._output = contract["output_index"]
        self.input_mean, self.input_std = contract["mean"][0], contract["std"][0]
        self.input_size = (contract["width"] or 112, contract["height"] or 112)
        self.input_shape = list(self._network.inputs[0].shape)
        self.input_name = self._network.inputs[0].name
        self.output_names = [info.name for info in self._network.outputs]
        self.output_shape = [None, self._engine.dimension]

    def prepare(self, ctx_id: int, **kwargs: Any) -> None:
        """Accepted, without effect."""

    def get(self, img: Any, face: Any) -> Any:
        """Sets face.embedding, float32 [d], from face.kps; returns it."""
        self.get_all(img, [face])
        return face.embedding

    def get_all(self, img: Any, faces: Sequence[Any]) -> None:
        """The same for all faces of a picture, in batches. Faces without landmarks stay without an embedding."""
        able = [face for face in faces if face.kps is not None]
        if able:
            rows = self._engine.embed(img, np.stack([face.kps for face in able]))
            for face, row in zip(able, rows):
                face.embedding = row

    def compute_sim(self, feat1: Any, feat2: Any) -> float:
        """Cosine of two embeddings."""
        return similarity(feat1, feat2)

    def get_feat(self, imgs: Any) -> Any:
        """Embeddings of aligned crops (BGR, one or a list of them): float32 [n, d], as the network gives them."""
        crops: List[Any] = list(imgs) if isinstance(imgs, (list, tuple)) else [imgs]
        return self._engine.embed_aligned(crops)

    def forward(self, batch_data: Any) -> Any:
        """Embeddings of pixels in the network's layout and colour order, [n, 3, h, w] in 0..255."""
        blob = (np.asarray(batch_data, np.float32) - np.float32(self.input_mean)) / np.float32(self.input_std)
        return self._network.run([np.ascontiguousarray(blob)], [self._output])[0]
