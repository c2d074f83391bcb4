"""Pictures in Arrow batches to faces in Arrow batches: for Spark's mapInArrow and Ray Data's map_batches. Needs pyarrow.

Each batch has a column with the bytes of picture files and one with their names; each face becomes a row. A picture that cannot be read, or in which no
face was found, becomes one row without a face, which says why in `error`: nothing else of its batch is lost.
"""
from __future__ import annotations

import functools
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

import numpy as np
import pyarrow

from .engines import Engine
from .errors import Error
from .model_files import find_model
from .pictures import imread

__all__ = ["SCHEMA", "SPARK_SCHEMA", "EmbedFaces", "map_in_arrow"]

NO_FACE = "no face was found"

SCHEMA = pyarrow.schema([
    ("path", pyarrow.string()),
    ("face", pyarrow.int32()),  # which of the picture's faces, best first; null: none
    ("box", pyarrow.list_(pyarrow.float32())),  # x0, y0, x1, y1 in pixels
    ("score", pyarrow.float32()),  # 0..1
    ("landmarks", pyarrow.list_(pyarrow.float32())),  # five times x, y in pixels
    ("embedding", pyarrow.list_(pyarrow.float32())),  # as the network gives it
    ("error", pyarrow.string()),  # null: a face
])

# The same for Spark.
SPARK_SCHEMA = "path string, face int, box array<float>, score float, landmarks array<float>, embedding array<float>, error string"


@functools.lru_cache(maxsize=2)
def _engine(recognizer: str, detector: str, options: Tuple[Tuple[str, Any], ...]) -> Engine:
    """One for each worker process, however many tasks it is given."""
    return Engine(recognizer, detector, **dict(options))


class EmbedFaces:
    """What makes a table of faces of a table of pictures; a class for Ray Data, pickled by its arguments.

    model, detector: ONNX files or names as for cameo.find_model, on every machine. content, path: names of the columns. options: as for cameo.Engine;
    threads is 1 unless it is given, since the engines around start a process for each processor. Ray Data:

        pictures = ray.data.read_binary_files(folder, include_paths=True)
        faces = pictures.map_batches(EmbedFaces, fn_constructor_kwargs={"model": ..., "detector": ..., "content": "bytes"},
                                     batch_format="pyarrow", batch_size=64, compute=ray.data.ActorPoolStrategy(size=4))
    """

    def __init__(self, model: str = "w600k_r50", detector: str = "det_10g", content: str = "content", path: str = "path", **options: Any) -> None:
        self._arguments = (model, detector, content, path, {"threads": 1, **options})

    def __call__(self, batch: Any) -> Any:
        """A pyarrow.Table or RecordBatch of pictures to a pyarrow.Table of SCHEMA."""
        model, detector, content, path, options = self._arguments
        engine = _engine(find_model(model), find_model(detector), tuple(sorted(options.items())))
        rows: List[Dict[str, Any]] = []
        for name, data in zip(batch.column(path).to_pylist(), batch.column(content).to_pylist()):
            rows += _faces(engine, name, data)
        return pyarrow.Table.from_pylist(rows, schema=SCHEMA)


def _faces(engine: Engine, name: str, data: Any) -> List[Dict[str, Any]]:
    try:
        if data is None:
            raise ValueError("the picture is null")
        image = imread(data, color="rgb")
        found = engine.detect(image, color="rgb")
        embeddings = engine.embed(image, found.landmarks, color="rgb") if len(found.boxes) else np.empty((0, 0), np.float32)
    except (Error, ValueError, MemoryError) as trouble:
        return [{"path": name, "error": str(trouble) or type(trouble).__name__}]
    if not len(found.boxes):
        return [{"path": name, "error": NO_FACE}]
    return [
        {"path": name, "face": index, "box": found.boxes[index], "score": found.scores[index], "landmarks": found.landmarks[index].ravel(),
         "embedding": embedding}
        for index, embedding in enumerate(embeddings)
    ]


def map_in_arrow(model: str = "w600k_r50", detector: str = "det_10g", content: str = "content", path: str = "path",
                 **options: Any) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """A function for Spark's DataFrame.mapInArrow; arguments as for EmbedFaces.

        pictures = spark.read.format("binaryFile").load(folder)
        faces = pictures.select("path", "content").mapInArrow(map_in_arrow(model=..., detector=...), SPARK_SCHEMA)
    """
    embed = EmbedFaces(model, detector, content, path, **options)

    def faces(batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            yield from embed(batch).to_batches()

    return faces
