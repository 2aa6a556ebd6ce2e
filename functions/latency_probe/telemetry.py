"""What an invocation tells about itself: one log line per organization, and how many could not be measured."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from genesys_cloud.action_analytics import ActionMinute
from genesys_cloud.errors import GenesysCloudError
from latency_probe.intervals import written
from latency_probe.measuring import Measured

NOT_MEASURED = "OrganizationsNotMeasured"
"""A metric: how many organizations an invocation could not measure, 0 included, so that silence is told from health."""


class Telemetry:
    """Tells how it went, organization by organization.

    Attributes:
        told: what the handler returns, an entry per organization.
    """

    def __init__(self, logger: Logger, *, namespace: str, service: str) -> None:
        self._logger = logger
        self._metrics = EphemeralMetrics(namespace=namespace, service=service)
        self._throttled = 0
        self._not_measured = 0
        self.told: list[dict[str, Any]] = []

    # -- what the connection tells -------------------------------------------------------------------------------------

    def call_answered(self, seconds: float) -> None:
        """Genesys Cloud answered a call."""

    def throttled(self) -> None:
        """Genesys Cloud answered 429."""
        self._throttled += 1

    # -- how it went ---------------------------------------------------------------------------------------------------

    def measured(self, organization: str, measured: Measured) -> None:
        """All is published and the checkpoint moved; or there was nothing to do yet."""
        if measured.given_up.minutes:
            self._logger.warning(
                "minutes given up: they lie further back than is looked",
                extra={
                    "organization": organization,
                    "interval": str(measured.given_up),
                    "minutes": measured.given_up.minutes,
                },
            )
        if measured.taken_over:
            self._logger.warning(
                "taken over from an invocation that died: what it had published counts twice in sums of count",
                extra={"organization": organization, "interval": str(measured.interval)},
            )
        entry = {
            "organization": organization,
            "status": "measured" if measured.interval.minutes else "nothing_new",
            "interval": str(measured.interval),
            "minutes": measured.interval.minutes,
            "actions": measured.actions,
            "executions": sum(minute.count for minute in measured.minutes),
            "slowest": _brief(measured.slowest),
            "throttled": self._throttled_since(),
        }
        self.told.append(entry)
        self._logger.info("organization measured", extra=entry)

    def left_to_another(self, organization: str) -> None:
        """Another invocation measures it at this moment."""
        entry = {"organization": organization, "status": "left_to_another_invocation"}
        self.told.append(entry)
        self._logger.info("organization measured by another invocation", extra=entry)

    def not_measured(self, organization: str, error: Exception) -> None:
        """It could not be measured, or not to its end; the next invocation tries again."""
        entry: dict[str, Any] = {"organization": organization, "status": "not_measured", "error": str(error)}
        if isinstance(error, GenesysCloudError):
            about = {name: getattr(error, name) for name in ("hint", "http_status", "genesys_code", "correlation_id")}
            entry |= {"code": error.code, "error": error.message} | {k: v for k, v in about.items() if v is not None}
        self._fail(entry)
        self._logger.error("organization not measured", extra=entry | {"throttled": self._throttled_since()})

    def bug(self, organization: str, error: Exception) -> None:
        """An exception that nobody expected is being handled."""
        self._fail({"organization": organization, "status": "not_measured", "error": type(error).__name__})
        self._logger.exception("unexpected error", extra={"organization": organization})  # noqa: LOG004  # in an except

    def flush(self) -> None:
        """Writes the metrics about the probe itself."""
        self._metrics.add_metric(NOT_MEASURED, MetricUnit.Count, self._not_measured)
        self._metrics.flush_metrics()

    def _fail(self, entry: dict[str, Any]) -> None:
        self._not_measured += 1
        self.told.append(entry)

    def _throttled_since(self) -> int:
        throttled, self._throttled = self._throttled, 0
        return throttled


def _brief(minute: ActionMinute | None) -> dict[str, Any] | None:
    if minute is None:
        return None
    return {
        "data_action_id": minute.action_id,
        "data_action_name": minute.action_name,
        "minute": written(minute.begins_at),
        "p99_ms": minute.p99_ms,
        "max_ms": minute.longest_ms,
        "count": minute.count,
    }
