"""Who runs when: one worker at a time, in turns of short slices, so that whatever else the machine does meets all engines alike."""
from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import List

from peer_engines import Unavailable
from peer_process import Worker

WARM_BELOW_MS = 500.0  # a slice of runs shorter than this begins with one that is not timed


@dataclass
class Entrant:
    engine: str
    worker: Worker
    times: List[float] = field(default_factory=list)  # ms of each timed run
    failure: str = ""

    def slice(self, length_ms: float) -> None:
        run_ms = min(self.times or [self.worker.run_ms])
        self.times += self.worker.run(max(1, round(length_ms / run_ms)), run_ms < WARM_BELOW_MS)


def take_turns(entrants: List[Entrant], length_ms: float, rounds: int, until: float, rest: float) -> None:
    """At least `rounds` rounds, and more until that time; who begins changes from round to round. One that fails is left out from then on. After
    each slice nobody runs for `rest` of its length."""
    turn = 0
    while entrants and (turn < rounds or time.monotonic() < until):
        first = turn % len(entrants)
        for entrant in entrants[first:] + entrants[:first]:
            begin = time.monotonic()
            try:
                entrant.slice(length_ms)
            except Unavailable as error:
                entrant.failure = str(error)
            time.sleep(rest * (time.monotonic() - begin))
        entrants = [entrant for entrant in entrants if not entrant.failure]
        turn += 1
