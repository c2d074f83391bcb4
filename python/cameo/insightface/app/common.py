"""A face: a dictionary whose entries are attributes, too."""
from __future__ import annotations

from typing import Any, Dict, Optional

import numpy as np

__all__ = ["Face"]


class Face(Dict[str, Any]):
    """What is known of a face; whatever is not known is None.

    bbox float32 [4]: x0, y0, x1, y1 in pixels. kps float32 [5, 2]: eyes, nose, mouth corners. det_score: 0..1. embedding float32 [d], as the network gives
    it. landmark_2d_106 [106, 2], landmark_3d_68 [68, 3] in pixels. pose [3]: pitch, yaw, roll in degrees. gender: 0 female, 1 male. age: years.
    face.embedding and face["embedding"] are the same.
    """

    def __init__(self, d: Optional[Dict[str, Any]] = None, **kwargs: Any) -> None:
        super().__init__()
        for name, value in dict(d or {}, **kwargs).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, dict) and not isinstance(value, Face):
            value = Face(value)
        elif isinstance(value, (list, tuple)):
            value = [Face(item) if isinstance(item, dict) and not isinstance(item, Face) else item for item in value]
        super().__setitem__(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)

    def __delattr__(self, name: str) -> None:
        del self[name]

    @property
    def embedding_norm(self) -> Any:
        """Euclidean length of the embedding (float32); low for poor pictures."""
        return None if self.embedding is None else np.linalg.norm(self.embedding)

    @property
    def normed_embedding(self) -> Any:
        """The embedding scaled to length 1."""
        return None if self.embedding is None else self.embedding / self.embedding_norm

    @property
    def sex(self) -> Optional[str]:
        """'M' or 'F'."""
        return None if self.gender is None else "M" if self.gender == 1 else "F"
