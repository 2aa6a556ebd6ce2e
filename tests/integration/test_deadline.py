"""The deadline: never overrun, what time does not suffice for is handed back, nothing is lost."""

from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, codes, flow, step, timeouts

MANY = [ask(f"f{number}") for number in range(24)]


@pytest.fixture(autouse=True)
def flows(genesys: GenesysSimulator) -> None:
    for request in MANY:
        genesys.put_flow(request["flow_id"], flow(step("Slow", 3)))


@pytest.mark.parametrize(("seconds", "latency"), [(3.0, 0.05), (5.0, 0.4)])
def test_leftovers_are_handed_back_and_none_is_lost(
    genesys: GenesysSimulator, aws: Aws, start: Start, seconds: float, latency: float
) -> None:
    genesys.configure(latency_seconds=latency)
    function = start(FLOW_CONCURRENCY="2")
    kept = function.take(*MANY, seconds=seconds)
    assert function.seconds < seconds - 1
    done = [number for number in range(24) if timeouts(genesys, f"f{number}") == {"Slow": 10}]
    assert sorted([*done, *kept]) == list(range(24))
    assert 1 <= len(done) < 24
    left = {code for code in codes(function.outcomes()) if code != "raised"}
    assert left == {"deadline_exceeded"}
    assert len(aws.waits()) == len(kept)
    assert aws.waits() == [0] * len(kept)
    assert aws.dead_letters() == []


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.0, 2.4])
def test_without_time_nothing_is_begun(genesys: GenesysSimulator, function: Function, seconds: float) -> None:
    assert function.take(*MANY[:3], seconds=seconds) == [0, 1, 2]
    assert function.seconds < max(seconds, 0.3)
    assert genesys.calls == []


STALLS = {"status": 200, "body": "{}", "delay_seconds": 0.7, "drip_seconds": 60}  # the head late, then no body
TROUBLES: list[dict[str, Any]] = [{"delay_seconds": 30}, {"drip_seconds": 30}, {"status": 503}, STALLS]


def check_handed_back(function: Function) -> None:
    assert function.take(*MANY[:4], seconds=3) == [0, 1, 2, 3]
    assert function.seconds < 2
    assert set(codes(function.outcomes())) <= {"genesys_unavailable", "deadline_exceeded", "rate_limited"}


@pytest.mark.parametrize("trouble", TROUBLES, ids=["silence", "drip", "503", "stall"])
def test_no_trouble_with_flows_holds_it_past_the_deadline(
    genesys: GenesysSimulator, function: Function, trouble: dict[str, Any]
) -> None:
    for number in range(4):
        operation = ("get_flow", "publish")[number % 2]
        genesys.fault(operation=operation, flow_id=f"f{number}", times=1000, **trouble)
    check_handed_back(function)


def test_no_trouble_with_the_login_holds_it_past_the_deadline(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="token", times=1000, drip_seconds=30)
    check_handed_back(function)


def test_a_slow_genesys_cloud_makes_it_careful(genesys: GenesysSimulator, start: Start) -> None:
    """No call starts that cannot be expected to end in time, as the calls before have shown."""
    genesys.configure(latency_seconds=0.8)
    function = start()
    outcome = function.ask_one(MANY[0], seconds=4.2)  # 2.2 s for three calls: the third would end too late
    assert outcome["error"]["code"] == "deadline_exceeded"
    assert [call.method for call in genesys.calls] == ["POST", "GET"]
    assert "is left" in outcome["error"]["message"] or "are left" in outcome["error"]["message"]
