"""Alarms: what any CloudWatch alarm says, whatever its kind and the way it came.

| shape        | recognised by                                |
|--------------|----------------------------------------------|
| EventBridge  | `detail-type`: one of `STATE_CHANGES`        |
| alarm action | `source == "aws.cloudwatch"` and `alarmData` |
| SNS message  | `AlarmName` and `NewStateValue`              |

From the CloudWatch User Guide: "Alarm events and EventBridge", "Invoke a Lambda function from an alarm", "Notifying
users on alarm changes". Nothing here raises, however odd the payload: what cannot be read counts as not said.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from latency import Latency, Metric, as_list, as_mapping, first, parsed, read_metrics, text, worst_latency

STATE_CHANGES = ("CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change")
LONGEST_NAME = 255
"""CloudWatch has no longer ones."""
LONGEST_TRANSITION_ID = 128
"""As long as a request id may be."""
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_HASH_CHARACTERS = 32
_GROUPING_QUERY = re.compile(r"\s*SELECT\s.*\sGROUP\s+BY\s", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class AlarmSignal:
    """What an alarm says about its change of state. A text is "" where the payload doesn't say.

    Attributes:
        name: the alarm's.
        account, region: the alarm's own, such as "123456789012" and "us-east-1".
        state: "ALARM", "OK", "INSUFFICIENT_DATA" or "": what the alarm is in now.
        reason: why, in AWS's words.
        changed_at: when, in UTC; the time of the event where it doesn't say, None where that has none either.
        description: the alarm's own, written by whoever made it.
        attributes: of the contributor, else the dimensions of the alarm's metrics on whose value they agree.
        contributor_id: which time series of a Metrics Insights alarm; None where it speaks for the alarm as a whole.
        latency: the worst of the datapoints that moved the alarm; None where it names none (composite, set by hand).
        silenced: who keeps the alarm's actions from happening, in words (a mute rule, a suppressor); None if no one.
        of_many_series: it speaks for the whole of an alarm over many time series, each of which is heard by itself too.
        payload_hash: stands for the time of a change that has none.
    """

    name: str
    account: str
    region: str
    state: str
    reason: str
    changed_at: datetime | None
    description: str
    attributes: Mapping[str, str]
    contributor_id: str | None
    latency: Latency | None
    silenced: str | None
    of_many_series: bool = False
    payload_hash: str = ""

    @property
    def transition_id(self) -> str:
        """The same for one change of state through whatever door it comes, and for no other change.

        Such as `123456789012/us-east-1/crm-slow@2026-11-20T10:05:00.123Z/ALARM`, with `#contributor` after the name;
        ASCII, at most `LONGEST_TRANSITION_ID` characters. What separates its parts is escaped (%2F) within them.
        """
        contributor = "" if self.contributor_id is None else f"#{_escaped(self.contributor_id)}"
        series = f"{_escaped(self.account)}/{_escaped(self.region)}/{_escaped(self.name)}{contributor}"
        if self.changed_at:
            moment = self.changed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        else:
            moment = self.payload_hash
        change = f"@{moment}/{self.state}"
        room = LONGEST_TRANSITION_ID - len(change)
        if len(series) > room:
            series = f"{series[: room - _HASH_CHARACTERS - 1]}~{_hash(series)}"
        return series + change


@dataclass(frozen=True)
class AlarmNow:
    """What an alarm is in now, as DescribeAlarms has it.

    Attributes:
        state: as in `AlarmSignal`.
        transitioned_at: since when, in UTC; None where it is not said.
        latency: as in `AlarmSignal`.
    """

    state: str
    transitioned_at: datetime | None
    latency: Latency | None


def read_alarm(content: object, *, topic_arn: str = "") -> AlarmSignal | None:
    """What an alarm says; None for anything that has none of the shapes above.

    Args:
        content: as parsed from JSON; for SNS the message itself, not its envelope.
        topic_arn: of the envelope, if there was one. It says the region where an SNS message has no `AlarmArn`, whose
            `Region` is a display name, "US East (N. Virginia)".
    """
    if not isinstance(content, Mapping):
        return None
    if content.get("detail-type") in STATE_CHANGES:
        resources = [resource for resource in as_list(content.get("resources")) if isinstance(resource, str)]
        return _from_event(content, as_mapping(content.get("detail")), "".join(resources[:1]))
    if content.get("source") == "aws.cloudwatch" and "alarmData" in content:
        return _from_event(content, as_mapping(content["alarmData"]), text(content, "alarmArn"))
    if "AlarmName" in content and "NewStateValue" in content:
        return _from_sns(content, topic_arn)
    return None


def is_other_alarm_event(content: object) -> bool:
    """Whether it is an EventBridge event of an alarm that tells no change of state, but of its configuration say."""
    kind = text(as_mapping(content), "detail-type")
    return kind.startswith("CloudWatch Alarm") and kind not in STATE_CHANGES


def alarm_now(described: Mapping[str, Any]) -> AlarmNow:
    """Reads one entry of DescribeAlarms (`MetricAlarms`, `CompositeAlarms`, `LogAlarms`), as boto3 returns it."""
    reason, data = text(described, "StateReason"), described.get("StateReasonData")
    return AlarmNow(
        state=_state(described.get("StateValue")),
        transitioned_at=_moment(described.get("StateTransitionedTimestamp"))
        or _moment(described.get("StateUpdatedTimestamp")),
        latency=worst_latency(data, reason, read_metrics(described)),
    )


def _from_event(event: Mapping[str, Any], alarm: Mapping[str, Any], arn: str) -> AlarmSignal:
    """From an alarm action or EventBridge: what they say of the alarm is the same, only wrapped differently."""
    state, configuration = as_mapping(alarm.get("state")), as_mapping(alarm.get("configuration"))
    contributor = as_mapping(alarm.get("alarmContributor"))
    region, account, name = _parts(arn)
    metrics, reason = read_metrics(configuration), text(state, "reason")
    changed_at = _moment(state.get("timestamp")) or _moment(event.get("time"))
    return AlarmSignal(
        name=text(alarm, "alarmName") or name,
        account=account or text(event, "accountId", "account"),
        region=region or text(event, "region"),
        state=_state(state.get("value")),
        reason=reason,
        changed_at=changed_at,
        description=text(configuration, "description"),
        attributes=_attributes(contributor.get("attributes"), metrics),
        contributor_id=text(contributor, "id") or None,
        latency=worst_latency(state.get("reasonData"), reason, metrics),
        silenced=_silenced(event, alarm, state),
        of_many_series=not contributor and _is_of_many_series(metrics),
        payload_hash="" if changed_at else _payload_hash(event),
    )


def _from_sns(message: Mapping[str, Any], topic_arn: str) -> AlarmSignal:
    region, account, name = _parts(message.get("AlarmArn"))
    metrics, reason = read_metrics(as_mapping(message.get("Trigger"))), text(message, "NewStateReason")
    changed_at = _moment(message.get("StateChangeTime"))
    actions = [*as_list(message.get("AlarmActions")), *as_list(message.get("OKActions"))]
    return AlarmSignal(
        name=text(message, "AlarmName") or name,
        account=account or text(message, "AWSAccountId"),
        # An alarm only acts on what is in its own region.
        region=region or next(filter(None, (_parts(arn)[0] for arn in (topic_arn, *actions))), ""),
        state=_state(message.get("NewStateValue")),
        reason=reason,
        changed_at=changed_at,
        description=text(message, "AlarmDescription"),
        attributes=_attributes(message.get("AlarmContributorAttributes"), metrics),
        contributor_id=text(message, "AlarmContributorId") or None,
        latency=worst_latency(message.get("NewStateReasonData"), reason, metrics),
        silenced=_silenced(message),
        of_many_series=not text(message, "AlarmContributorId") and _is_of_many_series(metrics),
        payload_hash="" if changed_at else _payload_hash(message),
    )


def _attributes(of_contributor: object, metrics: Iterable[Metric]) -> dict[str, str]:
    given = as_mapping(parsed(of_contributor))
    attributes = {name: value for name, value in given.items() if isinstance(value, str)}
    if attributes:
        return attributes
    values: dict[str, set[str]] = {}
    for name, value in (dimension for metric in metrics for dimension in metric.dimensions):
        values.setdefault(name, set()).add(value)
    # Where the metrics of an expression differ, either value would be a guess.
    return {name: several.pop() for name, several in values.items() if len(several) == 1}


def _is_of_many_series(metrics: Iterable[Metric]) -> bool:
    """A query of Metrics Insights that groups: CloudWatch tells of each group, and of the alarm as a whole."""
    return any(_GROUPING_QUERY.match(metric.expression) for metric in metrics)


def _silenced(*places: Mapping[str, Any]) -> str | None:
    """Looks in every place, under either spelling: AWS documents EventBridge's alone."""
    for place in places:
        mute = first(place, "muteDetail", "MuteDetail")
        if mute is not None and mute is not False:
            return " by ".join(filter(None, ["muted", text(as_mapping(mute), "mutedByArn", "MutedByArn")]))
        suppressor = first(place, "actionsSuppressedBy", "ActionsSuppressedBy")
        if suppressor:
            by = f" by {suppressor}" if isinstance(suppressor, str) else ""
            why = text(place, "actionsSuppressedReason", "ActionsSuppressedReason")
            return f"actions suppressed{by}" + (f": {why}" if why else "")
    return None


