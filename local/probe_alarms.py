"""Alarms on what the latency probe measures: what stands in for the template's one alarm for all Data Actions.

That one (parameter `DataActionAlarmMilliseconds`) is a query of Metrics Insights, which the emulator does not have. So
here is an alarm on a single integration action, which the emulated CloudWatch turns itself, and the message by which
the template's alarm would tell of any other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from probe_look import NAMESPACE, ActionMinute
from sam import MEASURED_ORGANIZATION, STACK

WATCHED, _WATCHED_NAME = "custom_-_order-status", "Get Order Status"
"""The integration action that the alarm is about."""
ALARM = "get-order-status-slow"
CONTRIBUTED = "OtherOrganizationsAlarm"
"""The template's own alarm for organizations other than `default`."""
THRESHOLD_MILLISECONDS = 4000

_QUERY = (
    'SELECT MAX(p99) FROM SCHEMA("GenesysDataActions", DataActionId, DataActionName, Organization)'
    " GROUP BY DataActionId, Organization ORDER BY MAX() DESC"
)


def put_alarm(cloudwatch: Any, topic: str, *, statistic: str, seconds: int) -> None:
    """The alarm on one action. The emulator takes all datapoints of its periods together, so there is one of them."""
    dimensions = {"DataActionId": WATCHED, "DataActionName": _WATCHED_NAME, "Organization": MEASURED_ORGANIZATION}
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        AlarmDescription=f"{_WATCHED_NAME} is slow. Its timeout is raised as DefaultAlarmPolicy says.",
        Namespace=NAMESPACE,
        MetricName="p99",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        Statistic=statistic,
        Unit="Milliseconds",
        Period=seconds,
        EvaluationPeriods=1,
        Threshold=THRESHOLD_MILLISECONDS,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
        OKActions=[topic],
    )


def contributor_message(topic: str, worst: ActionMinute) -> str:
    """What the template's alarm tells its topic when an action gets slow (User Guide, "Notifying users").

    Args:
        worst: the datapoint that moved it.
    """
    region, account = topic.split(":")[3:5]
    name = f"{STACK}-{CONTRIBUTED}"
    datapoint = f"{worst.metrics['p99']:.1f} ({worst.at:%d/%m/%y %H:%M:%S})"
    message = {
        "AlarmName": name,
        "AlarmDescription": "A Data Action of another organization is slow.",
        "AWSAccountId": account,
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 3 out of the last 15 datapoints were greater than the threshold"
        f" ({THRESHOLD_MILLISECONDS}.0). The most recent datapoint which crossed the threshold: [{datapoint}].",
        "StateChangeTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000"),
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        "OldStateValue": "OK",
        "OKActions": [topic],
        "AlarmActions": [topic],
        "InsufficientDataActions": [],
        "AlarmContributorId": "3f1c9a7be2d04458",
        "AlarmContributorAttributes": {"DataActionId": worst.action_id, "Organization": MEASURED_ORGANIZATION},
        "Trigger": {
            "Period": 60,
            "EvaluationPeriods": 15,
            "DatapointsToAlarm": 3,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": THRESHOLD_MILLISECONDS,
            "TreatMissingData": "notBreaching",
            "Metrics": [{"Id": "slowest", "Expression": _QUERY, "Period": 60, "ReturnData": True}],
        },
    }
    return json.dumps(message)
