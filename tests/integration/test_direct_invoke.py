"""Direct invokes: the outcome is the whole answer, and no queue is touched."""

from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, ask, call_counts, codes, flow, leads_to, step, timeouts


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), step("Fast"), leads_to("g")))


def test_one_request_is_answered_with_its_outcome(function: Function) -> None:
    request = ask(requested_by="team-a", reason="CRM is slow")
    assert function.invoke(request, request_id="from-lambda") == {
        "outcomes": [
            {
                "request_id": "from-lambda",
                "door": "direct",
                "organization": "default",
                "status": "raised",
                "target": {"flow_id": "f", "action_name": "Slow"},
                "previous_timeout_seconds": 3,
                "timeout_seconds": 10,
                "steps": [
                    {
                        "path": "steps[0]",
                        "id": "id-Slow",
                        "name": "Slow",
                        "previous_timeout_seconds": 3,
                        "timeout_seconds": 10,
                    }
                ],
                "flow_version": "8",
                "publish_attempts": 1,
                "requested_by": "team-a",
                "reason": "CRM is slow",
                "error": None,
                "note": None,
            }
        ]
    }


def test_several_requests_are_answered_in_their_order(genesys: GenesysSimulator, function: Function) -> None:
    outcomes = function.ask(ask(action_name="Fast"), {"flow_id": "f"}, ask(), {"flow_id": "f", "operation": "inspect"})
    assert codes(outcomes) == ["raised", "invalid_request", "raised", "inspected"]
    assert timeouts(genesys) == {"Slow": 10, "Fast": 10}


def test_set_lowers_and_raise_does_not(genesys: GenesysSimulator, function: Function) -> None:
    assert function.ask_one(ask(timeout_seconds=2))["status"] == "unchanged"
    assert function.ask_one(ask(timeout_seconds=2, operation="set"))["status"] == "set"
    assert timeouts(genesys)["Slow"] == 2
    assert genesys.count("PUT", "/publish") == 1


def test_a_step_without_a_timeout_counts_as_the_default(genesys: GenesysSimulator, function: Function) -> None:
    unchanged, raised = (function.ask_one(ask(action_name="Fast", timeout_seconds=n)) for n in (3, 4))
    assert (unchanged["status"], unchanged["timeout_seconds"]) == ("unchanged", None)
    assert (raised["status"], raised["previous_timeout_seconds"], raised["timeout_seconds"]) == ("raised", None, 4)
    assert genesys.flow("f").version == "8"


def test_inspect_and_dry_run_write_nothing(genesys: GenesysSimulator, function: Function) -> None:
    inspected, planned = function.ask({"flow_id": "f", "operation": "inspect"}, ask(dry_run=True))
    assert [step["effective_timeout_seconds"] for step in inspected["steps"]] == [3, 3]
    assert (planned["status"], planned["timeout_seconds"], planned["flow_version"]) == ("planned", 10, "7")
    assert call_counts(genesys) == {"POST": 1, "GET": 1}


@pytest.mark.parametrize("fault", [{"status": 403}, {"retry_after": 300}, {"redirect": "https://elsewhere.example/"}])
def test_what_failed_only_answers(
    genesys: GenesysSimulator, aws: Aws, function: Function, fault: dict[str, Any]
) -> None:
    genesys.fault(operation="get_flow", **fault)
    assert function.ask_one(ask())["status"] in {"rejected", "deferred"}
    assert (aws.waits(), aws.dead_letters()) == ([], [])


@pytest.mark.parametrize(
    "event",
    [{"hello": "world"}, {}, [], None, "request", {"Records": []}, {"Records": [{"eventSource": "aws:s3"}]}, 17],
)
def test_an_event_of_no_known_shape_raises_an_error_that_names_the_shapes(function: Function, event: Any) -> None:
    error = function.error(event)
    assert error.startswith("UnknownEvent: ")
    assert all(word in error for word in ("SQS", "flow_id", "requests"))
    assert function.ask_one(ask())["status"] == "raised"  # and the next event finds the function well


def test_a_request_that_is_wrong_is_told_how_to_be_right(function: Function) -> None:
    [outcome] = function.ask({**ask(), "timeout": 10, "flow": "f"})
    assert outcome["error"]["code"] == "invalid_request"
    assert "did you mean timeout_seconds?" in outcome["error"]["message"]
    outside = function.ask_one(ask(timeout_seconds=31))["error"]
    assert (outside["code"], "30" in outside["message"]) == ("timeout_out_of_range", True)


def test_a_name_only_behind_a_sub_flow_says_where_to_look(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("g", flow(step("Hidden", 3)))
    error = function.ask_one(ask(action_name="Hidden"))["error"]
    assert error["code"] == "data_action_not_found"
    assert " g," in error["message"]
    assert "include_subflows" in error["hint"]
