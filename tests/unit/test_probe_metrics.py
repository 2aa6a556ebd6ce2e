"""What CloudWatch gets: one EMF line for each action and minute, in a form that it takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from genesys_cloud.action_analytics import ActionMinute
from latency_probe.metrics import LatencyMetrics, dimension_value

MINUTE = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)


def a_minute(**fields: Any) -> ActionMinute:
    known: dict[str, Any] = {
        "action_id": "custom_-_1",
        "action_name": "Get Customer",
        "begins_at": MINUTE,
        "count": 12,
        "longest_ms": 4100.0,
        "p95_ms": 3000.0,
        "p99_ms": 4000.0,
    }
    return ActionMinute(**known | fields)


def published(
    capsys: pytest.CaptureFixture[str], *minutes: ActionMinute, organization: str = "default"
) -> list[dict[str, Any]]:
    LatencyMetrics("GenesysDataActions").publish(organization, minutes)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_the_minutes_own_time_and_all_figures_with_their_units(capsys: pytest.CaptureFixture[str]) -> None:
    assert published(capsys, a_minute()) == [
        {
            "_aws": {
                "Timestamp": int(MINUTE.timestamp() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": "GenesysDataActions",
                        "Dimensions": [["DataActionId", "DataActionName"]],
                        "Metrics": [
                            {"Name": "p95", "Unit": "Milliseconds"},
                            {"Name": "p99", "Unit": "Milliseconds"},
                            {"Name": "max", "Unit": "Milliseconds"},
                            {"Name": "count", "Unit": "Count"},
                        ],
                    }
                ],
            },
            "DataActionId": "custom_-_1",
            "DataActionName": "Get Customer",
            "p95": [3000.0],
            "p99": [4000.0],
            "max": [4100.0],
            "count": [12.0],
        }
    ]


def test_each_action_and_minute_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    minutes = [a_minute(), a_minute(begins_at=MINUTE - timedelta(minutes=1)), a_minute(action_id="custom_-_2")]
    lines = published(capsys, *minutes)
    assert [(line["DataActionId"], line["_aws"]["Timestamp"]) for line in lines] == [
        (minute.action_id, int(minute.begins_at.timestamp() * 1000)) for minute in minutes
    ]


def test_another_organization_is_a_dimension_so_that_its_alarm_leads_there(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = published(capsys, a_minute(), organization="emea")
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["DataActionId", "DataActionName", "Organization"]]
    assert line["Organization"] == "emea"


def test_the_functions_own_name_is_no_dimension(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "latency-probe")
    [line] = published(capsys, a_minute())
    assert "service" not in json.dumps(line)


def test_what_was_not_told_is_not_published(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = published(capsys, a_minute(p95_ms=None, p99_ms=None))
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert [metric["Name"] for metric in directive["Metrics"]] == ["max", "count"]


def test_an_action_without_a_name_goes_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = published(capsys, a_minute(action_name=""))
    assert line["DataActionName"] == "custom_-_1"


def test_nothing_is_published_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert published(capsys) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Get Customer", "Get Customer"),
        ("Kundenrückfrage öffnen", "Kundenruckfrage offnen"),
        ("顧客", "??"),
        ("a\nb\x7f", "a?b?"),
        ("  ", "?"),
        (" x ", "x"),
        ("x" * 2000, "x" * 1024),
        ("\ud800", "?"),
    ],
)
def test_dimensions_are_of_the_characters_that_cloudwatch_takes(name: str, value: str) -> None:
    assert dimension_value(name) == value
