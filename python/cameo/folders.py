"""A folder of pictures to a table of faces, with a checkpoint: what was done is not done again."""
from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Union

import numpy as np

from .engines import Engine
from .errors import Error, MismatchError, MissingFileError
from .handles import thread_count
from .model_files import builtin_models, find_model
from .pictures import Path, imread

__all__ = ["FaceTable", "embed_folder"]

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".pgm")
PART = 256  # pictures between two checkpoints


class FaceTable(NamedTuple):
    """The faces of many pictures, a row each, in the order of the pictures' paths, best faces first."""

    paths: List[str]  # [n] of the picture, relative to the folder
    faces: Any  # int32 [n]: which face of its picture
    boxes: Any  # float32 [n, 4]: x0, y0, x1, y1 in pixels
    scores: Any  # float32 [n], 0..1
    landmarks: Any  # float32 [n, 5, 2]
    embeddings: Any  # float32 [n, dimension], as the network gives them
    errors: Dict[str, str]  # pictures that could not be read or worked on, and why
    without_face: List[str]  # pictures in which no face was found

    def to_arrow(self) -> Any:
        """A pyarrow.Table: path, face, box, score, landmarks and embedding, the last three as lists of fixed length. Needs pyarrow."""
        arrow = _pyarrow()

        def lists(values: Any, length: int) -> Any:
            flat = arrow.array(np.ascontiguousarray(values, np.float32).ravel())
            return arrow.FixedSizeListArray.from_arrays(flat, length)

        columns = {"path": arrow.array(self.paths, arrow.string()), "face": arrow.array(self.faces), "box": lists(self.boxes, 4),
                   "score": arrow.array(self.scores), "landmarks": lists(self.landmarks, 10),
                   "embedding": lists(self.embeddings, self.embeddings.shape[1])}
        return arrow.table(columns)

    def to_parquet(self, path: Path) -> None:
        """The table of to_arrow in a file, which is complete or absent. Needs pyarrow."""
        table = self.to_arrow()
        import pyarrow.parquet

        beside = f"{os.fspath(path)}.{os.getpid()}.part"
        try:
            pyarrow.parquet.write_table(table, beside)
            os.replace(beside, path)
        finally:
            if os.path.exists(beside):
                os.remove(beside)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as missing:
        raise ImportError("tables in Arrow's form need the package pyarrow: pip install 'cameo[arrow]'") from missing
    return pyarrow


class _Result(NamedTuple):
    """What became of one picture."""

    path: str
    error: str
    rows: Any  # float32 [faces, 15]: box, score, landmarks
    embeddings: Any  # float32 [faces, dimension]


def _pictures(folder: str) -> List[str]:
    """Relative paths of the pictures below a folder, sorted."""
    if not os.path.isdir(folder):
        raise MissingFileError(f"{folder}: there is no such folder")
    found = [
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in os.walk(folder) for name in names if name.lower().endswith(ENDINGS)
    ]
    return sorted(found)


def _embed_one(engine: Engine, folder: str, path: str) -> _Result:
    """Whatever is wrong with one picture stays with it."""
    empty = np.empty((0, 15), np.float32), np.empty((0, engine.dimension), np.float32)
    try:
        image = imread(os.path.join(folder, path), color="rgb")
        faces = engine.detect(image, color="rgb")
        rows = np.concatenate([faces.boxes, faces.scores[:, None], faces.landmarks.reshape(-1, 10)], axis=1)
        return _Result(path, "", rows, engine.embed(image, faces.landmarks, color="rgb") if len(rows) else empty[1])
    except (Error, MemoryError) as trouble:
        return _Result(path, str(trouble) or type(trouble).__name__, *empty)


def _digest(path: str) -> str:
    if path in builtin_models():
        return builtin_models()[path]
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


