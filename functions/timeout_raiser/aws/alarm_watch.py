"""CloudWatch's own word on what an alarm is in now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from alarms import AlarmNow, alarm_now
from genesys_cloud.errors import COMES_AGAIN, Transient

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import DescribeAlarmContributorsOutputTypeDef


class AlarmUnknown(Transient):
    """CloudWatch does not say what the alarm is in. Whatever depends on it waits."""

    code = "internal_error"


class AlarmWatch:
    """Looks at alarms of this account and region.

    Args:
        client: gives the CloudWatch client.
    """

    def __init__(self, client: Callable[[], CloudWatchClient]) -> None:
        self._client = client

    def look(self, alarm_name: str, contributor_id: str | None) -> AlarmNow | None:
        """What the alarm is in now, or one contributor of it; None where there is no such alarm.

        Raises:
            AlarmUnknown: CloudWatch does not answer.
        """
        try:
            answer: Any = self._client().describe_alarms(
                AlarmNames=[alarm_name], AlarmTypes=["MetricAlarm", "CompositeAlarm", "LogAlarm"]
            )
            kinds = ("MetricAlarms", "CompositeAlarms", "LogAlarms")
            found = [described for kind in kinds for described in answer.get(kind, [])]
            if not found:
                return None
            now = alarm_now(found[0])
            if contributor_id is not None and now.state == "ALARM":
                return self._look_at_contributor(alarm_name, contributor_id)
        except (BotoCoreError, ClientError) as error:
            raise AlarmUnknown(f"alarm {alarm_name!a} cannot be looked at: {error}", hint=COMES_AGAIN) from error
        return now

    def _look_at_contributor(self, alarm_name: str, contributor_id: str) -> AlarmNow:
        """An alarm over many time series lists those that are in ALARM (DescribeAlarmContributors, API reference)."""
        token: dict[str, str] = {}
        while True:
            page: DescribeAlarmContributorsOutputTypeDef = self._client().describe_alarm_contributors(
                AlarmName=alarm_name,
                **token,
            )
            for contributor in page["AlarmContributors"]:
                if contributor["ContributorId"] == contributor_id:
                    since = contributor.get("StateTransitionedTimestamp")
                    return AlarmNow("ALARM", since.astimezone(UTC) if since else None, None)
            if not page.get("NextToken"):
                return AlarmNow("OK", None, None)
            token = {"NextToken": page["NextToken"]}
