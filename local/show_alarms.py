"""Alarms of the emulated CloudWatch: real metrics cross thresholds, SNS brings the news, timeouts go up and back."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from alarm_scenario import (
    BY_THE_RULE,
    CALENDAR,
    FAST_SECONDS,
    NAMESPACE,
    SLOW_SECONDS,
    THRESHOLD_SECONDS,
    WATCHED,
    Act,
    WatchedAlarm,
)
from journal import Outcome
from stage import Stage

_ENDS_WITHIN_SECONDS = 30
_SLOW_CALLS, _FAST_CALLS = 20, 2000
"""The emulated CloudWatch takes all calls of a period together: so many fast ones pull the percentile down at once."""
_TICK_SECONDS = 1.1
"""The emulated CloudWatch tells the time in whole seconds: two changes to OK within one would be taken for the same."""
_OVERHEARD = "local-run-alarms"
_BY_ALARM = "alarm "


class Alarms:
    """The alarms of the local run that really change.

    Attributes:
        told: rows for the report: door, what came, outcome.
        surprises: what ended as it must not, or did not end.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._cloudwatch = stage.playground.client("cloudwatch")
        self._topic = stage.playground.outputs["LatencyAlarmTopicArn"]
        self._waited_for: dict[str, deque[Act]] = defaultdict(deque)
        self.told: list[tuple[str, str, Outcome]] = []
        self.surprises: list[str] = []

    def show(self) -> None:
        """Sets the alarms up, lets the metrics rise, and fall again."""
        report = self._stage.report
        report.heading("Alarms of the emulated CloudWatch: metric -> alarm -> SNS topic -> queue -> function")
        overheard = self._overhear()
        for alarm in WATCHED:
            report.line(f"         {alarm.name}: {alarm.about}")
        self._expect({alarm.name: alarm.begins for alarm in WATCHED})
        for alarm in WATCHED:
            self._put(alarm)
        self._wait_for(WATCHED)
        ending = [alarm for alarm in WATCHED if alarm.ends]

        report.step(f"the systems behind get slow: {SLOW_SECONDS} s, and the alarms allow {THRESHOLD_SECONDS} s")
        self._expect({alarm.name: alarm.burns for alarm in WATCHED})
        self._measure(WATCHED, SLOW_SECONDS, _SLOW_CALLS)
        self._wait_for(ending)

        report.step(
            "by its name, the rule would tell of one of them too: the emulator does not, so here that is done by hand"
        )
        self._expect({CALENDAR: [BY_THE_RULE]})
        self._stage.send(self._as_the_rule_tells_it(overheard))
        self._wait_for(ending)

        report.step(f"all but one get fast again: {FAST_SECONDS} s")
        time.sleep(_TICK_SECONDS)
        self._expect({alarm.name: alarm.ends for alarm in ending})
        self._measure(ending, FAST_SECONDS, _FAST_CALLS)
        self._wait_for(WATCHED)
        self.surprises += [f"missing: {name}: {act}" for name, acts in self._waited_for.items() for act in acts]

    # -- CloudWatch ----------------------------------------------------------------------------------------------------

    def _put(self, alarm: WatchedAlarm) -> None:
        actions = {"AlarmActions": [self._topic], "OKActions": [self._topic]}
        if alarm.rule:
            self._cloudwatch.put_composite_alarm(
                AlarmName=alarm.name, AlarmDescription=alarm.description, AlarmRule=alarm.rule, **actions
            )
            return
        self._cloudwatch.put_metric_alarm(
            AlarmName=alarm.name,
            AlarmDescription=alarm.description,
            Namespace=NAMESPACE,
            MetricName=alarm.metric,
            Dimensions=_dimensions(alarm),
            ExtendedStatistic="p90",
            Unit="Seconds",
            Period=60,
            EvaluationPeriods=1,
            Threshold=THRESHOLD_SECONDS,
            ComparisonOperator="GreaterThanThreshold",
            **actions,
        )

    def _measure(self, alarms: Iterable[WatchedAlarm], seconds: float, calls: int) -> None:
        self._cloudwatch.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {
                    "MetricName": alarm.metric,
                    "Dimensions": _dimensions(alarm),
                    "Unit": "Seconds",
                    "Values": [seconds],
                    "Counts": [calls],
                }
                for alarm in alarms
                if alarm.metric
            ],
        )

    def _overhear(self) -> str:
        """A second subscriber to the topic, which tells what the first one gets; returns its queue's URL."""
        url, arn = self._stage.listener(_OVERHEARD)
        self._stage.playground.client("sns").subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=arn)
        return url

    def _as_the_rule_tells_it(self, overheard: str) -> str:
        """The very change that SNS has told, as an EventBridge event."""
        notifications = [json.loads(message["Body"]) for message in self._stage.drain(overheard)]
        told = next(
            message
            for message in (json.loads(notification["Message"]) for notification in notifications)
            if message["AlarmName"] == CALENDAR
        )
        region, account = self._topic.split(":")[3:5]
        detail = {
            "alarmName": told["AlarmName"],
            "state": {
                "value": told["NewStateValue"],
                "reason": told["NewStateReason"],
                "timestamp": told["StateChangeTime"],
            },
            "previousState": {"value": told["OldStateValue"]},
            "configuration": {"description": told["AlarmDescription"]},
        }
        event = {
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "account": account,
            "region": region,
            "time": told["StateChangeTime"],
            "resources": [f"arn:aws:cloudwatch:{region}:{account}:alarm:{told['AlarmName']}"],
            "detail": detail,
        }
        return json.dumps(event)

    # -- what follows --------------------------------------------------------------------------------------------------

    def _expect(self, acts: Mapping[str, Iterable[Act]]) -> None:
        for name, more in acts.items():
            self._waited_for[name] += more

    def _wait_for(self, alarms: Iterable[WatchedAlarm]) -> None:
        names = [alarm.name for alarm in alarms]
        self._stage.journal.follow(
            self._note,
            until=lambda: not any(self._waited_for[name] for name in names),
            within_seconds=_ENDS_WITHIN_SECONDS,
        )

    def _note(self, outcome: Outcome) -> None:
        name = (outcome["requested_by"] or "?").removeprefix(_BY_ALARM)
        if outcome["status"] == "deferred":  # comes again
            self._tell(("?", "has to wait"), name, outcome)
            return
        act = self._waited_for[name].popleft() if self._waited_for[name] else Act("?", "unexpected", "")
        self._tell((act.door, act.what), name, outcome)
        if not _is_so(act, outcome):
            self.surprises.append(f"{name} {act.what}: {outcome['status']} {outcome['note'] or ''}, not {act}")

    def _tell(self, how: tuple[str, str], name: str, outcome: Outcome) -> None:
        door, what = how
        self.told.append((door, f"{name} {what}", outcome))
        self._stage.report.outcome(f"{name} {what}", outcome)


def _is_so(act: Act, outcome: Outcome) -> bool:
    told = (outcome["status"], outcome["timeout_seconds"])
    return told == (act.status, act.after) and act.note in (outcome["note"] or "")


def _dimensions(alarm: WatchedAlarm) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": value} for name, value in alarm.dimensions.items()]
