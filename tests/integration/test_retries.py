"""Answers that say nothing: asked again while time is left, done once, then left for later."""

from typing import Any

import pytest

from emulated_aws import free_port
from genesys_simulator import Fault, GenesysSimulator
from integration.harness import Aws, Function, Start, ask, call_counts, codes, flow, step, timeouts

SAYS_NOTHING: dict[str, dict[str, Any]] = {
    "request-timeout": {"status": 408},
    "server-error": {"status": 500},
    "bad-gateway": {"status": 502, "body": "<html>502</html>"},
    "unavailable": {"status": 503},
    "gateway-timeout": {"status": 504},
    "reset": {"reset": True},
    "empty": {"status": 200, "body": ""},
    "html": {"status": 200, "body": "<html>hello</html>"},
}
SPOILED: dict[str, dict[str, Any]] = {"cut-off": {"cut_off": True}, "half-the-JSON": {"broken_json": True}}
LOST = {**{name: {**fault, "when": "after"} for name, fault in SAYS_NOTHING.items()}, **SPOILED}


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))


def check_done_once(outcome: dict[str, Any], genesys: GenesysSimulator) -> None:
    assert (outcome["status"], outcome["flow_version"]) == ("raised", "8")
    assert (outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == (3, 10)
    flow_id = outcome["target"]["flow_id"]
    assert timeouts(genesys, flow_id) == {"Slow": 10}
    assert genesys.flow(flow_id).version == "8"


def run_into(genesys: GenesysSimulator, function: Function, operation: str, kinds: dict[str, Any]) -> list[int]:
    """Each kind strikes a Flow of its own, which is changed once all the same; the publish attempts of each."""
    for kind, fault in kinds.items():
        genesys.put_flow(kind, flow(step("Slow", 3)))
        genesys.fault(operation=operation, flow_id=kind, **fault)
    outcomes = function.ask(*[ask(kind) for kind in kinds])
    for outcome in outcomes:
        check_done_once(outcome, genesys)
    assert function.counts()["FlowPublishes"] == len(kinds)
    return [outcome["publish_attempts"] for outcome in outcomes]


def test_logging_in_is_repeated(genesys: GenesysSimulator, function: Function) -> None:
    for attempts, fault in enumerate([*SAYS_NOTHING.values(), *SPOILED.values()], start=1):
        genesys.expire_tokens()
        genesys.fault(operation="token", **fault)
        assert function.ask_one({"flow_id": "f", "operation": "inspect"})["status"] == "inspected"
        assert call_counts(genesys)["POST"] == 2 * attempts


def test_reading_is_repeated(genesys: GenesysSimulator, function: Function) -> None:
    kinds = {**SAYS_NOTHING, **SPOILED}
    assert run_into(genesys, function, "get_flow", kinds) == [1] * len(kinds)
    assert call_counts(genesys) == {"POST": 1, "GET": 2 * len(kinds), "PUT": len(kinds)}


def test_a_publish_that_was_not_done_is_repeated(genesys: GenesysSimulator, function: Function) -> None:
    assert run_into(genesys, function, "publish", SAYS_NOTHING) == [2] * len(SAYS_NOTHING)
    assert call_counts(genesys) == {"POST": 1, "GET": 2 * len(SAYS_NOTHING), "PUT": 2 * len(SAYS_NOTHING)}


def test_a_publish_whose_answer_was_lost_is_not_repeated(genesys: GenesysSimulator, function: Function) -> None:
    assert run_into(genesys, function, "publish", LOST) == [1] * len(LOST)
    assert call_counts(genesys) == {"POST": 1, "GET": 2 * len(LOST), "PUT": len(LOST)}


@pytest.mark.parametrize("body", ['{"version": NaN}', '{"version": 8, "n": 1e999}', "[" * 100_000, "9" * 5000])
def test_a_publish_whose_answer_cannot_be_read_is_looked_up(
    genesys: GenesysSimulator, function: Function, body: str
) -> None:
    genesys.fault(operation="publish", when="after", status=200, body=body)
    check_done_once(function.ask_one(ask()), genesys)


def test_a_lost_answer_and_then_someone_else(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="publish", reset=True)
    genesys.edit_after_get("f", lambda document: document.update(theirs=True), times=2)
    assert function.ask_one(ask())["status"] == "raised"
    assert timeouts(genesys) == {"Slow": 10}
    assert genesys.flow("f").document()["theirs"] is True
    assert genesys.flow("f").version == "10"


def test_a_lost_answer_and_then_someone_who_did_more(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="publish", reset=True)
    genesys.edit_after_get("f", lambda document: document["steps"][0]["settings"].update(timeout=15))
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["timeout_seconds"], outcome["flow_version"]) == ("unchanged", 15, "8")
    assert "FlowPublishes" not in function.counts()


