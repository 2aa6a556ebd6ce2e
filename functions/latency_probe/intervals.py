"""Which minutes are next. Pure: the time is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Interval:
    """Whole minutes in UTC, from `start` on and before `end`."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How many."""
        return max(0, (self.end - self.start) // A_MINUTE)

    def __str__(self) -> str:
        return f"{written(self.start)}/{written(self.end)}"


@dataclass(frozen=True)
class Pace:
    """How close to the present, and how far from it.

    Attributes:
        settling_minutes: a minute counts as measured by Genesys Cloud when it has been over for so long.
        look_back_minutes: what lies further back is given up: alarms look at what is going on.
    """

    settling_minutes: int
    look_back_minutes: int

    def next(self, measured_until: datetime | None, now: datetime) -> tuple[Interval, Interval]:
        """The minutes to measure now, and those before them that are given up; either may be empty.

        Args:
            measured_until: the end of what was measured; None where nothing was yet, so that nothing is given up.
        """
        settled = _whole(now) - self.settling_minutes * A_MINUTE
        earliest = settled - self.look_back_minutes * A_MINUTE
        start = earliest if measured_until is None else max(measured_until, earliest)
        given_up_from = start if measured_until is None else measured_until
        return Interval(start, max(start, settled)), Interval(given_up_from, start)


def written(moment: datetime) -> str:
    """A whole minute as people and tables get it: `2026-11-25T10:00:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """The same back; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return _whole(moment.astimezone(UTC))


def _whole(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
