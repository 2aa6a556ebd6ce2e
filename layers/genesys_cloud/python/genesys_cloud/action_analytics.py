"""How long integration actions took, minute by minute, as Genesys Cloud has measured it.

| call                                              | permission                 |
|---------------------------------------------------|----------------------------|
| `POST /api/v2/analytics/actions/aggregates/query` | `integrations:action:view` |

`tTotalExecution` is the only metric there, in milliseconds. Whoever asks for a minute too early gets part of it: when
it is complete, no source says. Source: the official SDKs' models (ActionAggregationQuery,
ActionAggregateQueryResponse, StatisticalSummary).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from genesys_cloud import json_text
from genesys_cloud.errors import Forbidden, GenesysCloudError, InvalidFlowDefinition, ReadRejected, Refusal, Unavailable
from genesys_cloud.session import Session
from genesys_cloud.transport import Answer

QUERY = "/api/v2/analytics/actions/aggregates/query"
VIEW = "integrations:action:view"
METRIC = "tTotalExecution"
A_MINUTE = "PT1M"


@dataclass(frozen=True)
class ActionMinute:
    """What one action did in one minute.

    Attributes:
        action_name: "" where Genesys Cloud names none, as for an action that was deleted.
        begins_at: the minute's begin, in UTC.
        count: executions.
        longest_ms: the longest of them, in milliseconds; None where it isn't told, and so with the percentiles.
    """

    action_id: str
    action_name: str
    begins_at: datetime
    count: int
    longest_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class ActionAnalytics:
    """Asks one organization how long its actions took."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def minutes(self, start: datetime, end: datetime) -> list[ActionMinute]:
        """One entry for each action and minute from `start` on and before `end` in which it was executed, by time.

        Args:
            start, end: whole minutes, in UTC.

        Raises:
            Forbidden, ReadRejected: Genesys says no.
            Transient: no definite answer in the time left.
        """
        query = {
            "interval": f"{_written(start)}/{_written(end)}",
            "granularity": A_MINUTE,
            "groupBy": ["actionId", "actionName"],
            "metrics": [METRIC],
        }
        try:
            found = self._session.call("POST", QUERY, parse=_parsed, body=json_text.dump(query))
        except Refusal as refusal:
            raise _told(refusal) from refusal
        # What lies outside was not asked for: another question has it, and it would be counted twice.
        return sorted(
            (minute for minute in found if start <= minute.begins_at < end), key=lambda minute: minute.begins_at
        )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _told(refusal: Refusal) -> GenesysCloudError:
    what = "the analytics of integration actions"
    if refusal.http_status == HTTPStatus.FORBIDDEN:
        return refusal.becomes(
            Forbidden,
            f"the OAuth client may not read {what}: {VIEW} is missing: {refusal.message}",
            hint=f"give the OAuth client a role with {VIEW}",
        )
    if refusal.http_status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
        return refusal.becomes(Unavailable, f"{what} cannot be read just now: {refusal.message}")
    return refusal.becomes(
        ReadRejected,
        f"Genesys Cloud refuses to give {what}: {refusal.message}",
        hint="check the organization's secret: is it a Genesys Cloud region?",
    )


def _parsed(answer: Answer) -> list[ActionMinute]:
    """Raises ValueError where it has not the shape of an answer; numbers that are not told are no reason."""
    try:
        body = json_text.parse(answer.body)
    except InvalidFlowDefinition:
        raise ValueError("the answer cannot be read") from None
    minutes: list[ActionMinute] = []
    for result in _objects_in(body, "results"):
        group = _object_in(result, "group")
        action_id, action_name = group.get("actionId"), group.get("actionName")
        if not isinstance(action_id, str) or not action_id:
            continue  # executions of no action in particular
        for part in _objects_in(result, "data"):
            begins_at = _begin(part.get("interval"))
            minutes += [
                _minute(action_id, action_name, begins_at, _object_in(metric, "stats"))
                for metric in _objects_in(part, "metrics")
                if metric.get("metric") == METRIC
            ]
    return [minute for minute in minutes if minute.count]


def _minute(action_id: str, action_name: object, begins_at: datetime, stats: dict[str, Any]) -> ActionMinute:
    return ActionMinute(
        action_id,
        action_name if isinstance(action_name, str) else "",
        begins_at,
        int(_number(stats.get("count")) or 0),
        _number(stats.get("max")),
        _number(stats.get("p95")),
        _number(stats.get("p99")),
    )


def _object_in(node: Any, name: str) -> dict[str, Any]:
    """Empty where it isn't told; raises ValueError where something else stands there."""
    found = node.get(name) if isinstance(node, dict) else ()
    if not isinstance(found, dict | None):
        raise ValueError(f"an answer has an object in {name}")
    return found or {}


def _objects_in(node: Any, name: str) -> list[dict[str, Any]]:
    found = node.get(name) if isinstance(node, dict) else ()
    if not isinstance(found, list | None) or not all(isinstance(each, dict) for each in found or ()):
        raise ValueError(f"an answer has a list of objects in {name}")
    return found or []


def _begin(interval: object) -> datetime:
    moment = datetime.fromisoformat(str(interval).partition("/")[0])
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return moment.replace(second=0, microsecond=0)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer beyond a float
        return None
    return number if math.isfinite(number) and number >= 0 else None
