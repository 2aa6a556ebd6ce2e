"""Doubt: whether an organization can be expected to answer, as this execution environment has heard it last.

A circuit breaker without a state in which nothing is tried: while there is doubt, calls go one at a time, and whoever
waits for its turn goes by what the one before was told. So an outage, or a used-up rate limit, costs the calls of one
thread and not those of all; and the first good answer lets all of them go on at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from genesys_cloud.errors import COMES_AGAIN, OutOfTime

FAILURES_UNTIL_DOUBT = 3
"""Without a good answer in between. Fewer may be one document's own trouble, or one lost packet."""


class Doubt:
    """Kept of an organization from one invocation to the next; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._tries = 0
        self._in_doubt = False

    def __bool__(self) -> bool:
        """Whether calls go one at a time."""
        return self._in_doubt

    def answered(self, *, asked_in_doubt: bool) -> None:
        """A call was answered, whatever it was: no doubt is left, unless it came up while the call was under way."""
        with self._lock:
            self._failures = self._tries = 0
            if asked_in_doubt:
                self._in_doubt = False

    def throttled(self) -> None:
        """The rate limit is used up: once is enough to know."""
        self._in_doubt = True

    def failed(self) -> None:
        """A call was not answered, or with nothing that says anything."""
        with self._lock:
            self._failures += 1
            self._in_doubt = self._in_doubt or self._failures >= FAILURES_UNTIL_DOUBT

    def tried_in_vain(self) -> int:
        """How many tries have failed in doubt, this one included: what the backoff grows with."""
        with self._lock:
            self._tries += 1
            return self._tries


class Turns:
    """Whose turn it is while there is doubt; threads of one invocation share it.

    The next invocation has its own: a call that hangs where nothing limits it is left behind, and holds up no other.
    """

    def __init__(self, doubt: Doubt) -> None:
        self._doubt = doubt
        self._lock = threading.RLock()

    @contextmanager
    def take(self, seconds: float) -> Iterator[bool]:
        """Lets a call through: at once while there is no doubt, else when the one before is over. Says if there is.

        Raises:
            OutOfTime: it is not over within so many seconds.
        """
        if self._doubt:
            if not self._lock.acquire(timeout=max(0.0, seconds)):
                raise OutOfTime("the call before, which tries for all, is not over", hint=COMES_AGAIN)
            try:
                if self._doubt:
                    yield True
                    return
            finally:
                self._lock.release()
        yield False
