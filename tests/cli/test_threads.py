# labels: threads
"""Several workers, each with several threads: exactly as many as asked for, and nobody can tell from the results."""
import os
import shutil
import unittest

import typed
from typed import Typed, made, portraits


WATCHED = "thread" in os.environ.get("CAMEO_SANITIZE", "")  # by ThreadSanitizer, which makes all of it slow
PICTURES = 8 if WATCHED else 24


class Threads(Typed):
    @unittest.skipIf(WATCHED, "ThreadSanitizer has a thread of its own")
    def test_exactly_as_many_as_asked_for(self):
        """Counted while the program waits for more of a list."""
        for wanted in ("1", "2", "3", "5", "12", "33", "64"):
            process = self.start("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "1", "--threads", wanted, "-")
            process.stdin.write(os.fsencode(portraits()[0]) + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            self.assertEqual(len(os.listdir(f"/proc/{process.pid}/task")), int(wanted))
            process.stdin.close()
            self.assertEqual(process.wait(typed.SECONDS), 0)

    def test_default_obeys_the_affinity_mask(self):
        mask = {min(os.sched_getaffinity(0))}
        answer = self.type("bench", made("mbf"), "--seconds", "0.01", "--json", preexec_fn=lambda: os.sched_setaffinity(0, mask))
        self.assertEqual(answer.json()["threads"], 1)

    def test_same_bits(self):
        one = self.embed(*portraits(), "--threads", "1").out
        for threads in ("3", "4") if WATCHED else ("2", "3", "4", "8"):
            self.assertEqual(self.embed(*portraits(), "--threads", threads).out, one, threads)

    def test_results_keep_the_order_of_the_pictures(self):
        os.mkdir(self.path("photos"))
        for i in range(PICTURES):
            shutil.copy(portraits()[i % 4], self.path("photos", f"{i:02}.jpg"))
        self.write("photos/03.jpg", "no picture")
        self.write("photos/06.jpg", b"")
        kept = [f"photos/{i:02}.jpg" for i in range(PICTURES) if i not in (3, 6)]
        broken = ["photos/03.jpg", "photos/06.jpg"]
        for threads in ("4",) if WATCHED else ("1", "4", "6"):
            options = ["--threads", threads, "photos"]
            faces = self.embed(*options, code=3, says=broken).json_lines()
            self.assertEqual([face["file"] for face in faces], [path for path in kept for _ in (0, 1)])
            crops = self.type("embed", "--aligned", "--model", made("mbf"), *options, code=3, says=broken).json_lines()
            self.assertEqual([face["file"] for face in crops], kept)
            drawn = self.type("detect", *self.detector(), "--max-faces", "1", "--json", "--draw", f"drawn{threads}/", *options, code=3, says=broken)
            self.assertEqual([line["file"] for line in drawn.json_lines()], kept)
            self.assertEqual(len(os.listdir(self.path(f"drawn{threads}"))), len(kept))

    def test_matrix(self):
        pictures = portraits() * (1 if WATCHED else 3)
        one, many = (self.type("compare", "--matrix", "--json", "--model", made("mbf"), *self.detector(), "--threads", threads, *pictures).out
                     for threads in ("1", "4"))
        self.assertEqual(one, many)


if __name__ == "__main__":
    typed.main()
