# labels: slow
"""Many threads, forks, several processes, and many calls."""
import gc
import os
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import numpy

import package_data
from package_data import made_model, scratch


def crop(seed=0):
    return numpy.random.default_rng(seed).integers(0, 256, (112, 112, 3), numpy.uint8)


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def in_child(function):
    """What function returns (bytes), computed by a forked process that is given 60 seconds."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, function())
        finally:
            os._exit(0)
    os.close(write)
    end = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(read)
            raise AssertionError("the forked process hangs")
        time.sleep(0.01)
    with os.fdopen(read, "rb") as file:
        return file.read()


RECOGNIZER = None


def embed_in_worker(seed):
    """For pools: RECOGNIZER was loaded before the fork, or came by pickle."""
    return RECOGNIZER.get_embedding(crop(seed))


def take_over(recognizer):
    global RECOGNIZER
    RECOGNIZER = recognizer


class Threads(unittest.TestCase):
    def test_many_threads_give_the_same(self):
        import cameo

        for threads in (0, 1):
            recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=threads)
            expected = recognizer.embed([crop(seed) for seed in range(8)])
            with ThreadPoolExecutor(8) as pool:
                rows = list(pool.map(lambda number: recognizer.get_embedding(crop(number % 8)), range(200)))
            for number, row in enumerate(rows):
                numpy.testing.assert_array_equal(row, expected[number % 8])

    def test_the_lock_of_python_is_released(self):
        """While one thread is in the library, another one counts."""
        import cameo

        recognizer = cameo.FaceRecognizer(made_model("r50"), threads=1)
        picture = crop()
        recognizer.get_embedding(picture)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(10)  # Python itself takes the lock away from nobody during the test
        try:
            done, counted = threading.Event(), []

            def count():
                turns = 0
                while not done.is_set():
                    turns += 1
                    time.sleep(0)
                counted.append(turns)

            thread = threading.Thread(target=count)
            thread.start()
            for _ in range(3):
                recognizer.get_embedding(picture)
            done.set()
            thread.join()
        finally:
            sys.setswitchinterval(interval)
        self.assertGreater(counted[0], 100)

    @unittest.skipIf((os.cpu_count() or 1) < 2 or len(os.sched_getaffinity(0)) < 2, "one processor")
    def test_threads_scale(self):
        """Two threads of one processor each are as fast as two processes, whatever else the machine has to do meanwhile."""
        import cameo

        recognizer = cameo.FaceRecognizer(made_model("r50"), threads=1)
        take_over(recognizer)
        seconds = {"threads": [], "processes": []}
        with get_context("fork").Pool(2) as processes, ThreadPoolExecutor(2) as threads:
            ways = {"threads": lambda: list(threads.map(embed_in_worker, range(6))), "processes": lambda: processes.map(embed_in_worker, range(6), 1)}
            for _ in range(2):
                for way in ways.values():
                    way()
            for _ in range(8):
                for name, way in ways.items():
                    start = time.perf_counter()
                    way()
                    seconds[name].append(time.perf_counter() - start)
        best = {name: min(values) for name, values in seconds.items()}
        print(f"6 faces: two threads {best['threads']:.3f} s, two processes {best['processes']:.3f} s")
        self.assertLess(best["threads"], 1.3 * best["processes"])

    def test_closing_during_calls(self):
        import cameo

        recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=1)
        seen = []

        def work():
            try:
                while True:
                    seen.append(recognizer.get_embedding(crop()))
            except cameo.ClosedError:
                return True

        with ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(work) for _ in range(4)]
            while len(seen) < 8:
                time.sleep(0.01)
            recognizer.close()
            self.assertTrue(all(worker.result(timeout=60) for worker in workers))
        for row in seen:
            numpy.testing.assert_array_equal(row, seen[0])


class Processes(unittest.TestCase):
    def test_fork_after_load(self):
        import cameo
        import cameo.onnxruntime

        for threads in (1, 0, 3):
            recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=threads)
            session = cameo.onnxruntime.InferenceSession(made_model("mbf"))
            blob = {session.get_inputs()[0].name: recognizer.preprocess(crop())}
            expected = recognizer.get_embedding(crop()).tobytes() + session.run(None, blob)[0].tobytes()
            self.assertEqual(in_child(lambda: recognizer.get_embedding(crop()).tobytes() + session.run(None, blob)[0].tobytes()), expected)
            self.assertEqual(recognizer.get_embedding(crop()).tobytes() + session.run(None, blob)[0].tobytes(), expected)

    def test_fork_while_others_work(self):
        import cameo

        recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=2)
        expected = recognizer.get_embedding(crop()).tobytes()
        stop = threading.Event()

        def work():
            while not stop.is_set():
                recognizer.embed([crop(seed) for seed in range(9)])

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                self.assertEqual(in_child(lambda: recognizer.get_embedding(crop()).tobytes()), expected)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def test_fork_in_a_signal_handler(self):
        """The handler runs in the middle of a call of its own thread, which it must not wait for."""
        import signal

        import cameo

        recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=2)
        expected = recognizer.get_embedding(crop()).tobytes()
        answers = []
        before = signal.signal(signal.SIGALRM, lambda *_: answers.append(in_child(lambda: recognizer.get_embedding(crop()).tobytes())))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.1)
            while len(answers) < 5:
                self.assertEqual(recognizer.get_embedding(crop()).tobytes(), expected)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertEqual(set(answers), {expected})

    def test_multiprocessing(self):
        import cameo

        recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=1)
        expected = recognizer.embed([crop(seed) for seed in range(6)])
        for method in ("fork", "spawn"):
            take_over(recognizer if method == "fork" else None)
            arguments = {} if method == "fork" else {"initializer": take_over, "initargs": (recognizer,)}
            with get_context(method).Pool(2, **arguments) as pool:
                rows = pool.map(embed_in_worker, range(6))
            numpy.testing.assert_array_equal(numpy.stack(rows), expected, err_msg=method)

    def test_packed_weights_are_shared(self):
        """The second process finds the weights packed, and maps the same file."""
        code = """