def _state(value: object) -> str:
    return value if isinstance(value, str) and value in _STATES else ""


def _moment(value: object) -> datetime | None:
    """A time in UTC, from a datetime or ISO 8601 text; one without an offset is in UTC already."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else value
        if not isinstance(moment, datetime):
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at either end of the calendar
        return None


def _parts(arn: object) -> tuple[str, str, str]:
    """Region, account and alarm name of `arn:aws:cloudwatch:region:account:alarm:name`; "" for what it doesn't have."""
    parts = arn.split(":", 6) if isinstance(arn, str) and arn.startswith("arn:") else []
    _, _, _, region, account, kind, name = [*parts, *[""] * (7 - len(parts))]
    return region, account, name if kind == "alarm" else ""


def _escaped(part: str) -> str:
    # surrogatepass: JSON may hold half a surrogate pair, which is no UTF-8.
    return quote(part, safe=" :", errors="surrogatepass")


def _hash(of: str) -> str:
    return hashlib.sha256(of.encode(errors="surrogatepass")).hexdigest()[:_HASH_CHARACTERS]


def _payload_hash(payload: Mapping[str, Any]) -> str:
    try:
        return _hash(json.dumps(payload, sort_keys=True, default=str))
    except (ValueError, TypeError, RecursionError):  # too deep, say: what can be told apart without going down
        return _hash(repr(sorted(f"{name}={value}" for name, value in payload.items() if isinstance(value, str))))
