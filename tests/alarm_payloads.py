"""Alarms of every kind, as they come through every door. Each call builds a payload of its own, free to be changed.

    alarm_action(state="OK", previous="ALARM")                         # CloudWatch invokes the function
    eventbridge(kind="contributor", contributor={"FlowId": "f"})       # a rule does
    sns_event(sns_message(target=TARGET, policy=POLICY))               # a topic does
    json.dumps(sns_envelope(sns_message(kind="math")))                 # body of an SQS message, from a topic
    json.dumps(sns_message(kind="log"))                                # the same with raw delivery
    described(datapoints=(900.0,))                                     # an entry of DescribeAlarms, as boto3 has it

The keywords are the fields of `Alarm`; None leaves a field out where AWS may leave it out.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["single", "math", "anomaly", "composite", "contributor", "log"]

KINDS: tuple[Kind, ...] = ("single", "math", "anomaly", "composite", "contributor", "log")
TARGET = {"flow_id": "inbound-main", "action_name": "Get Customer"}
POLICY = {"raise_to_seconds": 12}
BY_DIMENSIONS = {"FlowId": "inbound-main", "ActionName": "Get Customer"}
CHILD = "crm-latency-high"
SUPPRESSOR = "crm-maintenance"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
MISSING: Any = object()


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A change of an alarm's state.

    Attributes:
        at: of the change, as AWS writes it.
        previous: the state before.
        description: in words; `target` and `policy` follow as the JSON that routes it.
        dimensions: of its metric; of the one measured, for "math".
        datapoints: oldest first. None, and composites anyway, have no `reasonData`.
        unit: of the metric.
        by_hand: by SetAlarmState, which gives no `reasonData` either.
        contributor: attributes of the time series, for `kind` "contributor".
        muted_by, suppressed_by: what keeps its actions from happening: the ARN of a mute rule; "WaitPeriod", "Alarm".
    """

    kind: Kind = "single"
    name: str = "data-action-crm-lookup-slow"
    state: str = "ALARM"
    at: str = "2026-11-20T10:05:00.123+0000"
    previous: str | None = "OK"
    description: str | None = "The CRM lookup is slow."
    target: Json | None = None
    policy: Json | None = None
    dimensions: dict[str, str] = field(default_factory=lambda: {"Service": "crm"})
    datapoints: tuple[float, ...] | None = (4200.0, 6100.0)
    unit: str | None = "Milliseconds"
    statistic: str = "p99"
    threshold: float = 3000.0
    reason: str | None = None
    by_hand: bool = False
    contributor: dict[str, str] = field(default_factory=lambda: dict(BY_DIMENSIONS))
    contributor_id: str = "6d442278dba546f6"
    muted_by: str | None = None
    suppressed_by: str | None = None
    account: str = "123456789012"
    region: str = "us-east-1"

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name}"

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.at).astimezone(UTC)

    @property
    def whole_description(self) -> str | None:
        route = {name: part for name, part in (("target", self.target), ("policy", self.policy)) if part is not None}
        parts = [self.description, json.dumps({"timeout_raiser": route}) if route else None]
        return " ".join(filter(None, parts)) or None

    @property
    def whole_reason(self) -> str:
        """In AWS's words, newest datapoint first."""
        if self.reason is not None:
            return self.reason
        if self.by_hand:
            return "trying it out"
        if self.kind == "composite":
            return f"{self.child} transitioned to {self.state} at {self.time:%A %d %B, %Y %H:%M:%S UTC}"
        shown = [
            f"{value} ({self.time - timedelta(minutes=n):%d/%m/%y %H:%M:00})"
            for n, value in enumerate(reversed(self.datapoints or ()), start=1)
        ]
        if not shown:
            return "Insufficient Data: no datapoints were received."
        crossed = "was" if len(shown) == 1 or self.kind == "contributor" else "were"
        crossed += "" if self.state == "ALARM" else " not"
        than = f"greater than the threshold ({self.threshold})"
        if self.kind == "contributor":
            newest = f"The most recent datapoint which crossed the threshold: [{shown[0]}]."
            return f"Threshold Crossed: 1 datapoint {crossed} {than}. {newest}"
        count = f"{len(shown)} out of the last {len(shown)} datapoints"
        transition = "OK -> ALARM" if self.state == "ALARM" else "ALARM -> OK"
        needed = f"minimum {len(shown)} datapoint{'s' * (len(shown) > 1)} for {transition} transition"
        return f"Threshold Crossed: {count} [{', '.join(shown)}] {crossed} {than} ({needed})."

    @property
    def reason_data(self) -> Json | None:
        if self.by_hand or self.kind == "contributor":
            return None
        if self.kind == "composite":
            state = {"value": self.state, "timestamp": self.at}
            return {"triggeringAlarms": [{"arn": self.child, "state": state}]}
        if self.datapoints is None:
            return None
        evaluated = [
            {"timestamp": _stamp(self.time - timedelta(minutes=n)), "sampleCount": 12.0, "value": value}
            for n, value in enumerate(reversed(self.datapoints), start=1)
        ]
        data: Json = {
            "version": "1.0",
            "queryDate": _stamp(self.time),
            "startDate": _stamp(self.time - timedelta(minutes=len(self.datapoints))),
            "statistic": self.statistic if self.kind in {"single", "anomaly"} else None,
            "unit": self.unit if self.kind in {"single", "anomaly"} else None,
            "period": 60,
            "recentDatapoints": list(self.datapoints),
            "evaluatedDatapoints": evaluated,
        }
        if self.kind == "anomaly":
            data |= {"recentLowerThresholds": [100.0], "recentUpperThresholds": [self.threshold]}
        else:
            data["threshold"] = self.threshold
        return _given(data)

    @property
    def child(self) -> str:
        """ARN of the alarm that moves a composite."""
        return self.arn.removesuffix(self.name) + CHILD


