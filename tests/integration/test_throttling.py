"""429: waits as told if that fits the time left, for all Flows of the organization together."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, codes, flow, step

MANY = [ask(f"f{number}") for number in range(20)]


@pytest.fixture(autouse=True)
def flows(genesys: GenesysSimulator) -> None:
    for request in MANY:
        genesys.put_flow(request["flow_id"], flow(step("Slow", 3)))


def http_date(seconds_from_now: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds_from_now), usegmt=True)


@pytest.mark.parametrize("operation", ["token", "publish"])
def test_a_short_wait_is_sat_out(genesys: GenesysSimulator, function: Function, operation: str) -> None:
    genesys.fault(operation=operation, retry_after=1)
    outcome = function.ask_one(MANY[0])
    assert (outcome["status"], outcome["publish_attempts"]) == ("raised", 1)
    assert 1 <= function.seconds < 1.6
    assert function.counts()["GenesysThrottles"] == 1
    assert genesys.flow("f0").version == "8"


def test_nonsense_counts_as_one_second(genesys: GenesysSimulator, function: Function) -> None:
    told = ["soon", "-5", "1.5", "0", "", "0x10", http_date(-60), "Mon, 99 Foo 2026"]
    for request, nonsense in zip(MANY, told, strict=False):
        genesys.fault(operation="get_flow", flow_id=request["flow_id"], retry_after=nonsense)
    genesys.configure(latency_seconds=0.1)  # so that they are told side by side
    assert set(codes(function.ask(*MANY[: len(told)]))) == {"raised"}
    assert 1 <= function.seconds < 2
    assert function.counts()["GenesysThrottles"] == len(told)


@pytest.mark.parametrize(
    ("headers", "due"),
    [
        ({"inin-ratelimit-reset": "100"}, 101),
        ({"Retry-After": "200", "inin-ratelimit-reset": "100"}, 200),
        ({"Retry-After": "999999999"}, 900),
    ],
)
def test_a_long_wait_is_left_to_the_queue(
    genesys: GenesysSimulator, aws: Aws, function: Function, headers: dict[str, str], due: int
) -> None:
    genesys.fault(operation="get_flow", status=429, code="its.code", headers=headers)
    assert function.take(MANY[0]) == [0]
    assert aws.waits() == [pytest.approx(due, abs=2)]
    error = function.outcome()["error"]
    assert (error["code"], error["http_status"], error["genesys_code"]) == ("rate_limited", 429, "its.code")
    assert error["correlation_id"] == genesys.calls[-1].correlation_id
    assert function.seconds < 1


@pytest.mark.parametrize(("told", "due"), [(600, 600), (86_400, 900)])
def test_a_date_far_away_is_left_to_the_queue(
    genesys: GenesysSimulator, aws: Aws, function: Function, told: int, due: int
) -> None:
    genesys.fault(operation="get_flow", retry_after=http_date(told))
    assert function.take(MANY[0]) == [0]
    assert aws.waits() == [pytest.approx(due, abs=2)]


@pytest.mark.parametrize("operation", ["token", "get_flow", "publish"])
def test_a_long_wait_spares_all_flows_of_the_batch(
    genesys: GenesysSimulator, aws: Aws, start: Start, operation: str
) -> None:
    function = start(FLOW_CONCURRENCY="2")
    genesys.fault(operation=operation, retry_after=250)
    assert len(function.take(*MANY)) >= 19
    assert len(genesys.calls) <= 7
    assert all(248 < wait < 252 for wait in aws.waits())


def test_the_login_says_it_its_own_way(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    body = '{"error": "invalid_request", "error_description": "rate limit exceeded", "errors": []}'
    genesys.fault(operation="token", status=400, body=body, headers={"Retry-After": "60"})
    assert function.take(MANY[0]) == [0]
    assert codes(function.outcomes()) == ["rate_limited"]
    assert aws.waits() == [pytest.approx(60, abs=2)]


def test_a_real_limit_is_lived_with(genesys: GenesysSimulator, function: Function) -> None:
    genesys.configure(rate_limit_calls=12, rate_limit_window_seconds=0.5)
    assert codes(function.ask(*MANY[:8])) == ["raised"] * 8
    assert function.counts()["GenesysThrottles"] >= 1


def test_another_organization_is_not_throttled(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, aws: Aws, function: Function
) -> None:
    aws.connect(elsewhere, "second")
    elsewhere.put_flow("f0", flow(step("Slow", 3)))
    genesys.fault(operation="any", retry_after=250)
    outcomes: list[dict[str, Any]] = function.ask(MANY[0], {**MANY[0], "organization": "second"})
    assert codes(outcomes) == ["rate_limited", "raised"]