@pytest.mark.parametrize("operation", ["get_flow", "publish"])
def test_what_does_not_answer_in_time_is_asked_again(genesys: GenesysSimulator, start: Start, operation: str) -> None:
    genesys.fault(operation=operation, delay_seconds=1.4)
    function = start(HTTP_READ_TIMEOUT_SECONDS="1")
    check_done_once(function.ask_one(ask()), genesys)


def test_a_body_that_drips_is_waited_for(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(drip_seconds=0.2, times=3)
    check_done_once(function.ask_one(ask()), genesys)
    assert call_counts(genesys) == {"POST": 1, "GET": 1, "PUT": 1}


@pytest.mark.parametrize("operation", ["token", "get_flow", "publish"])
def test_not_implemented_is_an_answer(genesys: GenesysSimulator, function: Function, operation: str) -> None:
    genesys.fault(operation=operation, status=501, code="its.code", times=2)
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["error"]["code"]) == ("deferred", "genesys_unavailable")
    assert outcome["error"]["http_status"] == 501
    assert [call.status for call in genesys.calls].count(501) == 1


@pytest.mark.parametrize("operation", ["token", "get_flow", "publish"])
def test_a_redirect_is_never_followed(
    genesys: GenesysSimulator, elsewhere: GenesysSimulator, function: Function, operation: str
) -> None:
    for status in (301, 302, 303, 307, 308):
        genesys.expire_tokens()
        genesys.fault(operation=operation, status=status, redirect=f"{elsewhere.url}/api/v2/flows/f")
        outcome = function.ask_one(ask())
        assert (outcome["status"], outcome["error"]["code"]) == ("deferred", "genesys_unavailable")
        assert (outcome["error"]["http_status"], "redirect" in outcome["error"]["message"]) == (status, True)
        assert genesys.calls[-1].status == status
    assert elsewhere.calls == []
    assert genesys.flow("f").version == "7"


@pytest.mark.parametrize("fault", [{"status": 503, "code": "its.code"}, {"reset": True}, {"cut_off": True}])
def test_what_goes_on_saying_nothing_is_left_for_later(
    genesys: GenesysSimulator, aws: Aws, function: Function, fault: dict[str, Any]
) -> None:
    genesys.fault(operation="get_flow", times=1000, **fault)
    assert function.take(ask(), seconds=3) == [0]
    error = function.outcome()["error"]
    assert (error["code"], error["http_status"]) == ("genesys_unavailable", fault.get("status"))
    assert error["genesys_code"] == fault.get("code")
    assert function.seconds < 1.5
    assert aws.waits()[0] <= 30


def test_a_place_where_nobody_listens(aws: Aws, genesys: GenesysSimulator, function: Function) -> None:
    aws.connect(genesys, base_url=f"http://127.0.0.1:{free_port()}")
    outcome = function.ask_one(ask(), seconds=3)
    assert codes([outcome]) == ["genesys_unavailable"]
    assert "refused" in outcome["error"]["message"]
    assert function.seconds < 1.5


def test_a_storm_in_which_everything_gets_done(genesys: GenesysSimulator, function: Function) -> None:
    for number in range(20):
        genesys.put_flow(f"f{number}", flow(step("Slow", 3)))
    kinds = [Fault(**fault) for fault in [*LOST.values(), *SAYS_NOTHING.values()]]
    genesys.storm(seed=7, probability=0.3, faults=[(kind, 1) for kind in kinds])
    outcomes = function.ask(*[ask(f"f{number}") for number in range(20)])
    assert codes(outcomes) == ["raised"] * 20
    assert [genesys.flow(f"f{number}").version for number in range(20)] == ["8"] * 20