def alarm_action(**fields: Any) -> Json:
    """CloudWatch User Guide, "Invoke a Lambda function from an alarm"."""
    alarm = Alarm(**fields)
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": alarm.account,
        "time": _stamp(alarm.time + timedelta(milliseconds=367)),
        "region": alarm.region,
        "alarmData": _alarm_data(alarm),
    }


def eventbridge(**fields: Any) -> Json:
    """CloudWatch User Guide, "Alarm events and EventBridge"."""
    alarm = Alarm(**fields)
    change = "Contributor State Change" if alarm.kind == "contributor" else "State Change"
    return _event(alarm, change, _alarm_data(alarm))


def configuration_change(**fields: Any) -> Json:
    """The same page: someone has changed the alarm itself, and not its state."""
    alarm = Alarm(**fields)
    configuration = _configuration(alarm)
    detail = {
        "alarmName": alarm.name,
        "operation": "update",
        "state": _alarm_data(alarm)["state"],
        "configuration": {**configuration, "threshold": alarm.threshold},
        "previousConfiguration": {**configuration, "threshold": alarm.threshold / 2},
    }
    return _event(alarm, "Configuration Change", detail)


def sns_message(**fields: Any) -> Json:
    """CloudWatch User Guide, "Notifying users on alarm changes": the message itself, before it is JSON text."""
    alarm = Alarm(**fields)
    mute = {"mutedByArn": alarm.muted_by} if alarm.muted_by else None
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.whole_description,
        "AWSAccountId": alarm.account,
        "AlarmConfigurationUpdatedTimestamp": "2026-11-02T09:00:00.000+0000",
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.whole_reason,
        "StateChangeTime": alarm.at,
        "Region": "US East (N. Virginia)",
        "AlarmArn": alarm.arn,
        "OldStateValue": alarm.previous,
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        **_given({"muteDetail": mute, "actionsSuppressedBy": alarm.suppressed_by}),
    }
    if alarm.kind == "composite":
        state = {"Value": alarm.state, "Timestamp": alarm.at}
        return message | {
            "AlarmRule": _rule(),
            "TriggeringChildren": [{"Arn": alarm.child, "State": state}],
        }
    if alarm.kind == "log":
        return message | _given({"NewStateReasonData": alarm.reason_data})
    if alarm.kind == "contributor":
        message |= {"AlarmContributorId": alarm.contributor_id, "AlarmContributorAttributes": dict(alarm.contributor)}
    return message | {"Trigger": _trigger(alarm)}


