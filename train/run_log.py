"""What a run says: one line that is rewritten on a terminal, nothing in a pipe but results; and LOG.jsonl, from which curves are drawn."""
import json
import sys
import time


def clock(seconds):
    seconds = max(0, int(seconds))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


class RunLog:
    def __init__(self, path, every=30.0):
        self.file = open(path, "a", encoding="utf-8") if path else None
        self.every, self.last, self.sums, self.count = every, time.monotonic(), {}, 0
        self.terminal = path is not None and sys.stderr.isatty()
        self.begun = self.last

    def add(self, **values):
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += 1

    def tick(self, part, **facts):
        """Means since the last line, as soon as `every` seconds have passed."""
        now = time.monotonic()
        if now - self.last < self.every or not self.count:
            return
        means = {name: round(value / self.count, 5) for name, value in self.sums.items()}
        self.write({"seconds": round(now - self.begun, 1), "part": round(part, 5), **facts, **means})
        if self.terminal:
            left = (now - self.begun) * (1 - part) / part if part > 0 else 0
            shown = "  ".join(f"{name} {value:.4g}" for name, value in {**facts, **means}.items())
            print(f"\r\033[K{100 * part:5.1f} %  {clock(left)} left  {shown}", end="", file=sys.stderr, flush=True)
        self.last, self.sums, self.count = now, {}, 0

    def result(self, text, **values):
        """Something worth a line of its own, also in a pipe."""
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr)
        print(text, flush=True)
        self.write(values)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.file:
            self.file.close()

    def write(self, values):
        if self.file:
            self.file.write(json.dumps(values) + "\n")
            self.file.flush()
