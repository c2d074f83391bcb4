"""cameo.embed_folder: a row for each face, poisoned pictures told apart, checkpoints, Arrow and Parquet."""
import os
import shutil
import unittest

import numpy

import package_data
from package_data import DATA, DETECTOR, RECOGNIZER, SCENES, made_model, scratch


class Folder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch("pictures")
        os.makedirs(os.path.join(cls.folder, "inner"))
        for path in package_data.lfw(7):
            shutil.copy(path, os.path.join(cls.folder, "inner"))
        for name in ("t1.jpg", "no_face.png"):
            shutil.copy(os.path.join(SCENES, name), cls.folder)
        with open(os.path.join(SCENES, "biden.jpg"), "rb") as file:
            content = file.read()
        for name, part in (("poisoned.jpg", content[:20000]), ("empty.png", b""), ("notes.txt", b"no picture")):
            with open(os.path.join(cls.folder, name), "wb") as file:
                file.write(part)
        cls.settings = {"model": RECOGNIZER, "detector": DETECTOR}

    def embed(self, **more):
        import cameo

        return cameo.embed_folder(self.folder, **{**self.settings, **more})

    def test_rows_are_the_faces(self):
        import cameo

        table = self.embed(workers=2)
        self.assertEqual(sorted(table.errors), ["empty.png", "poisoned.jpg"])
        self.assertTrue(all("poisoned.jpg" in table.errors[name] or "empty.png" in table.errors[name] for name in table.errors))
        self.assertEqual(table.without_face, ["no_face.png"])
        self.assertEqual(table.paths, sorted(table.paths))
        self.assertEqual(table.paths.count("t1.jpg"), 6)
        self.assertGreaterEqual(len(table.paths), 13)
        self.assertEqual(list(table.faces[-6:]), list(range(6)))
        engine = cameo.Engine(RECOGNIZER, DETECTOR)
        image = cameo.imread(os.path.join(self.folder, "t1.jpg"))
        faces = engine.detect(image)
        numpy.testing.assert_array_equal(table.boxes[-6:], faces.boxes)
        numpy.testing.assert_array_equal(table.landmarks[-6:], faces.landmarks)
        numpy.testing.assert_array_equal(table.embeddings[-6:], engine.embed(image, faces.landmarks))

    def test_progress(self):
        seen = []
        self.embed(progress=lambda done, total: seen.append((done, total)))
        self.assertEqual(seen, [(done, 11) for done in range(1, 12)])

    def test_checkpoint(self):
        import cameo

        place, calls = scratch("checkpoint"), []
        shutil.rmtree(place, ignore_errors=True)
        table = self.embed(checkpoint=place)
        again = self.embed(checkpoint=place, progress=lambda done, total: calls.append(done))
        self.assertEqual(calls, [])
        for a, b in zip(table, again):
            numpy.testing.assert_array_equal(a, b)
        added = os.path.join(self.folder, "added.jpg")
        shutil.copy(os.path.join(SCENES, "obama1.jpg"), added)
        try:
            more = self.embed(checkpoint=place, progress=lambda done, total: calls.append((done, total)))
            self.assertEqual(calls, [(12, 12)])
            self.assertEqual(more.paths, ["added.jpg", *table.paths])
            shutil.copy(os.path.join(SCENES, "no_face.png"), added)
            changed = self.embed(checkpoint=place)
            self.assertEqual((changed.paths, changed.without_face), (table.paths, ["added.jpg", "no_face.png"]))
        finally:
            os.remove(added)
        with self.assertRaisesRegex(cameo.MismatchError, r"other settings \(options\)"):
            self.embed(checkpoint=place, detection_threshold=0.9)
        with self.assertRaisesRegex(cameo.MismatchError, r"other settings \(model\)"):
            self.embed(checkpoint=place, model=os.path.join(DATA, "models", "mobilefacenet_foamliu_op11.onnx"))

    def test_an_interrupted_run_goes_on(self):
        import cameo.folders

        place, calls, before = scratch("interrupted"), [], cameo.folders.PART
        cameo.folders.PART = 4

        def interrupt(done, total):
            if done == 6:
                raise KeyboardInterrupt

        try:
            with self.assertRaises(KeyboardInterrupt):
                self.embed(checkpoint=place, progress=interrupt)
            table = self.embed(checkpoint=place, progress=lambda done, total: calls.append(done))
        finally:
            cameo.folders.PART = before
        self.assertEqual(calls, list(range(5, 12)))
        for a, b in zip(table, self.embed()):
            numpy.testing.assert_array_equal(a, b)

    def test_arrow_and_parquet(self):
        import pyarrow.parquet

        table = self.embed()
        path = scratch("faces.parquet")
        table.to_parquet(path)
        read = pyarrow.parquet.read_table(path)
        self.assertEqual(read.column_names, ["path", "face", "box", "score", "landmarks", "embedding"])
        self.assertEqual(read.schema.field("embedding").type, pyarrow.list_(pyarrow.float32(), 128))
        self.assertEqual(read["path"].to_pylist(), table.paths)
        numpy.testing.assert_array_equal(numpy.array(read["embedding"].to_pylist(), numpy.float32), table.embeddings)
        numpy.testing.assert_array_equal(numpy.array(read["box"].to_pylist(), numpy.float32), table.boxes)
        with self.assertRaises(OSError):
            table.to_parquet(scratch("no", "such", "folder.parquet"))

    def test_batches_of_arrow(self):
        """What Spark and Ray are given; their own tests are in test_engines.py."""
        import pickle

        import pyarrow

        from cameo.arrow import NO_FACE, SCHEMA, EmbedFaces, map_in_arrow

        names, contents = [], []
        for name in ("t1.jpg", "poisoned.jpg", "no_face.png"):
            with open(os.path.join(self.folder, name), "rb") as file:
                contents.append(file.read())
            names.append(name)
        batch = pyarrow.RecordBatch.from_pydict({"where": [*names, "null.jpg"], "bytes": [*contents, None]})
        embed = pickle.loads(pickle.dumps(EmbedFaces(RECOGNIZER, DETECTOR, content="bytes", path="where")))
        table = embed(batch)
        self.assertEqual(table.schema, SCHEMA)
        rows = table.to_pylist()
        self.assertEqual([row["path"] for row in rows], ["t1.jpg"] * 6 + names[1:] + ["null.jpg"])
        self.assertEqual([row["face"] for row in rows], [0, 1, 2, 3, 4, 5, None, None, None])
        self.assertEqual([row["error"] is None for row in rows], [True] * 6 + [False] * 3)
        self.assertEqual(rows[7]["error"], NO_FACE)
        expected = self.embed()
        numpy.testing.assert_array_equal(numpy.array([row["embedding"] for row in rows[:6]], numpy.float32), expected.embeddings[-6:])
        numpy.testing.assert_array_equal(numpy.array([row["landmarks"] for row in rows[:6]], numpy.float32), expected.landmarks[-6:].reshape(6, 10))
        batches = list(map_in_arrow(RECOGNIZER, DETECTOR, "bytes", "where")(iter([batch, batch[:1]])))
        self.assertEqual(sum(part.num_rows for part in batches), 9 + 6)
        self.assertTrue(all(part.schema == SCHEMA for part in batches))

    def test_empty_and_missing(self):
        import cameo

        os.makedirs(scratch("nothing"), exist_ok=True)
        table = cameo.embed_folder(scratch("nothing"), model=made_model("mbf"), detector=made_model("scrfd_500m"))
        self.assertEqual((table.paths, table.embeddings.shape, table.errors), ([], (0, 512), {}))
        self.assertEqual(table.to_arrow().num_rows, 0)
        with self.assertRaisesRegex(FileNotFoundError, "nowhere"):
            cameo.embed_folder(scratch("nowhere"), **self.settings)
        with self.assertRaisesRegex(FileNotFoundError, "cameo model pull"):
            cameo.embed_folder(scratch("nothing"))


if __name__ == "__main__":
    package_data.main("test_folder", needs_data=True, needs_module="pyarrow")
