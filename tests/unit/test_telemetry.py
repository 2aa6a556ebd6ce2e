"""What an invocation tells, and that nothing is told after its end."""

from __future__ import annotations

import json

import pytest
from aws_lambda_powertools import Metrics

from telemetry import Telemetry, make_logger


def test_what_is_told_after_the_end_stands_in_no_log_and_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics(namespace="GenesysTimeoutRaiser", service="told-late")
    telemetry = Telemetry(make_logger("told-late", "INFO"), metrics)
    telemetry.outcome_events_failed(2, "in time")
    telemetry.flush()
    telemetry.outcome_events_failed(10, "late")
    telemetry.message_not_settled("m", "late", "late")
    telemetry.not_recorded("Flow f", "late")
    telemetry.bug("late")
    log, counted = map(json.loads, capsys.readouterr().out.splitlines())
    assert (log["message"], log["count"], log["why"]) == ("outcomes not put on the event bus", 2, "in time")
    assert counted["OutcomeEventsFailed"] == [2]
