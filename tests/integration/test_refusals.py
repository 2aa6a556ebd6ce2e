"""Definite refusals: never asked again, with all that an operator needs to go on."""

from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, ask, call_counts, codes, flow, step

ON_READ = [(403, "forbidden"), (404, "flow_not_found"), (410, "flow_not_found"), (423, "flow_locked")]
ON_PUBLISH = [(400, "publish_rejected"), (422, "publish_rejected"), (428, "publish_rejected"), *ON_READ]


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))


def check(outcome: dict[str, Any], genesys: GenesysSimulator, status: int, code: str) -> None:
    error = outcome["error"]
    assert (outcome["status"], error["code"], error["http_status"]) == ("rejected", code, status)
    assert error["genesys_code"] == "its.code"
    assert error["correlation_id"] == genesys.calls[-1].correlation_id
    assert "f" in error["message"]
    assert error["hint"] or code == "flow_not_found"
    assert genesys.flow("f").version == "7"


@pytest.mark.parametrize(("status", "code"), ON_READ)
def test_on_reading(genesys: GenesysSimulator, aws: Aws, function: Function, status: int, code: str) -> None:
    genesys.fault(operation="get_flow", status=status, code="its.code", message="its words")
    assert function.take(ask()) == []
    check(function.outcome(), genesys, status, code)
    assert call_counts(genesys) == {"POST": 1, "GET": 1}
    assert [letter.reason for letter in aws.dead_letters()] == [code]


@pytest.mark.parametrize(("status", "code"), ON_PUBLISH)
def test_on_publishing(genesys: GenesysSimulator, function: Function, status: int, code: str) -> None:
    genesys.fault(operation="publish", status=status, code="its.code", message="its words")
    check(function.ask_one(ask()), genesys, status, code)
    assert call_counts(genesys) == {"POST": 1, "GET": 1, "PUT": 1}


@pytest.mark.parametrize(("left", "missing"), [("view:flow", "admin:flow"), ("admin:flow", "view:flow")])
def test_forbidden_names_the_permission_that_is_missing(
    genesys: GenesysSimulator, function: Function, left: str, missing: str
) -> None:
    genesys.configure(permissions=frozenset({left}))
    error = function.ask_one(ask())["error"]
    assert (error["code"], error["http_status"]) == ("forbidden", 403)
    assert error["genesys_code"] == "missing.permissions"
    assert missing in error["message"]
    assert missing in error["hint"]


def test_what_needs_no_publish_is_served_where_publishing_is_forbidden(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.configure(permissions=frozenset({"view:flow"}))
    inspect = {"flow_id": "f", "operation": "inspect"}
    assert function.take(ask(), inspect, ask(timeout_seconds=2), ask(dry_run=True)) == []
    assert codes(function.outcomes()) == ["forbidden", "inspected", "unchanged", "planned"]
    assert [letter.reason for letter in aws.dead_letters()] == ["forbidden"]


def test_genesys_clouds_own_words_are_passed_on_and_cut(genesys: GenesysSimulator, function: Function) -> None:
    genesys.fault(operation="publish", status=400, message="step 3 is wrong " + "x" * 5000)
    message = function.ask_one(ask())["error"]["message"]
    assert "step 3 is wrong xxx" in message
    assert "x" * 484 in message
    assert "x" * 485 not in message


@pytest.mark.parametrize("body", ["<html>no</html>", "", "null", "[]", '{"message": 17, "code": {}}', "[" * 20000])
def test_a_refusal_in_no_known_form_is_a_refusal(genesys: GenesysSimulator, function: Function, body: str) -> None:
    genesys.fault(operation="publish", status=400, body=body)
    outcome = function.ask_one(ask())
    assert codes([outcome]) == ["publish_rejected"]
    assert "400" in outcome["error"]["message"]
    assert outcome["error"]["genesys_code"] is None
