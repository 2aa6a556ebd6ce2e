"""What the latency probe has measured: its metrics are lines in its log (EMF), its checkpoints items in the table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scenario import EVENTS

NAMESPACE = "GenesysDataActions"
_SCHEDULED = EVENTS / "probe" / "schedule.json"


@dataclass(frozen=True)
class ActionMinute:
    """What one line says: one integration action in one minute.

    Attributes:
        dimensions: `DataActionId`, `DataActionName`, and `Organization` for any other than `default`.
        metrics: by name: `p95`, `p99` and `max` in milliseconds, and `count`.
        units: likewise.
    """

    at: datetime
    dimensions: Mapping[str, str]
    metrics: Mapping[str, float]
    units: Mapping[str, str]

    @property
    def action_id(self) -> str:
        """Of the integration action."""
        return self.dimensions["DataActionId"]

    def as_metric_data(self) -> list[dict[str, Any]]:
        """The same as PutMetricData wants it: what CloudWatch makes of the line by itself."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        about = {"Timestamp": self.at, "Dimensions": dimensions}
        return [
            {"MetricName": name, "Value": value, "Unit": self.units[name], **about}
            for name, value in self.metrics.items()
        ]


def measured_minutes(logs: Any, group: str) -> list[ActionMinute]:
    """All lines so far, also those that are there more than once."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = (event["message"] for page in pages for event in page["events"])
    return [minute for line in lines for minute in _minutes_in(line)]


def measure(lambda_: Any, function: str) -> list[dict[str, Any]]:
    """Has the probe measure now, as its schedule does; what it tells, an entry for each organization."""
    answer = lambda_.invoke(FunctionName=function, Payload=_SCHEDULED.read_bytes())
    content: dict[str, Any] = json.load(answer["Payload"])
    if "organizations" not in content:
        raise RuntimeError(f"the latency probe failed: {content}")
    told: list[dict[str, Any]] = content["organizations"]
    return told


def measure_without_settling(lambda_: Any, function: str) -> None:
    """From now on the probe takes a minute once it is over, and does not wait for two more."""
    variables = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    lambda_.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, "PROBE_SETTLING_MINUTES": "0"}}
    )
    waiter = lambda_.get_waiter("function_updated_v2")
    waiter.wait(FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 20})


def checkpoint(dynamodb: Any, table: str, organization: str) -> dict[str, str]:
    """The probe's checkpoint of an organization, as plain texts; empty where there is none yet."""
    item = dynamodb.get_item(TableName=table, Key=checkpoint_key(organization), ConsistentRead=True).get("Item", {})
    return {name: text for name, value in item.items() for text in value.values()}


def checkpoint_key(organization: str) -> dict[str, dict[str, str]]:
    """Where it is kept."""
    return {"pk": {"S": f"probe/{organization}"}, "sk": {"S": "checkpoint"}}


def executions_in(minutes: Iterable[ActionMinute]) -> dict[str, int]:
    """How many executions were counted, by integration action."""
    counted: dict[str, int] = {}
    for minute in minutes:
        counted[minute.action_id] = counted.get(minute.action_id, 0) + int(minute.metrics["count"])
    return counted


def in_words(entry: Mapping[str, Any]) -> str:
    """An entry of what the probe tells."""
    known = ("interval", "actions", "executions", "error")
    said = ", ".join(f"{name} {entry[name]}" for name in known if entry.get(name) is not None)
    return f"{entry['status']:9} {entry['organization']}: {said}"


def summary(minutes: Iterable[ActionMinute], action_id: str) -> str:
    """What was measured of one action, in words."""
    own = [minute for minute in minutes if minute.action_id == action_id]
    p99 = max((minute.metrics["p99"] for minute in own), default=0)
    return f"{action_id}: {len(own)} minutes, {executions_in(own).get(action_id, 0)} executions, p99 {p99:g} ms"


def _minutes_in(line: str) -> Iterator[ActionMinute]:
    try:
        content = json.loads(line)
    except ValueError:
        return
    if not isinstance(content, dict) or "_aws" not in content:
        return
    about = content["_aws"]
    for directive in about["CloudWatchMetrics"]:
        if directive["Namespace"] == NAMESPACE:
            units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
            yield ActionMinute(
                at=datetime.fromtimestamp(about["Timestamp"] / 1000, UTC),
                dimensions={name: content[name] for names in directive["Dimensions"] for name in names},
                metrics={name: _only(content[name]) for name in units},
                units=units,
            )


def _only(value: Any) -> float:
    """A metric's value, which EMF may give as a list."""
    [number] = value if isinstance(value, list) else [value]
    return float(number)
