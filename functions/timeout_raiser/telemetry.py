"""What an invocation tells: one log line per request, and metrics in CloudWatch's embedded format."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from aws_support import logs
from outcomes import OUTCOME_KEYS, Outcome, Status

REQUEST_FINISHED = "request finished"
"""The message of the one line per request: its keys are the outcome's, and `correlation_id`."""

_BY_STATUS = {
    Status.RAISED: "TimeoutsRaised",
    Status.UNCHANGED: "RequestsUnchanged",
    Status.REJECTED: "RequestsRejected",
    Status.DEFERRED: "RequestsDeferred",
}


def make_logger(service: str, level: str) -> Logger:
    """The logger; a line about a finished request has all its keys, whatever they hold."""
    return logs.make_logger(service, level, _as_line)


def _as_line(entry: dict[str, Any]) -> str:
    if entry.get("message") == REQUEST_FINISHED:
        entry = {**entry, **{key: None for key in OUTCOME_KEYS if key not in entry}}  # Powertools drops what is null
    return logs.as_line(entry)


class Telemetry:
    """Counts what happens in one invocation, from several threads, and tells it at the end.

    A call that hangs may outlive its invocation. What is told after the end belongs to no invocation: it would be
    counted nowhere, stand among the lines of the next one, or in the middle of one that is just being written.
    """

    def __init__(self, logger: Logger, metrics: Metrics) -> None:
        self._logger = logger
        self._metrics = metrics
        # Appending to a list is safe from several threads; adding to a Counter is not.
        self._happened: list[str] = []
        self._call_milliseconds: list[float] = []
        self._lock = threading.Lock()
        self._over = False

    # -- what the parts tell -------------------------------------------------------------------------------------------

    def call_answered(self, seconds: float) -> None:
        """Genesys Cloud answered a call."""
        self._call_milliseconds.append(seconds * 1000)

    def throttled(self) -> None:
        """Genesys Cloud answered 429."""
        self._happened.append("GenesysThrottles")

    def published(self) -> None:
        """A Flow or an integration action was published."""
        self._happened.append("FlowPublishes")

    def conflicted(self) -> None:
        """Someone else had published in between."""
        self._happened.append("PublishConflicts")

    def not_recorded(self, what: str, why: str) -> None:
        """A change was published that the ledger does not know of: restore will not put it back."""
        self._happened.append("ChangesNotRecorded")
        self._tell("change not recorded in the ledger", document=what, why=why)

    def outcome_events_failed(self, count: int, why: str) -> None:
        """So many outcomes did not reach the event bus. What they tell of has happened all the same."""
        self._happened += ["OutcomeEventsFailed"] * count
        self._tell("outcomes not put on the event bus", count=count, why=why)

    def message_not_settled(self, message_id: str, what: str, why: str) -> None:
        """A message could not be moved or made to wait. It stays on the queue."""
        self._tell("message not settled", message_id=message_id, what=what, why=why)

    def bug(self, what: str) -> None:
        """An exception that nobody expected is being handled."""
        with self._lock:
            if not self._over:
                self._logger.exception("unexpected error", extra={"what": what})  # noqa: LOG004  # called from the handler

    def _tell(self, problem: str, **details: object) -> None:
        with self._lock:
            if not self._over:
                self._logger.error(problem, extra=details)

    # -- what is told at the end ---------------------------------------------------------------------------------------

    def finished(self, outcomes: Iterable[Outcome]) -> None:
        """Logs and counts how the requests ended."""
        for outcome in outcomes:
            self._happened.append("RequestsReceived")
            if outcome.status in _BY_STATUS:
                self._happened.append(_BY_STATUS[outcome.status])
            if outcome.at_limit:
                self._happened.append("TimeoutsAtLimit")
            self._logger.info(REQUEST_FINISHED, extra={**outcome.in_brief(), "correlation_id": outcome.request_id})

    def flush(self) -> None:
        """Writes the metrics, which is the end."""
        with self._lock:
            self._over = True
            self._write_metrics()

    def _write_metrics(self) -> None:
        for milliseconds in self._call_milliseconds:
            self._metrics.add_metric(name="GenesysRequestTime", unit=MetricUnit.Milliseconds, value=milliseconds)
        # Counts come last: Powertools writes by itself at the 100th value of a name, and a rest must be there to flush.
        for name, count in Counter(self._happened).items():
            self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        if self._happened:
            self._metrics.flush_metrics()
