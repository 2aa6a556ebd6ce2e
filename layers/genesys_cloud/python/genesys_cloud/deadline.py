"""The one deadline of an invocation: nothing waits without asking it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

MARGIN_SECONDS = 2.0
"""Kept free at the end of an invocation for what follows the last call: events, queue calls, metrics."""


class LambdaContext(Protocol):
    """The part of Lambda's context object that tells the time left."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


class Deadline:
    """The moment by which an invocation's work must be over.

    Args:
        seconds: time until then, in seconds.
        clock: a clock that never goes back, in seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._ends_at = clock() + seconds

    @classmethod
    def of(cls, context: LambdaContext) -> Deadline:
        """The deadline of a Lambda invocation, less the margin."""
        return cls(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)

    def later(self, seconds: float) -> Deadline:
        """A deadline so many seconds after this one."""
        return Deadline(self.left() + seconds, clock=self._clock, sleep=self._sleep)

    def share(self, part: float) -> Deadline:
        """The deadline of something that may take this part of the time left, and no more."""
        return Deadline(self.left() * part, clock=self._clock, sleep=self._sleep)

    def now(self) -> float:
        """The deadline's own clock, in seconds; only differences mean anything."""
        return self._clock()

    def left(self) -> float:
        """Seconds left; negative when it has passed."""
        return self._ends_at - self._clock()

    def allows(self, seconds: float) -> bool:
        """Whether something that takes so many seconds would be over in time."""
        return self.left() >= seconds

    def wait(self, seconds: float) -> None:
        """Sleeps; ask `allows` first, with what is to follow the sleep counted in."""
        if seconds > 0:
            self._sleep(seconds)
