# labels: slow engines
"""cameo.arrow in the engines for more pictures than one machine holds: real Spark and real Ray, each in its local mode."""
import os
import shutil
import sys
import unittest

import package_data
from package_data import DETECTOR, RECOGNIZER, SCENES, scratch

SETTINGS = {"model": RECOGNIZER, "detector": DETECTOR, "detection_sizes": ((640, 640),)}


def picture_folder():
    """Pictures of people, one without a face, and a poisoned one."""
    folder = scratch("pictures")
    if not os.path.isdir(folder):
        os.makedirs(folder)
        for path in [*package_data.lfw(6), os.path.join(SCENES, "t1.jpg"), os.path.join(SCENES, "no_face.png")]:
            shutil.copy(path, folder)
        with open(os.path.join(SCENES, "biden.jpg"), "rb") as file, open(os.path.join(folder, "poisoned.jpg"), "wb") as copy:
            copy.write(file.read(20000))
    return folder


class Engines(unittest.TestCase):
    def check(self, rows):
        """Rows as dictionaries, of all pictures in any order: the same as embed_folder's."""
        import cameo

        table = cameo.embed_folder(picture_folder(), **SETTINGS)
        expected = {(path, int(face)): embedding.tolist() for path, face, embedding in zip(table.paths, table.faces, table.embeddings)}
        got = {(os.path.basename(row["path"]), row["face"]): list(row["embedding"]) for row in rows if row["error"] is None}
        self.assertEqual(got, expected)
        errors = {os.path.basename(row["path"]): row["error"] for row in rows if row["error"] is not None}
        self.assertEqual(sorted(errors), ["no_face.png", "poisoned.jpg"])
        self.assertEqual(errors["no_face.png"], "no face was found")
        self.assertEqual(len(rows), len(expected) + 2)


class Spark(Engines):
    @classmethod
    def setUpClass(cls):
        try:
            from pyspark.sql import SparkSession
        except ImportError as missing:
            raise unittest.SkipTest(str(missing)) from missing
        os.environ["PYSPARK_PYTHON"] = sys.executable
        cls.spark = (SparkSession.builder.master("local[2]").appName("cameo").config("spark.ui.enabled", "false")
                     .config("spark.sql.execution.arrow.maxRecordsPerBatch", "3").config("spark.driver.host", "127.0.0.1").getOrCreate())
        cls.spark.sparkContext.setLogLevel("ERROR")

    @classmethod
    def tearDownClass(cls):
        cls.spark.stop()

    def faces(self):
        from cameo.arrow import SPARK_SCHEMA, map_in_arrow

        pictures = self.spark.read.format("binaryFile").load(picture_folder()).repartition(4)
        return pictures.select("path", "content").mapInArrow(map_in_arrow(**SETTINGS), SPARK_SCHEMA)

    def test_faces_of_a_folder(self):
        self.check([row.asDict() for row in self.faces().collect()])

    def test_checkpoint(self):
        """Spark's own: what was computed once is read from there, although the pictures are gone."""
        self.spark.sparkContext.setCheckpointDir(scratch("spark-checkpoint"))
        faces = self.faces().checkpoint(eager=True)
        os.rename(picture_folder(), scratch("away"))
        try:
            rows = [row.asDict() for row in faces.collect()]
        finally:
            os.rename(scratch("away"), scratch("pictures"))
        self.check(rows)


class RayData(Engines):
    @classmethod
    def setUpClass(cls):
        try:
            import ray
        except ImportError as missing:
            raise unittest.SkipTest(str(missing)) from missing
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", object_store_memory=200 << 20)
        ray.data.DataContext.get_current().enable_progress_bars = False

    @classmethod
    def tearDownClass(cls):
        import ray

        ray.shutdown()

    def faces(self):
        import ray

        from cameo.arrow import EmbedFaces

        pictures = ray.data.read_binary_files(picture_folder(), include_paths=True)
        return pictures.map_batches(EmbedFaces, fn_constructor_kwargs={**SETTINGS, "content": "bytes"}, batch_format="pyarrow", batch_size=3,
                                    compute=ray.data.ActorPoolStrategy(size=1))

    def test_faces_of_a_folder(self):
        self.check(self.faces().take_all())

    def test_checkpoint(self):
        """Ray Data's own: a second run leaves out the pictures that the first one has written."""
        import ray
        from ray.data.checkpoint import CheckpointConfig

        context = ray.data.DataContext.get_current()
        context.checkpoint_config = CheckpointConfig("path", scratch("ray-checkpoint"), delete_checkpoint_on_success=False)
        try:
            written = []
            for _ in range(2):
                self.faces().write_parquet(scratch("ray-faces"))
                context.checkpoint_config = CheckpointConfig("path", scratch("ray-checkpoint"), delete_checkpoint_on_success=False)
                written.append(sorted(os.listdir(scratch("ray-faces"))))
        finally:
            context.checkpoint_config = None
        self.assertEqual(written[0], written[1])
        self.check(ray.data.read_parquet(scratch("ray-faces")).take_all())


if __name__ == "__main__":
    package_data.main("test_engines", needs_data=True, needs_module="pyarrow")
