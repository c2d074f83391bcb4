"""Workers as their parent sees them: started, asked to run, stopped while others are measured, and gone at the end."""
from __future__ import annotations

import json
import os
import select
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Optional, Set

from peer_engines import Job, Unavailable

ANSWER_SECONDS = 180
KILL_SECONDS = 5
PRIORITY = 5
NICE = -20
BUSY = 0.05  # a thread that computes for more than this part of the measured time counts


def run_in_real_time() -> bool:
    """Puts this process, and with it all workers that it starts from now on, before all ordinary programs, as `chrt -f 5` does. False where that is
    not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError:
        return False
    return True


def prefer(process: int) -> None:
    """Before what else the machine does, as far as that is allowed, but under the ordinary scheduler: all that are preferred stay alike. With autogroups
    (sched(7)) the kernel looks at the nice value of the process's session."""
    try:
        os.setpriority(os.PRIO_PROCESS, process, NICE)
        with open(f"/proc/{process}/autogroup", "w", encoding="ascii") as file:
            file.write(str(NICE))
    except OSError:
        pass


@dataclass
class Usage:
    """What the threads of a worker did while it was measured, slice by slice."""
    wall: float = 0.0
    threads: Dict[str, float] = field(default_factory=dict)  # seconds each has run
    slice_cores: List[float] = field(default_factory=list)

    def add(self, wall: float, threads: Dict[str, float]) -> None:
        self.wall += wall
        for thread, seconds in threads.items():
            self.threads[thread] = self.threads.get(thread, 0.0) + seconds
        if threads:
            self.slice_cores.append(sum(threads.values()) / wall)

    def cores(self) -> Optional[float]:
        """Those of the slice in the middle: as the median of the times, it does not mind that another program once held the machine."""
        return statistics.median(self.slice_cores) if self.slice_cores else None

    def busy_threads(self) -> Optional[int]:
        return sum(seconds > BUSY * self.wall for seconds in self.threads.values()) if self.threads else None


class Worker:
    """A process group of its own, stopped except while it is asked to run. close() must be called."""
    living: Set["Worker"] = set()

    def __init__(self, job: Job, log: str, preferred: bool = False) -> None:
        """Returns when the network is loaded and has run. Raises Unavailable with the reason if it does not come to that."""
        self.job = job
        self.log = log
        self.unread = b""
        self.usage = Usage()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_worker.py")
        environment = dict(os.environ, OPENBLAS_NUM_THREADS="1")  # numpy's own pool; no engine reads it
        with open(log, "wb") as log_file:
            told = dict(asdict(job), started=time.monotonic())
            self.process = subprocess.Popen([sys.executable, "-B", script, json.dumps(told)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log_file, env=environment, start_new_session=True)
        Worker.living.add(self)
        if preferred:
            prefer(self.process.pid)
        try:
            facts = self.read_answer()
            self.version: str = facts["version"]
            self.load_ms: float = facts["load_ms"]
            self.base_ms: float = facts["base_ms"]
            self.run_ms: float = facts["run_ms"]
            self.peak_rss_mb: float = facts["peak_rss_mb"]
            self.integer_layers: Optional[List[int]] = facts["integer_layers"]  # [computed with integers, all], of networks of eight bits
            self.signal(signal.SIGSTOP)
        except BaseException:
            self.close()
            raise

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def read_answer(self) -> Dict[str, Any]:
        until = time.monotonic() + ANSWER_SECONDS
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.unread:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise Unavailable(f"no answer in {ANSWER_SECONDS} seconds")
            piece = os.read(pipe, 1 << 16)
            if not piece:
                raise Unavailable(self.last_words())
            self.unread += piece
        line, self.unread = self.unread.split(b"\n", 1)
        message = json.loads(line)
        if "error" in message:
            raise Unavailable(message["error"])
        return message

    def last_words(self) -> str:
        status = self.process.wait()
        with open(self.log, "rb") as file:
            lines = file.read().decode(errors="replace").strip().splitlines()
        end = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"its process ended with {end}" + (f": {lines[-1]}" if lines else "")

    def run(self, count: int, warm: bool) -> List[float]:
        """Milliseconds of each of `count` runs, after one more that is not timed if `warm`. Nobody else computes meanwhile."""
        self.ask(f"{count}{' warm' if warm else ''}")
        answer = self.answer()
        self.usage.add(answer["wall"], answer["threads"])
        return answer["times_ms"]

    def ask(self, line: str) -> None:
        """Lets it go on, with a line that peer_worker.py knows; answer() waits for what it says to it and stops it again."""
        self.signal(signal.SIGCONT)
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def answer(self) -> Dict[str, Any]:
        answer = self.read_answer()
        self.signal(signal.SIGSTOP)
        return answer

    def close(self) -> None:
        self.signal(signal.SIGKILL)
        try:
            self.process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:  # another real-time program holds its core; it ends as soon as it gets there
            pass
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        Worker.living.discard(self)

    @classmethod
    def close_all(cls) -> None:
        for worker in cls.living:
            worker.signal(signal.SIGKILL)
        for worker in list(cls.living):
            worker.close()