def sns_envelope(message: Json | str, *, topic_arn: str = TOPIC) -> Json:
    """A message in what SNS puts around it (SNS Developer Guide, "HTTP/HTTPS notification JSON format")."""
    said = message if isinstance(message, dict) and {"AlarmName", "StateChangeTime"} <= message.keys() else {}
    changed_at = datetime.fromisoformat(said.get("StateChangeTime", "2026-11-20T10:05:00.123Z"))
    alarm = '{NewStateValue}: "{AlarmName}" in {Region}'.format_map(said) if said else None
    return {
        "Type": "Notification",
        "MessageId": "7a3c1a5e-3c1d-5b0e-9d4f-4f6f0f1f7d11",
        "TopicArn": topic_arn,
        **_given({"Subject": alarm}),
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": _stamp(changed_at + timedelta(milliseconds=778)).replace("+0000", "Z"),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-EXAMPLE.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=EXAMPLE",
    }


def sns_event(*messages: Json | str, topic_arn: str = TOPIC) -> Json:
    """What Lambda hands in for a topic: one record per message (Lambda Developer Guide, "Using Lambda with SNS")."""
    records = []
    for message in messages:
        envelope = sns_envelope(message, topic_arn=topic_arn)
        sns = {
            **{name: value for name, value in envelope.items() if not name.endswith("URL")},
            "SigningCertUrl": envelope["SigningCertURL"],
            "UnsubscribeUrl": envelope["UnsubscribeURL"],
            "MessageAttributes": {},
        }
        subscription = f"{topic_arn}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55"
        records.append(
            {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription, "Sns": sns}
        )
    return {"Records": records}


def described(**fields: Any) -> Json:
    """One entry of DescribeAlarms as boto3 returns it: times are datetimes, `StateReasonData` is JSON text."""
    alarm = Alarm(**fields)
    data = alarm.reason_data
    entry: Json = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmDescription": alarm.whole_description,
        "StateValue": alarm.state,
        "StateReason": alarm.whole_reason,
        "StateReasonData": None if data is None else json.dumps(data),
        "StateUpdatedTimestamp": alarm.time + timedelta(minutes=3),
        "StateTransitionedTimestamp": alarm.time,
    }
    if alarm.kind == "composite":
        entry["AlarmRule"] = _rule()
    elif alarm.kind == "single":
        names = {"MetricName": "Latency", "Namespace": "Crm", "ExtendedStatistic": alarm.statistic, "Unit": alarm.unit}
        entry |= {**names, "Dimensions": _named(alarm.dimensions, "Name", "Value")}
    elif alarm.kind != "log":
        entry["Metrics"] = [_in_capitals(metric, "Name", "Value") for metric in _metrics(alarm)]
    return _given(entry)


def changed(payload: Json, path: str, value: object) -> Json:
    """A copy with another value at a path such as "detail.state.timestamp"; `MISSING` takes the key away."""
    copied = copy.deepcopy(payload)
    *parents, last = path.split(".")
    place = copied
    for key in parents:
        place = place[key]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return copied


def _alarm_data(alarm: Alarm) -> Json:
    """`alarmData` of an action, `detail` of an event."""
    data = alarm.reason_data
    state = {
        "value": alarm.state,
        "reason": alarm.whole_reason,
        "timestamp": alarm.at,
        # Of log alarms AWS shows SNS's alone; an object there, so as one here.
        "reasonData": data if data is None or alarm.kind == "log" else json.dumps(data),
        "actionsSuppressedBy": alarm.suppressed_by,
        "actionsSuppressedReason": f"Actions suppressed by {alarm.suppressed_by}" if alarm.suppressed_by else None,
    }
    mute = {
        "mutedByArn": alarm.muted_by,
        "muteWindowStart": _stamp(alarm.time - timedelta(hours=1)),
        "muteWindowEnd": _stamp(alarm.time + timedelta(hours=1)),
    }
    of_contributor = {"id": alarm.contributor_id, "attributes": dict(alarm.contributor)}
    return _given(
        {
            "alarmName": alarm.name,
            "alarmContributor": of_contributor if alarm.kind == "contributor" else None,
            "state": _given(state),
            "previousState": None if alarm.kind == "contributor" else _previous_state(alarm),
            "configuration": _configuration(alarm),
            "muteDetail": mute if alarm.muted_by else None,
        }
    )


