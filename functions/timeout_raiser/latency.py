"""The latency an alarm saw: its worst recent datapoint, and the unit that is in.

AWS spells an alarm's metrics in three ways, which are one here (CloudWatch User Guide, "Alarm events and EventBridge";
"Notifying users on alarm changes"; API Reference, "DescribeAlarms").
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

TimeUnit = Literal["seconds", "milliseconds"]

_PLACES = {"seconds": 0, "milliseconds": 3, "microseconds": 6}
"""CloudWatch's units of time (API Reference, "MetricDatum"), and by how many decimal places each is below a second."""
_MEASURED_BY_US = re.compile(
    r"\s*SELECT\s+(AVG|MAX|MIN)\(\s*(\"?)(p95|p99|max)\2\s*\)\s+FROM\s+(SCHEMA\(\s*)?[\"']?GenesysDataActions(?![\w./#:-])",
    re.IGNORECASE,
)
"""A Metrics Insights query of what the latency probe publishes. AWS says no unit of a query; of these it is known."""
_BAND = "ANOMALY_DETECTION_BAND"
_COUNTS = re.compile(r"sample_?count$|tc[0-9(]|pr\(", re.IGNORECASE)
"""Statistics whose result is a number or a share of samples, whatever unit the samples have."""
_DATAPOINT = re.compile(
    r"(?<![\w.-])([0-9]{1,40}(?:\.[0-9]{1,40})?(?:E[-+]?[0-9]{1,3})?) \([0-9]{2}/[0-9]{2}/[0-9]{2} ", re.IGNORECASE
)
"""In a reason: `[6100.0 (20/11/26 10:04:00), 4.2E3 (20/11/26 10:03:00)]`. A threshold has no date."""


@dataclass(frozen=True)
class Latency:
    """A datapoint that is taken for a latency.

    Attributes:
        value: finite, not negative, in `unit`.
        unit: "Seconds", "Milliseconds" or "Microseconds"; None where it is not known to be a time.
    """

    value: float
    unit: str | None

    def seconds(self, unit_if_unknown: TimeUnit | None = None) -> Decimal | None:
        """The latency in seconds; None where neither the alarm nor the caller knows its unit.

        Decimal, and from the number's shortest text: whoever rounds up must not meet 3.0000000000000004. Exact, since
        that text has 17 digits at most and a decimal 28.
        """
        places = _PLACES.get((self.unit or unit_if_unknown or "").lower())
        return None if places is None else Decimal(repr(self.value)).scaleb(-places)


@dataclass(frozen=True)
class Metric:
    """One metric of an alarm, or one expression over others.

    Attributes:
        dimensions: (name, value), as often as they are there.
        unit, statistic, expression: AWS's words; "" where it says none.
        returns_data: whether the alarm looks at it, rather than at an expression over it.
    """

    dimensions: tuple[tuple[str, str], ...]
    unit: str = ""
    statistic: str = ""
    expression: str = ""
    returns_data: bool = True


def read_metrics(alarm: Mapping[str, Any]) -> list[Metric]:
    """The metrics of an alarm's configuration: `configuration`, SNS's `Trigger`, or an entry of DescribeAlarms.

    The latter two have the fields of a single metric in place of a list.
    """
    entries = [entry for entry in as_list(first(alarm, "metrics", "Metrics")) if isinstance(entry, Mapping)]
    if not entries:
        statistic = text(alarm, "ExtendedStatistic", "Statistic")
        return [Metric(tuple(_dimensions(alarm.get("Dimensions"))), text(alarm, "Unit"), statistic)]
    return [_metric(entry) for entry in entries]


def worst_latency(reason_data: object, reason: str, metrics: Sequence[Metric]) -> Latency | None:
    """The highest of the datapoints that moved an alarm; None where it names none.

    Args:
        reason_data: as it came: an object, or one as JSON text. Its `recentDatapoints` count, else the values of its
            `evaluatedDatapoints`.
        reason: AWS's text, which names the datapoints too; looked at last, for SNS has nothing else.
        metrics: say the unit where `reason_data` doesn't.
    """
    data = as_mapping(parsed(reason_data))
    evaluated = [point.get("value") for point in as_list(data.get("evaluatedDatapoints")) if isinstance(point, Mapping)]
    values = (
        _usable(as_list(data.get("recentDatapoints")))
        or _usable(evaluated)
        or _usable(float(number) for number in _DATAPOINT.findall(reason))
    )
    if not values:
        return None
    unit = text(data, "unit") or _unit_of(metrics)
    if any(_COUNTS.match(statistic) for statistic in [text(data, "statistic"), *_statistics(metrics)]):
        unit = ""
    return Latency(max(values), unit.capitalize() if unit.lower() in _PLACES else None)


def parsed(value: object) -> object:
    """What JSON text holds; anything else as it is; None for text that is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def as_mapping(value: object) -> Mapping[str, Any]:
    """The object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def first(fields: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that has a value."""
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def text(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that is a text; "" where none is."""
    return next((fields[name] for name in names if isinstance(fields.get(name), str)), "")


def _metric(entry: Mapping[str, Any]) -> Metric:
    stat = as_mapping(first(entry, "metricStat", "MetricStat"))
    metric = as_mapping(first(stat, "metric", "Metric"))
    return Metric(
        dimensions=tuple(_dimensions(first(metric, "dimensions", "Dimensions"))),
        unit=text(stat, "unit", "Unit"),
        statistic=text(stat, "stat", "Stat"),
        expression=text(entry, "expression", "Expression"),
        returns_data=first(entry, "returnData", "ReturnData") is not False,
    )


def _dimensions(given: object) -> Iterable[tuple[str, str]]:
    """From a map (alarm action, EventBridge), a list of {name, value} (SNS) or of {Name, Value} (DescribeAlarms)."""
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        named = [as_mapping(entry) for entry in as_list(given)]
        pairs = [(first(entry, "name", "Name"), first(entry, "value", "Value")) for entry in named]
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]


def _watched(metrics: Iterable[Metric]) -> list[Metric]:
    """What the alarm compares: an anomaly band beside a metric is what it compares it with."""
    return [metric for metric in metrics if metric.returns_data and not metric.expression.startswith(_BAND)]


def _unit_of(metrics: Iterable[Metric]) -> str:
    """The unit of what the alarm compares: none for most expressions, whose result may be in another (m1 / m2)."""
    units = {
        "milliseconds" if _MEASURED_BY_US.match(metric.expression) else metric.unit for metric in _watched(metrics)
    }
    return units.pop() if len(units) == 1 else ""


def _statistics(metrics: Iterable[Metric]) -> list[str]:
    return [metric.statistic for metric in _watched(metrics)]


def _usable(values: Iterable[object]) -> list[float]:
    """The numbers among them that can be a latency. JSON's `true` is an int to Python, and not every int is a float."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return [float(number) for number in numbers if 0 <= number <= sys.float_info.max]
