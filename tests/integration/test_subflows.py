"""Sub-flows by reference: followed on request, each Flow once."""

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Function, ask, call_counts, codes, flow, leads_to, step, timeouts

EVERYWHERE = ask(include_subflows=True)


@pytest.fixture(autouse=True)
def a_cycle(genesys: GenesysSimulator) -> None:
    """f leads to g and h, g to f and h, h to itself and g."""
    in_a_loop = {"type": "loop", "body": {"steps": [{"type": "sub-flow", "settings": {"flowId": "h"}}]}}
    genesys.put_flow("f", flow(step("Here", 3), leads_to("g"), in_a_loop))
    genesys.put_flow("g", flow(step("Slow", 3), leads_to("f"), leads_to("h")))
    genesys.put_flow("h", flow(step("Slow", 12), leads_to("h"), leads_to("g")))


def test_a_cycle_is_walked_once(genesys: GenesysSimulator, function: Function) -> None:
    outcome = function.ask_one(EVERYWHERE)
    assert (outcome["status"], outcome["note"], outcome["publish_attempts"]) == ("raised", None, 1)
    assert [(s["flow_id"], s["previous_timeout_seconds"], s["timeout_seconds"]) for s in outcome["steps"]] == [
        ("g", 3, 10),
        ("h", 12, 12),
    ]
    assert (timeouts(genesys, "g"), timeouts(genesys, "h")) == ({"Slow": 10}, {"Slow": 12})
    assert call_counts(genesys) == {"POST": 1, "GET": 3, "PUT": 1}


def test_direct_requests_for_a_sub_flow_share_its_read_and_publish(
    genesys: GenesysSimulator, function: Function
) -> None:
    outcomes = function.ask(ask("g", timeout_seconds=20), EVERYWHERE, ask("g", timeout_seconds=5), EVERYWHERE)
    assert codes(outcomes) == ["raised"] * 4
    assert timeouts(genesys, "g") == {"Slow": 20}
    assert call_counts(genesys) == {"POST": 1, "GET": 3, "PUT": 1}


def test_without_include_subflows_only_the_flow_itself_is_looked_at(
    genesys: GenesysSimulator, function: Function
) -> None:
    error = function.ask_one(ask())["error"]
    assert error["code"] == "data_action_not_found"
    assert "g, h" in error["message"]
    assert call_counts(genesys) == {"POST": 1, "GET": 1}


def test_a_reference_that_leads_nowhere_is_noted(genesys: GenesysSimulator, function: Function) -> None:
    genesys.edit_flow("g", lambda document: document["steps"].append(leads_to("gone")))
    outcome = function.ask_one(EVERYWHERE)
    assert outcome["status"] == "raised"
    assert "gone" in outcome["note"]
    assert "steps[3] of Flow g" in outcome["note"]


def test_a_flow_of_its_own_that_does_not_exist_is_no_note(function: Function) -> None:
    assert codes([function.ask_one({**EVERYWHERE, "flow_id": "gone"})]) == ["flow_not_found"]


def test_a_sub_flow_that_may_not_be_read_is_told_with_what_was_done(
    genesys: GenesysSimulator, function: Function
) -> None:
    genesys.fault(operation="get_flow", flow_id="h", status=403)
    outcome = function.ask_one(EVERYWHERE)
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "forbidden")
    assert "h" in outcome["error"]["message"]
    assert [(s["flow_id"], s["timeout_seconds"]) for s in outcome["steps"]] == [("g", 10)]
    assert timeouts(genesys, "g") == {"Slow": 10}


def test_with_anything_left_to_try_the_request_comes_again(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="get_flow", flow_id="h", status=501)
    genesys.fault(operation="publish", flow_id="g", status=403)
    assert function.take(EVERYWHERE) == [0]
    assert function.outcome()["error"]["code"] == "genesys_unavailable"
    assert function.take(EVERYWHERE) == []
    assert function.outcomes()[1]["status"] == "raised"


def test_a_sub_flow_published_by_someone_else_meanwhile(genesys: GenesysSimulator, function: Function) -> None:
    genesys.edit_after_get("g", lambda document: document.update(theirs=1))
    outcome = function.ask_one(EVERYWHERE)
    assert (outcome["status"], outcome["publish_attempts"]) == ("raised", 2)
    assert genesys.flow("g").document()["theirs"] == 1


def test_a_name_found_nowhere_tells_the_names_of_all_flows(function: Function) -> None:
    error = function.ask_one({**EVERYWHERE, "action_name": "Sloww"})["error"]
    assert error["code"] == "data_action_not_found"
    assert "f, g, h" in error["message"]
    assert "'Slow', 'Here'" in error["message"]


def test_inspection_lists_all_flows(function: Function) -> None:
    outcome = function.ask_one({"flow_id": "f", "operation": "inspect", "include_subflows": True})
    assert [(s["flow_id"], s["name"]) for s in outcome["steps"]] == [("f", "Here"), ("g", "Slow"), ("h", "Slow")]


def test_a_long_chain(genesys: GenesysSimulator, function: Function) -> None:
    for number in range(30):
        genesys.put_flow(f"c{number}", flow(leads_to(f"c{number + 1}")))
    genesys.put_flow("c30", flow(step("Slow", 3)))
    assert function.ask_one({**EVERYWHERE, "flow_id": "c0"})["status"] == "raised"
    assert call_counts(genesys) == {"POST": 1, "GET": 31, "PUT": 1}
