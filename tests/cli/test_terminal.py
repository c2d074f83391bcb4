# labels: slow
"""The progress bar: on a terminal, for work of more than a second, gone at the end; never in a pipe."""
import os
import pty
import shutil
import time

import typed
from typed import Typed, made, portraits


class Terminal(Typed):
    def watch(self, *arguments, out="pipe", feed=(), code=0):
        """Runs a command whose standard error (and output, if out is "terminal") is a terminal. feed: (seconds to wait, bytes) for its input.
        code: the wanted exit code, None: 0 or 1. Returns what the terminal saw and what the pipe got."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.start(*arguments, stderr=slave, **({"stdout": slave} if out == "terminal" else {}))
        os.close(slave)
        for seconds, data in feed:
            time.sleep(seconds)
            process.stdin.write(data)
            process.stdin.flush()
        process.stdin.close()
        seen = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux's end of file
                break
            if not data:
                break
            seen += data
        got = process.stdout.read() if process.stdout else b""
        self.assertIn(process.wait(typed.SECONDS), (0, 1) if code is None else (code,), seen)
        return seen.decode(), got.decode()

    def assertWipedAway(self, seen):
        self.assertTrue(seen.endswith("\r\x1b[K"), repr(seen[-100:]))

    def test_bar(self):
        pictures = portraits() * 3
        seen, _ = self.watch("embed", "--model", made("r50"), *self.detector(), "--max-faces", "5", "--threads", "1", "-o", "out", *pictures)
        self.assertRegex(seen, r"\rembed \[[#.]{32}\] +\d+ % \(\d+, \d+\.\d/s(, \d+ s left)?\)\x1b\[K")
        self.assertWipedAway(seen)

    def test_number_of_unknown(self):
        line = os.fsencode(portraits()[0]) + b"\n"
        seen, _ = self.watch("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "1", "-o", "out", "-", feed=((0, line), (1.3, line)))
        self.assertRegex(seen, r"\rembed: 2, \d+\.\d/s\x1b\[K")
        self.assertWipedAway(seen)

    def test_doctor(self):
        for i, path in enumerate(portraits(people=6)):
            os.makedirs(self.path("people", str(i // 2)), exist_ok=True)
            shutil.copy(path, self.path("people", str(i // 2)))
        seen, got = self.watch("doctor", "--model", made("r18"), "--aligned", "people", "--json", "--threads", "1", code=None)
        self.assertRegex(seen, r"\rembed \[[#.]{32}\] +\d+ %")
        self.assertWipedAway(seen)
        self.assertEqual(typed.strict_json(got)["people"], 6)

    def test_measuring(self):
        seen, got = self.watch("bench", made("mbf"), "--seconds", "1.5", "--json")
        self.assertRegex(seen, r"\rbench \[[#.]{32}\] +\d+ %")
        self.assertWipedAway(seen)
        typed.strict_json(got)

    def test_a_complaint_has_its_line_for_itself(self):
        line = os.fsencode(portraits()[0]) + b"\n"
        feed = ((0, line), (1.3, line), (0.2, b"missing.jpg\n"))
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = self.start("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "1", "-o", "out", "-", stderr=slave)
        os.close(slave)
        for seconds, data in feed:
            time.sleep(seconds)
            process.stdin.write(data)
            process.stdin.flush()
        process.stdin.close()
        self.assertEqual(process.wait(typed.SECONDS), 3)
        self.assertIn("\r\x1b[Kcameo: missing.jpg: ", os.read(master, 65536).decode())

    def test_nothing_for_short_work(self):
        self.assertEqual(self.watch("embed", "--aligned", "--model", made("mbf"), "-o", "out", portraits()[0])[0], "")
        self.assertEqual(self.watch("info", made("mbf"))[0], "")

    def test_nothing_where_results_appear(self):
        line = os.fsencode(portraits()[0]) + b"\n"
        seen, _ = self.watch("detect", *self.detector(), "--max-faces", "1", "-", out="terminal", feed=((0, line), (1.3, line)))
        self.assertNotIn("\x1b", seen)
        self.assertEqual(seen.count("1 face"), 2)

    def test_nothing_in_a_pipe(self):
        process = self.start("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "1", "-o", "out", "-")
        line = os.fsencode(portraits()[0]) + b"\n"
        for seconds in (0, 1.3):
            time.sleep(seconds)
            process.stdin.write(line)
            process.stdin.flush()
        self.assertEqual(process.communicate(timeout=typed.SECONDS), (b"", b""))


if __name__ == "__main__":
    typed.main()