class _Checkpoint:
    """A folder of parts (.npz), each some pictures' results, and the settings that all were made with. Parts appear at once or not at all."""

    def __init__(self, folder: str, settings: Dict[str, Any]) -> None:
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "settings.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                before = json.load(file)
            if before != settings:
                different = sorted(name for name in {*before, *settings} if before.get(name) != settings.get(name))
                raise MismatchError(f"{folder}: this checkpoint was made with other settings ({', '.join(different)}); take another folder")
        else:
            self._write(path, lambda beside: _write_text(beside, json.dumps(settings, indent=1, sort_keys=True)))

    @staticmethod
    def _write(path: str, write: Callable[[str], None]) -> None:
        beside = f"{path}.{os.getpid()}.part"
        write(beside)
        os.replace(beside, path)

    def save(self, folder: str, results: Sequence[_Result]) -> None:
        """One more part."""
        arrays = {
            "paths": np.array([result.path for result in results]), "errors": np.array([result.error for result in results]),
            "stamps": np.array([_stamp(folder, result.path) for result in results]), "counts": np.array([len(result.rows) for result in results]),
            "rows": np.concatenate([result.rows for result in results]), "embeddings": np.concatenate([result.embeddings for result in results]),
        }
        number = len([name for name in os.listdir(self.folder) if name.endswith(".npz")])
        self._write(os.path.join(self.folder, f"part-{number:06d}.npz"), lambda beside: _write_arrays(beside, arrays))

    def results(self, folder: str) -> Iterator[_Result]:
        """What was done before, of pictures that are still the same."""
        for name in sorted(name for name in os.listdir(self.folder) if name.endswith(".npz")):
            with np.load(os.path.join(self.folder, name), allow_pickle=False) as part:
                starts = np.concatenate([[0], np.cumsum(part["counts"])])
                rows, embeddings = part["rows"], part["embeddings"]
                for index, (path, error, stamp) in enumerate(zip(part["paths"], part["errors"], part["stamps"])):
                    if _stamp(folder, str(path)) == str(stamp):
                        place = slice(starts[index], starts[index + 1])
                        yield _Result(str(path), str(error), rows[place], embeddings[place])


def _write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _write_arrays(path: str, arrays: Dict[str, Any]) -> None:
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def _stamp(folder: str, path: str) -> str:
    """Tells a file from a later one of the same name."""
    try:
        status = os.stat(os.path.join(folder, path))
    except OSError:
        return "gone"
    return f"{status.st_size} {status.st_mtime_ns}"


def _reporter(progress: Union[bool, Callable[[int, int], None]]) -> Callable[[int, int], None]:
    if callable(progress):
        return progress
    start = time.monotonic()

    def report(done: int, total: int) -> None:
        if progress:
            rate = done / max(time.monotonic() - start, 1e-9)
            print(f"\r{done} of {total} pictures, {rate:.1f} a second", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return report


def _table(results: Sequence[_Result], dimension: int) -> FaceTable:
    rows = np.concatenate([np.empty((0, 15), np.float32), *(result.rows for result in results)])
    embeddings = np.concatenate([np.empty((0, dimension), np.float32), *(result.embeddings for result in results)])
    faces = np.concatenate([np.empty(0, np.int32), *(np.arange(len(result.rows), dtype=np.int32) for result in results)])
    return FaceTable([result.path for result in results for _ in result.rows], faces, rows[:, :4], rows[:, 4], rows[:, 5:].reshape(-1, 5, 2), embeddings,
                     {result.path: result.error for result in results if result.error},
                     [result.path for result in results if not result.error and not len(result.rows)])


def embed_folder(path: Path, workers: int = 0, progress: Union[bool, Callable[[int, int], None]] = False, *, model: Path = "w600k_r50",
                 detector: Path = "det_10g", checkpoint: Optional[Path] = None, **options: Any) -> FaceTable:
    """Finds and embeds all faces of all pictures below a folder.

    workers: how many pictures are worked on at a time, 0 for one for each processor. progress: True writes a line to standard error, a function is
    called with (done, total). model, detector: ONNX files, or names as for cameo.find_model, such as cameo.BUILTIN_RECOGNIZER and
    cameo.BUILTIN_DETECTOR. checkpoint: a folder for results so far; a second call with it takes from there what pictures of the same size and time of
    change gave, and works on the rest. options: as for cameo.Engine.
    A picture that cannot be read, or breaks a limit, is reported in `errors` and keeps nobody else from being done.
    Raises MissingFileError (folder, models), MismatchError (a checkpoint of another model or other options).
    """
    folder, report = os.path.expanduser(path), _reporter(progress)
    files = find_model(os.fspath(model)), find_model(os.fspath(detector))
    paths = _pictures(folder)
    engine = Engine(*files, threads=1, **options)
    known: Dict[str, _Result] = {}
    store = None
    if checkpoint is not None:
        settings = {"model": _digest(files[0]), "detector": _digest(files[1]), "options": repr(sorted(options.items()))}
        store = _Checkpoint(os.path.expanduser(checkpoint), settings)
        known.update((result.path, result) for result in store.results(folder))
    todo = [name for name in paths if name not in known]
    done = len(paths) - len(todo)
    with ThreadPoolExecutor(thread_count(workers)) as pool:
        for start in range(0, len(todo), PART):
            part: List[_Result] = []
            for result in pool.map(lambda name: _embed_one(engine, folder, name), todo[start : start + PART]):
                part.append(result)
                done += 1
                report(done, len(paths))
            if store is not None:
                store.save(folder, part)
            known.update((result.path, result) for result in part)
    return _table([known[name] for name in paths], engine.dimension)
