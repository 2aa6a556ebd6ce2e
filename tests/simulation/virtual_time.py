"""Time that goes on only when every thread waits: hours of many threads' work in seconds, exactly, and always the same.

The threads are real and run the real code, but one at a time: whoever waits hands on to the next that can go on, in the
order in which they became able to. When none can, the clock jumps to the next moment that somebody waits for.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from itertools import count


class Stuck(Exception):
    """Threads wait for each other, and for no moment in time."""


class VirtualThread:
    """One thread of the simulation; only the one whose turn it is runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.turn = threading.Lock()  # free only for the moment in which the turn is given
        self.turn.acquire()
        self.waiting = 0  # numbers its waits: an alarm clock that was set for an earlier wait does not end a later one


class VirtualTime:
    """The clock, and whose turn it is.

    Attributes:
        now: seconds since 1970.
    """

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now
        self._started = now
        self._running: VirtualThread | None = None
        self._able: deque[VirtualThread] = deque()
        self._alarm_clocks: list[tuple[float, int, VirtualThread, int]] = []
        self._order = count()
        self._alive: set[VirtualThread] = set()
        self._over = threading.Event()
        self._failure: BaseException | None = None

    # -- as the code under simulation sees it --------------------------------------------------------------------------

    def clock(self) -> float:
        """Now, in seconds; stands in for every clock."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Waits so many seconds; stands in for `time.sleep`."""
        self.wait(self.now + seconds)

    # -- as stand-ins for what threads wait for each other with see it -------------------------------------------------

    @property
    def running(self) -> VirtualThread:
        """The thread whose turn it is."""
        assert self._running, "only a thread of the simulation may ask"
        return self._running

    def wait(self, until: float | None = None) -> None:
        """Waits until a moment, or until another thread says `go_on`, whatever comes first."""
        me = self.running
        me.waiting += 1
        if until is not None:
            heapq.heappush(self._alarm_clocks, (until, next(self._order), me, me.waiting))
        self._hand_on()
        me.turn.acquire()

    def go_on(self, thread: VirtualThread) -> None:
        """Ends a thread's wait; it goes on when its turn comes."""
        thread.waiting += 1
        self._able.append(thread)

    # -- as the simulation sees it -------------------------------------------------------------------------------------

    @property
    def elapsed(self) -> float:
        """Seconds since the simulation began."""
        return self.now - self._started

    def start(self, work: Callable[[], None], name: str) -> VirtualThread:
        """One more thread, which begins when its turn comes."""
        thread = VirtualThread(name)

        def run() -> None:
            thread.turn.acquire()
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # raised where the simulation is run
                self._failure = self._failure or error
            self._alive.discard(thread)
            self._hand_on()

        self._alive.add(thread)
        self._able.append(thread)
        threading.Thread(target=run, name=name, daemon=True).start()
        return thread

    def run(self) -> None:
        """Runs until no thread is left.

        Raises:
            Stuck: threads are left that nothing will wake.
            Exception: what was raised in a thread and not caught there.
        """
        self._over.clear()
        self._hand_on()
        self._over.wait()
        if self._failure:
            raise self._failure
        if self._alive:
            raise Stuck(", ".join(sorted(thread.name for thread in self._alive)))

    def _hand_on(self) -> None:
        """Gives the turn to the next thread that can go on; ends the simulation where there is none, or one failed."""
        self._running = None if self._failure else self._next()
        if self._running:
            self._running.turn.release()
        else:
            self._over.set()

    def _next(self) -> VirtualThread | None:
        if self._able:
            return self._able.popleft()
        while self._alarm_clocks:
            moment, _, thread, wait = heapq.heappop(self._alarm_clocks)
            if thread.waiting == wait:
                self.now = max(self.now, moment)
                return thread
        return None