def _previous_state(alarm: Alarm) -> Json | None:
    if alarm.previous is None:
        return None
    datapoints = (5200.0,) if alarm.previous == "ALARM" else (900.0,)
    then = _stamp(alarm.time - timedelta(hours=1))
    before = replace(alarm, state=alarm.previous, at=then, datapoints=datapoints, by_hand=False, reason=None)
    unchecked = alarm.previous == "INSUFFICIENT_DATA"
    reason = "Unchecked: Initial alarm creation" if unchecked else before.whole_reason
    return {"value": alarm.previous, "reason": reason, "timestamp": then}


def _event(alarm: Alarm, change: str, detail: Json) -> Json:
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": f"CloudWatch Alarm {change}",
        "source": "aws.cloudwatch",
        "account": alarm.account,
        "time": f"{alarm.time:%Y-%m-%dT%H:%M:%SZ}",
        "region": alarm.region,
        "resources": [alarm.arn],
        "detail": detail,
    }


def _configuration(alarm: Alarm) -> Json:
    configuration: Json = _given({"description": alarm.whole_description})
    if alarm.kind == "composite":
        return configuration | {"alarmRule": _rule(), "actionsSuppressor": SUPPRESSOR}
    if alarm.kind == "log":
        query = {"queryString": "stats pct(duration, 99) as p99", "logGroupIdentifiers": ["/crm"]}
        return configuration | {"scheduledQueryConfiguration": query}
    return configuration | {"metrics": _metrics(alarm)}


def _metrics(alarm: Alarm) -> list[Json]:
    measured = _metric("m1", "Latency", alarm.statistic, alarm.dimensions, alarm.unit)
    if alarm.kind == "math":
        calls = _metric("m2", "Calls", "Sum", {}, "Count")
        result = {"id": "e1", "expression": "m1 / m2", "label": "per call", "returnData": True}
        return [result, measured | {"returnData": False}, calls | {"returnData": False}]
    if alarm.kind == "anomaly":
        band = {"id": "ad1", "expression": "ANOMALY_DETECTION_BAND(m1, 2)", "label": "expected", "returnData": True}
        return [measured, band]
    if alarm.kind == "contributor":
        query = 'SELECT MAX(Latency) FROM "Crm" GROUP BY FlowId, ActionName'
        return [{"id": "q1", "expression": query, "period": 60, "returnData": True}]
    return [measured]


def _metric(metric_id: str, name: str, statistic: str, dimensions: dict[str, str], unit: str | None) -> Json:
    metric = {"namespace": "Crm", "name": name, "dimensions": dict(dimensions)}
    stat = _given({"metric": metric, "period": 60, "stat": statistic, "unit": unit})
    return {"id": metric_id, "metricStat": stat, "returnData": True}


def _trigger(alarm: Alarm) -> Json:
    trigger = {
        "Period": 60,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": alarm.threshold,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    }
    if alarm.kind != "single":
        return trigger | {"Metrics": [_in_capitals(metric, "name", "value") for metric in _metrics(alarm)]}
    statistic = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.statistic, "Unit": alarm.unit}
    dimensions = _named(alarm.dimensions, "name", "value")
    return {"MetricName": "Latency", "Namespace": "Crm", **statistic, "Dimensions": dimensions, **trigger}


def _in_capitals(metric: Json, name: str, value: str) -> Json:
    """A metric as SNS and DescribeAlarms spell it; they differ in how they name a dimension's parts."""
    if "metricStat" not in metric:
        return {f"{key[0].upper()}{key[1:]}": part for key, part in metric.items()}
    stat = metric["metricStat"]
    spelled = {
        "Metric": {
            "Namespace": stat["metric"]["namespace"],
            "MetricName": stat["metric"]["name"],
            "Dimensions": _named(stat["metric"]["dimensions"], name, value),
        },
        "Period": stat["period"],
        "Stat": stat["stat"],
        **({"Unit": stat["unit"]} if "unit" in stat else {}),
    }
    return {"Id": metric["id"], "MetricStat": spelled, "ReturnData": metric["returnData"]}


def _named(dimensions: dict[str, str], name: str, value: str) -> list[Json]:
    return [{value: of, name: dimension} for dimension, of in dimensions.items()]


def _rule() -> str:
    return f'ALARM("{CHILD}") AND NOT ALARM("{SUPPRESSOR}")'


def _stamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _given(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
