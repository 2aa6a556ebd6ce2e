"""Executions of integration actions, and the figures about them."""

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Execution:
    """One execution: when it was over, and how long it took."""

    action_id: str
    at: datetime
    milliseconds: float
    response_status: str | None = "200"
    error_type: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            message = f"an execution's time needs a time zone, unlike {self.at}"
            raise ValueError(message)
        if not 0 <= self.milliseconds < float("inf"):
            message = f"an execution takes a number of milliseconds of at least 0, not {self.milliseconds}"
            raise ValueError(message)


class Executions:
    """All executions there were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executions: list[Execution] = []

    def add(self, executions: Iterable[Execution]) -> int:
        """Remembers executions; how many there are now."""
        with self._lock:
            self._executions += executions
            return len(self._executions)

    def between(self, start: datetime, end: datetime) -> list[Execution]:
        """Those from `start` on and before `end`."""
        with self._lock:
            return [each for each in self._executions if start <= each.at < end]

    def count(self) -> int:
        """How many there are."""
        with self._lock:
            return len(self._executions)

    def clear(self) -> None:
        """Forgets them."""
        with self._lock:
            self._executions.clear()


def summary_of(milliseconds: Sequence[float]) -> dict[str, Any]:
    """Count, min, max, sum, and the percentiles, which are durations that really occurred (nearest rank)."""
    ordered = sorted(milliseconds)
    percentiles = {f"p{rank}": round(ordered[math.ceil(rank * len(ordered) / 100) - 1]) for rank in (95, 99)}
    return {"count": len(ordered), "min": ordered[0], "max": ordered[-1], "sum": sum(ordered), **percentiles}


def read_time(text: str) -> datetime:
    """A time in ISO 8601; UTC unless it says otherwise. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def write_time(time: datetime) -> str:
    """The same as the platform writes it: `2026-11-25T10:00:00.000Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
