"""What CloudWatch gets of each action and minute: metrics in its embedded format (EMF), one line each.

| metric              | unit         |
|---------------------|--------------|
| `p95`, `p99`, `max` | Milliseconds |
| `count`             | Count        |

Dimensions are `DataActionId` and `DataActionName`, and `Organization` for any other than `default`. One set of them,
not a second one by id alone: every set is paid for as metrics of its own, sums over both would count twice, and a query
of Metrics Insights groups by id whatever the name. Without `Organization` an alarm on another organization's action
would raise the timeout of an action of `default`.

Each line has the minute's own time; CloudWatch takes the last two weeks. Its limits of a line (100 metrics, 30
dimensions, 100 values) are far away.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from genesys_cloud.action_analytics import ActionMinute

DEFAULT_ORGANIZATION = "default"
LONGEST_VALUE = 1024
"""Of a dimension, in characters (API reference of CloudWatch, Dimension)."""


class LatencyMetrics:
    """Writes the metrics of actions to the log."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def publish(self, organization: str, minutes: Iterable[ActionMinute]) -> None:
        """Writes one line for each action and minute. All are out when it returns."""
        for minute in minutes:
            # One for each: dimensions and time are a line's own. The service "" keeps out a dimension `service`.
            metrics = EphemeralMetrics(namespace=self._namespace, service="")
            metrics.set_timestamp(minute.begins_at)
            metrics.add_dimension("DataActionId", dimension_value(minute.action_id))
            metrics.add_dimension("DataActionName", dimension_value(minute.action_name or minute.action_id))
            if organization != DEFAULT_ORGANIZATION:
                metrics.add_dimension("Organization", organization)
            for name, milliseconds in (
                ("p95", minute.p95_ms),
                ("p99", minute.p99_ms),
                ("max", minute.longest_ms),
            ):
                if milliseconds is not None:
                    metrics.add_metric(name, MetricUnit.Milliseconds, milliseconds)
            metrics.add_metric("count", MetricUnit.Count, minute.count)
            metrics.flush_metrics()
        sys.stdout.flush()


def dimension_value(text: str) -> str:
    """As CloudWatch takes it: printable ASCII, something of it visible. What has no such form becomes `?`."""
    decomposed = unicodedata.normalize("NFKD", text)
    base = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = "".join(character if " " <= character <= "~" else "?" for character in base)
    return plain.strip()[:LONGEST_VALUE] or "?"
