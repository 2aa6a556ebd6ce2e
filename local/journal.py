"""What the function has done so far: its log has one line per outcome."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

Outcome = dict[str, Any]
_LOOKS_EVERY_SECONDS = 0.1


class Journal:
    """Follows the function's log.

    Args:
        logs: a client for CloudWatch Logs.
        group: the function's log group.

    Attributes:
        outcomes: all so far, in their order.
    """

    def __init__(self, logs: Any, group: str) -> None:
        self._logs = logs
        self._group = group
        self._seen: set[str] = set()  # the lines themselves: each has its time, and the emulator gives events no id
        self.outcomes: list[Outcome] = []

    def follow(self, note: Callable[[Outcome], None], until: Callable[[], bool], *, within_seconds: float) -> bool:
        """Tells every new outcome, until what is waited for is there; False where that takes too long."""
        give_up_at = time.monotonic() + within_seconds
        while True:
            for outcome in self.catch_up():
                note(outcome)
            if until():
                return True
            if time.monotonic() > give_up_at:
                return False
            time.sleep(_LOOKS_EVERY_SECONDS)

    def catch_up(self) -> list[Outcome]:
        """The outcomes since the last look."""
        try:
            pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=self._group)
            lines = [event["message"] for page in pages for event in page["events"]]
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        new = [line for line in lines if line not in self._seen]
        self._seen.update(new)
        outcomes = [outcome for outcome in map(_outcome_in, new) if outcome]
        self.outcomes += outcomes
        return outcomes


def _outcome_in(line: str) -> Outcome | None:
    try:
        content = json.loads(line)
    except ValueError:
        return None
    is_outcome = isinstance(content, dict) and content.get("message") == "request finished"
    return content if is_outcome else None
