"""Measures one organization: its next minutes, from Genesys Cloud to CloudWatch, none lost and none twice.

In this order, for a log and a table know no common transaction:

1. The checkpoint is read, and says which minutes are next.
2. They are claimed, for as long as this invocation can live. Of two invocations at once only one gets them.
3. Genesys Cloud is asked. If that fails, the claim is given back: the next invocation asks again.
4. The metrics are written to the log.
5. The checkpoint moves past them, which ends the claim.

An invocation that dies before 4 has published nothing: its claim runs out, and the next one takes the same minutes. One
that dies between 4 and 5, the time of one write to DynamoDB, has published minutes that are published again. The other
order, the checkpoint before the metrics, would lose them instead. Twice is the lesser harm: the same value once more
moves neither a p95, a p99 nor a maximum, and alarms look at those; only a sum of `count` is too high. A minute that is
lost may be the slow one. What is taken over from a dead invocation is told, so that an odd sum can be explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from genesys_cloud.action_analytics import ActionMinute
from latency_probe.checkpoints import Checkpoint, CheckpointsUnavailable, TakenByAnother
from latency_probe.intervals import Interval, Pace


class Table(Protocol):
    """Where checkpoints are kept: `checkpoints.Checkpoints`."""

    def read(self, organization: str) -> Checkpoint:
        """The organization's checkpoint."""

    def claim(self, organization: str, seen: Checkpoint) -> None:
        """Raises TakenByAnother unless it still is what was seen, and nobody measures."""

    def release(self, organization: str, seen: Checkpoint) -> None:
        """Gives the claim back."""

    def move(self, organization: str, interval: Interval) -> None:
        """The interval is measured."""


class NotMoved(Exception):
    """The metrics are published, but the checkpoint is not moved: they will be published again. Says why."""


@dataclass(frozen=True)
class Measured:
    """What came of it.

    Attributes:
        interval: what was measured; empty where nothing was to be measured yet.
        given_up: minutes before it that nobody will measure any more.
        minutes: what the actions did.
        taken_over: the invocation before died at these minutes; it may have published some of them.
    """

    interval: Interval
    given_up: Interval
    minutes: tuple[ActionMinute, ...] = ()
    taken_over: bool = False

    @property
    def actions(self) -> int:
        """How many different ones."""
        return len({minute.action_id for minute in self.minutes})

    @property
    def slowest(self) -> ActionMinute | None:
        """The action and minute with the highest p99."""
        return max(self.minutes, key=lambda minute: minute.p99_ms or 0.0, default=None)


class Measuring:
    """Measures organizations.

    Args:
        publish: writes the metrics of an organization's actions; when it returns, they are in the log.
        now: the time of day.
    """

    def __init__(
        self,
        table: Table,
        publish: Callable[[str, Iterable[ActionMinute]], None],
        pace: Pace,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._table = table
        self._publish = publish
        self._pace = pace
        self._now = now

    def measure(self, organization: str, ask: Callable[[datetime, datetime], Iterable[ActionMinute]]) -> Measured:
        """Measures what is next.

        Args:
            ask: gives what actions did from one time on and before another.

        Raises:
            GenesysCloudError: Genesys Cloud did not answer as it should.
            TakenByAnother: another invocation measures this organization now.
            CheckpointsUnavailable: the table does not answer; nothing was published.
            NotMoved: published, but the checkpoint did not move.
        """
        seen = self._table.read(organization)
        interval, given_up = self._pace.next(seen.measured_until, self._now())
        if not interval.minutes:
            return Measured(interval, given_up)
        self._table.claim(organization, seen)
        try:
            minutes = tuple(ask(interval.start, interval.end))
        except Exception:
            with suppress(CheckpointsUnavailable, TakenByAnother):  # it runs out by itself
                self._table.release(organization, seen)
            raise
        self._publish(organization, minutes)
        try:
            self._table.move(organization, interval)
        except (CheckpointsUnavailable, TakenByAnother) as error:
            raise NotMoved(f"{interval} is published and may be published once more: {error}") from error
        return Measured(interval, given_up, minutes, taken_over=seen.claimed_until is not None)