import os, sys
import cameo
network = cameo.Network(sys.argv[1], cache_folder=sys.argv[2], threads=1)
plan = network.plan([(1, 3, 112, 112)])
maps = open("/proc/self/maps", encoding="ascii").read()
print(plan["weight_bytes"], plan["cached_weight_bytes"], sys.argv[2] in maps)
"""
        model, cache = made_model("r50"), scratch("packed")
        old = time.time() - 60
        os.utime(model, (old, old))  # models changed in the last two seconds are not kept
        time.sleep(max(0.0, 2.5 - (time.time() - os.stat(model).st_ctime)))
        environment = {name: value for name, value in os.environ.items() if name != "CAMEO_CACHE"}
        said = [subprocess.run([sys.executable, "-c", code, model, cache], env=environment, capture_output=True, text=True, check=True).stdout.split()
                for _ in range(2)]
        self.assertEqual(said[0][1], "0")
        self.assertEqual((said[1][1], said[1][2]), (said[1][0], "True"))


class Memory(unittest.TestCase):
    CALLS = 10000

    def test_no_leak_in_ten_thousand_calls(self):
        """Embeddings, detections, tensors, pictures and refusals, 10,000 calls in all, on small networks."""
        import cameo
        import cameo.onnxruntime

        recognizer = cameo.FaceRecognizer(made_model("mbf"), threads=1)
        engine = cameo.Engine(detector=made_model("scrfd_500m"), detection_sizes=[(64, 64)], threads=1)
        session = cameo.onnxruntime.InferenceSession(made_model("mbf"))
        picture = crop()
        blob = {session.get_inputs()[0].name: recognizer.preprocess(picture)}
        cameo.imwrite(scratch("p.png"), picture[:32, :32])
        points = numpy.array([[38, 51], [73, 51], [56, 71], [41, 92], [70, 92]], numpy.float32)

        def refused():
            try:
                recognizer.embed([picture, picture.astype(numpy.float32)])
            except TypeError:
                pass

        cheap = [lambda: engine.detect(picture), lambda: cameo.imread(scratch("p.png")), lambda: cameo.norm_crop(picture, points),
                 lambda: cameo.resize(picture, (50, 40)), refused, lambda: cameo.annotate(picture, [[9, 9, 60, 60]], [points], ["a"]),
                 lambda: recognizer.preprocess(picture)]
        dear = [lambda: recognizer.get_embedding(picture), lambda: session.run(None, blob)]

        def calls(count):
            for number in range(count):
                (dear[number // 10 % 2] if number % 10 == 0 else cheap[number % 7])()

        calls(1000)
        gc.collect()
        before = resident_bytes()
        calls(self.CALLS)
        gc.collect()
        grown = resident_bytes() - before
        print(f"{self.CALLS} calls: {grown / 1024:.0f} KiB more resident")
        self.assertLess(grown, 2 << 20)

    def test_no_leak_in_opening_and_closing(self):
        import cameo

        def cycle():
            with cameo.FaceRecognizer(made_model("mbf"), threads=2, memory="compact") as recognizer:
                recognizer.get_embedding(crop())

        for _ in range(10):
            cycle()
        gc.collect()
        before = resident_bytes()
        for _ in range(60):
            cycle()
        gc.collect()
        grown = resident_bytes() - before
        print(f"60 openings: {grown / 1024:.0f} KiB more resident")
        self.assertLess(grown, 6 << 20)
        self.assertLess(len(os.listdir("/proc/self/task")), 8)


if __name__ == "__main__":
    package_data.main("test_parallel")
