"""The query for aggregates of actions' executions, checked: the official SDKs' ActionAggregationQuery."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, Self

from genesys_simulator import json_text
from genesys_simulator.executions import read_time

METRIC = "tTotalExecution"
DIMENSIONS = (
    "actionId",
    "actionName",
    "actionCategory",
    "integrationId",
    "integrationName",
    "errorType",
    "responseStatus",
)

Dimensions = Mapping[str, str | None]
"""What is known of an execution; None (or missing) for what it has not."""

Predicate = Callable[[Dimensions], bool]

_PERIOD = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")
_MEMBERS = frozenset({"interval", "granularity", "timeZone", "groupBy", "filter", "metrics"})


@dataclass(frozen=True)
class AggregatesQuery:
    """What is asked for."""

    start: datetime
    end: datetime
    granularity: timedelta
    group_by: tuple[str, ...]
    wanted: Predicate

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The query in a request's body. Raises ValueError, with the reason, for what is none."""
        content = {name: value for name, value in json_text.read_dict(body).items() if value is not None}
        if unknown := sorted(set(content) - _MEMBERS):
            _fail(f"the simulator knows no {', '.join(unknown)}; it knows {', '.join(sorted(_MEMBERS))}")
        start, end = _read_interval(content.get("interval"))
        if content.get("metrics") != [METRIC]:
            _fail(f'metrics must be ["{METRIC}"]')
        group_by = content.get("groupBy", [])
        if not isinstance(group_by, list) or not all(each in DIMENSIONS for each in group_by):
            _fail(f"groupBy must be a list of some of {', '.join(DIMENSIONS)}")
        granularity = _read_period(content["granularity"]) if "granularity" in content else end - start
        wanted = _read_filter(content["filter"]) if "filter" in content else lambda _: True
        return cls(start, end, granularity, tuple(group_by), wanted)

    def bucket(self, at: datetime) -> tuple[datetime, datetime]:
        """The part of the interval in which that time is; parts are counted from its start."""
        start = self.start + (at - self.start) // self.granularity * self.granularity
        return start, min(start + self.granularity, self.end)


def _read_interval(said: Any) -> tuple[datetime, datetime]:
    try:
        start, end = map(read_time, said.split("/"))
    except (AttributeError, ValueError):
        _fail(f"interval must be two times in ISO 8601 with a slash between them, not {said!r}")
    if start >= end:
        _fail("interval must end after it starts")
    return start, end


def _read_period(said: Any) -> timedelta:
    match = _PERIOD.fullmatch(said) if isinstance(said, str) else None
    days, hours, minutes, seconds = (int(each or 0) for each in match.groups()) if match else (0, 0, 0, 0)
    period = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not period:
        _fail(f"granularity must be a period in ISO 8601 above zero, PT1M say, not {said!r}")
    return period


def _read_filter(said: Any) -> Predicate:
    """A filter or one of its clauses: predicates and clauses, joined by `and` or `or`."""
    if not isinstance(said, dict) or said.get("type") not in ("and", "or"):
        _fail("a filter must be an object with type `and` or `or`")
    parts = [_read_filter(each) for each in said.get("clauses") or []]
    parts += [_read_predicate(each) for each in said.get("predicates") or []]
    joined = all if said["type"] == "and" else any
    return lambda dimensions: joined(part(dimensions) for part in parts)


def _read_predicate(said: Any) -> Predicate:
    if not isinstance(said, dict) or said.get("dimension") not in DIMENSIONS:
        _fail(f"a predicate must be an object with a dimension: {', '.join(DIMENSIONS)}")
    dimension, value = said["dimension"], said.get("value")
    operators: Mapping[Any, Predicate] = {
        "matches": lambda dimensions: dimensions.get(dimension) == value,
        "exists": lambda dimensions: dimensions.get(dimension) is not None,
        "notExists": lambda dimensions: dimensions.get(dimension) is None,
    }
    operator = said.get("operator") or "matches"
    if operator not in operators:
        _fail(f"a predicate's operator must be one of {', '.join(operators)}")
    return operators[operator]


def _fail(message: str) -> NoReturn:
    raise ValueError(message)
