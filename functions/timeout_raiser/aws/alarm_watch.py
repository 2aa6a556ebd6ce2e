"""CloudWatch's own word on what an alarm is in now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from alarms import LONGEST_NAME, AlarmNow, alarm_now
from genesys_cloud.errors import COMES_AGAIN, Transient
from genesys_cloud.json_text import plain

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

MOST_NAMES = 100
"""Of one DescribeAlarms."""
MOST_PAGES = 50
"""Of contributors: an alarm has some thousands at most."""

_KINDS = ("MetricAlarms", "CompositeAlarms", "LogAlarms")


class AlarmUnknown(Transient):
    """CloudWatch does not say what the alarm is in. Whatever depends on it waits."""

    code = "internal_error"


class AlarmWatch:
    """Looks at alarms of this account and region, each once in an invocation; threads may share it.

    After CloudWatch has failed once, it is not asked again in this invocation.

    Args:
        client: gives the CloudWatch client.
    """

    def __init__(self, client: Callable[[], CloudWatchClient]) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._seen: dict[str, AlarmNow | None] = {}
        self._trouble: str | None = None

    def look_ahead(self, alarm_names: Sequence[str]) -> None:
        """Looks at many alarms with as few calls as it takes; what fails shows when one of them is looked at."""
        self._seen |= {name: None for name in alarm_names if not _could_be(name)}
        unseen = [name for name in dict.fromkeys(alarm_names) if name not in self._seen]
        for start in range(0, len(unseen), MOST_NAMES):
            some = unseen[start : start + MOST_NAMES]
            try:
                answer = self._asked(
                    "describe_alarms",
                    AlarmNames=some,
                    AlarmTypes=["MetricAlarm", "CompositeAlarm", "LogAlarm"],
                    MaxRecords=MOST_NAMES,
                )
            except AlarmUnknown:
                return
            found = {described["AlarmName"]: described for kind in _KINDS for described in answer.get(kind, [])}
            self._seen |= {name: alarm_now(found[name]) if name in found else None for name in some}

    def look(self, alarm_name: str, contributor_id: str | None) -> AlarmNow | None:
        """What the alarm is in now, or one contributor of it; None where there is no such alarm.

        Raises:
            AlarmUnknown: CloudWatch does not answer.
        """
        with self._lock:  # several threads that ask for one alarm cost one call
            self.look_ahead([alarm_name])
        if alarm_name not in self._seen:
            raise AlarmUnknown(f"alarm {alarm_name!a} cannot be looked at: {self._trouble}", hint=COMES_AGAIN)
        now = self._seen[alarm_name]
        if now is None or contributor_id is None:
            return now
        if now.state == "ALARM":
            return self._contributor(alarm_name, contributor_id)
        return AlarmNow(now.state, None, None)  # since when, says CloudWatch only of the alarm as a whole

    def _contributor(self, alarm_name: str, contributor_id: str) -> AlarmNow:
        """An alarm over many time series lists those that are in ALARM (DescribeAlarmContributors, API reference)."""
        token: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self._asked("describe_alarm_contributors", AlarmName=alarm_name, **token)
            for contributor in page["AlarmContributors"]:
                if contributor["ContributorId"] == contributor_id:
                    since = contributor.get("StateTransitionedTimestamp")
                    return AlarmNow("ALARM", since.astimezone(UTC) if since else None, None)
            if not page.get("NextToken"):
                return AlarmNow("OK", None, None)
            token = {"NextToken": page["NextToken"]}
        raise AlarmUnknown(f"alarm {alarm_name!a} has more contributors than are looked through", hint=COMES_AGAIN)

    def _asked(self, operation: str, **parameters: object) -> Any:
        if self._trouble is None:
            try:
                return getattr(self._client(), operation)(**parameters)
            except (BotoCoreError, ClientError) as error:
                self._trouble = str(error)
        raise AlarmUnknown(f"CloudWatch cannot be asked: {self._trouble}", hint=COMES_AGAIN)


def _could_be(name: str) -> bool:
    """Whether there could be an alarm of that name. CloudWatch refuses a call for any other, and all that it asks."""
    return 0 < len(name) <= LONGEST_NAME and plain(name) == name
