"""CloudWatch is not asked for what no alarm can be called: it would refuse to speak of the others, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from aws.alarm_watch import AlarmWatch

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient


class CloudWatch:
    """Knows the alarm `slow`, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def describe_alarms(self, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters["AlarmNames"])
        return {"MetricAlarms": [{"AlarmName": "slow", "StateValue": "ALARM", "StateReason": ""}]}


@pytest.mark.parametrize("name", ["", "a" * 256, "\ud800", "half \udfff a pair"])
def test_no_alarm_is_called_so_and_the_others_are_looked_at(name: str) -> None:
    cloudwatch = CloudWatch()
    watch = AlarmWatch(lambda: cast("CloudWatchClient", cloudwatch))
    watch.look_ahead([name, "slow"])
    assert watch.look(name, None) is None
    now = watch.look("slow", None)
    assert now is not None
    assert now.state == "ALARM"
    assert cloudwatch.asked == [["slow"]]
