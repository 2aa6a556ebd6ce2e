"""What threads wait for each other with, in virtual time: it stands where the code takes it from the standard library.

Only what may be waited for while the clock has to go on is replaced: the locks that are held while a token is asked for
or in which calls take turns, and the workers that documents are worked on by. All other locks are held for moments in
which no other thread runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ALL_COMPLETED, Future
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any, NamedTuple, Self
from unittest.mock import patch

import side_by_side
from genesys_cloud import doubt, login
from simulation.virtual_time import VirtualThread, VirtualTime


class VirtualLock:
    """A lock that its owner may take more than once, as `threading.RLock`."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._owner: VirtualThread | None = None
        self._depth = 0
        self._waiting: deque[VirtualThread] = deque()

    def acquire(self, *, timeout: float | None = None) -> bool:
        """Takes it, if that can be within so many seconds."""
        until = None if timeout is None else self._time.now + timeout
        me = self._time.running
        while self._owner not in {None, me}:
            if until is not None and self._time.now >= until:
                return False
            self._waiting.append(me)
            self._time.wait(until)
            if me in self._waiting:
                self._waiting.remove(me)
        self._owner = me
        self._depth += 1
        return True

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Gives it to whoever waits longest."""
        self._depth -= 1
        if not self._depth:
            self._owner = None
            if self._waiting:
                self._time.go_on(self._waiting.popleft())


class VirtualFuture(Future[Any]):
    """A future that has the same place in a set in every run."""

    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self._number = next(self.numbers)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualPool:
    """A pool of workers, as `ThreadPoolExecutor`."""

    def __init__(self, workers: int, time: VirtualTime) -> None:
        self._most = workers
        self._time = time
        self._tasks: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._idle: deque[VirtualThread] = deque()
        self._count = 0
        self._closed = False

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        future = VirtualFuture()
        self._tasks.append((future, lambda: work(*args)))
        if self._idle:
            self._time.go_on(self._idle.popleft())
        elif self._count < self._most:
            self._count += 1
            self._time.start(self._work, f"{self._time.running.name}, worker {self._count}")
        return future

    def shutdown(self, *, wait: bool = True, cancel_futures: bool = False) -> None:
        assert not wait, "nobody waits for the workers"
        assert cancel_futures
        self._closed = True
        while self._tasks:
            self._tasks.popleft()[0].cancel()
        while self._idle:
            self._time.go_on(self._idle.popleft())

    def _work(self) -> None:
        while True:
            while not self._tasks:
                if self._closed:
                    return
                self._idle.append(self._time.running)
                self._time.wait()
            future, work = self._tasks.popleft()
            if future.set_running_or_notify_cancel():
                try:
                    result = work()
                except BaseException as error:  # noqa: BLE001  # as the real pool does
                    future.set_exception(error)
                else:
                    future.set_result(result)


class DoneAndNotDone(NamedTuple):
    """As `concurrent.futures.wait` answers."""

    done: set[Future[Any]]
    not_done: set[Future[Any]]


def virtual_wait(
    time: VirtualTime, futures: Collection[Future[Any]], timeout: float | None, return_when: str
) -> DoneAndNotDone:
    """As `concurrent.futures.wait`."""
    me, until = time.running, None if timeout is None else time.now + timeout
    waits = False

    def one_is_done(_: Future[Any]) -> None:
        nonlocal waits
        if waits:
            waits = False
            time.go_on(me)

    for future in futures:
        future.add_done_callback(one_is_done)
    while True:
        done = {future for future in futures if future.done()}
        enough = len(done) == len(futures) if return_when == ALL_COMPLETED else bool(done)
        if enough or not futures or (until is not None and time.now >= until):
            return DoneAndNotDone(done, set(futures) - done)
        waits = True
        time.wait(until)
        waits = False


@contextmanager
def in_virtual_time(time: VirtualTime) -> Iterator[None]:
    """Within, the function's threads wait for each other in virtual time."""

    def wait(
        futures: Collection[Future[Any]], timeout: float | None = None, return_when: str = ALL_COMPLETED
    ) -> DoneAndNotDone:
        return virtual_wait(time, futures, timeout, return_when)

    locks = SimpleNamespace(RLock=lambda: VirtualLock(time), Lock=lambda: VirtualLock(time))
    with (
        patch.object(login, "threading", locks),
        patch.object(doubt, "threading", locks),
        patch.object(side_by_side, "ThreadPoolExecutor", lambda workers: VirtualPool(workers, time)),
        patch.object(side_by_side, "wait", wait),
    ):
        yield
