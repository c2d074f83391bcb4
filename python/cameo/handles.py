"""Who may use which handle when: several threads, and processes that are forked.

A session or runner of the library belongs to one thread at a time, and its own threads do not survive a fork. A `HandlePool` hands handles out,
makes as many as work at the same time, and forgets them in a forked child, which makes new ones. `fork` itself waits until no call is under way.
"""
from __future__ import annotations

import os
import threading
import weakref
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List

from . import _native

_condition = threading.Condition()
_calls = 0
_mine = threading.local()  # .calls: how many of them are this thread's own, as a signal handler that forks may meet
_pools: "weakref.WeakSet[HandlePool]" = weakref.WeakSet()


@contextmanager
def call() -> Iterator[None]:
    """Around everything that works inside the library: a fork waits for its end."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(step: int) -> None:
    global _calls
    with _condition:
        _calls += step
        _mine.calls = getattr(_mine, "calls", 0) + step
        if step < 0:
            _condition.notify_all()


def _before_fork() -> None:
    _condition.acquire()
    while _calls > getattr(_mine, "calls", 0):
        _condition.wait()


def _after_fork_in_parent() -> None:
    _condition.release()


def _after_fork_in_child() -> None:
    global _calls, _condition
    _condition = threading.Condition()
    _calls = getattr(_mine, "calls", 0)
    for pool in list(_pools):
        pool.forget()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def thread_count(threads: int) -> int:
    """How many threads are meant: 0 stands for all that this process may use."""
    if threads < 0:
        raise ValueError(f"threads is {threads}; it must be 0 (all processors) or more")
    count: int = _native.facts()["cpu_count"]
    return threads or count


def most_at_once(threads: int) -> int:
    """How many handles of so many threads keep the processors busy: further threads of Python wait for their turn."""
    count: int = _native.facts()["cpu_count"]
    return max(1, count // thread_count(threads))


class HandlePool:
    """Handles made by `make`, at most `limit` of them in use at once."""

    def __init__(self, make: Callable[[], Any], limit: int) -> None:
        self._make = make
        self._limit = limit
        self.forget()
        _pools.add(self)

    def forget(self) -> None:
        """Starts anew, without any handle."""
        self._idle: List[Any] = []
        self._turn = threading.Semaphore(self._limit)

    @contextmanager
    def take(self) -> Iterator[Any]:
        """A handle that nobody else has until the block ends."""
        turn = self._turn
        with turn, call():
            try:
                handle = self._idle.pop()
            except IndexError:
                handle = self._make()
            try:
                yield handle
            finally:
                self._idle.append(handle)
