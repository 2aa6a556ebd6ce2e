"""The Flow's document: only what was asked for changes, whatever else is in it; what is no Flow is refused."""

import json
from typing import Any

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Function, ask, codes, flow, step

DEEP = 2000


def nested() -> dict[str, Any]:
    return flow(
        step("First", 5),
        {"type": "container", "name": "c", "steps": [{"type": "loop", "body": {"steps": [step("Slow", 3)]}}]},
        {"type": "case", "cases": [{"when": "a", "steps": [step("Slow", 4)]}, {"x": [{"y": {"z": [step("Slow")]}}]}]},
        {"type": "sub-flow", "flow": {"steps": [{"type": "data-action", "name": "Slow"}]}},
        {"type": "data-action", "name": "Holds data", "settings": {"timeout": 3, "payload": step("Slow", 1)}},
        {"type": "prompt", "name": "Slow", "settings": {"timeout": 1}},
        big=12345678901234567890123,
        text="žluťoučký 🐎 \u2028 \x00 \ud83d",
        numbers=[1e-7, 0.1, 1.0, -0.0, 1e300],
        odd={"nothing": None, "empty": {}, "list": [], "z": 1, "a": 2, "": False},
    )


def test_all_steps_of_that_name_change_and_nothing_else(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("f", json.dumps(nested()))
    outcome = function.ask_one(ask())
    assert [(s["path"], s["previous_timeout_seconds"]) for s in outcome["steps"]] == [
        ("steps[1].steps[0].body.steps[0]", 3),
        ("steps[2].cases[0].steps[0]", 4),
        ("steps[2].cases[1].x[0].y.z[0]", None),
        ("steps[3].flow.steps[0]", None),
    ]
    assert (outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == (3, 10)
    wanted = nested()
    wanted["version"] = 8
    wanted["steps"][1]["steps"][0]["body"]["steps"][0]["settings"]["timeout"] = 10
    wanted["steps"][2]["cases"][0]["steps"][0]["settings"]["timeout"] = 10
    wanted["steps"][2]["cases"][1]["x"][0]["y"]["z"][0]["settings"]["timeout"] = 10
    wanted["steps"][3]["flow"]["steps"][0]["settings"] = {"timeout": 10}
    # As text: so the order of keys counts, and 1 is not 1.0.
    assert json.dumps(genesys.flow("f").document()) == json.dumps(wanted)


def test_a_step_can_be_told_by_its_id(genesys: GenesysSimulator, function: Function) -> None:
    twins = [step("Slow", 3), {**step("Slow", 3), "id": "second"}]
    genesys.put_flow("f", flow(*twins))
    by_id = {"flow_id": "f", "step_id": "second", "timeout_seconds": 10}
    assert function.ask_one(by_id)["steps"][0]["path"] == "steps[1]"
    assert codes(function.ask({**by_id, "action_name": "Fast"})) == ["data_action_not_found"]
    assert [each["settings"]["timeout"] for each in genesys.flow("f").document()["steps"]] == [3, 10]


@pytest.mark.parametrize("version", [7, "7", "v7", "2.0"])
def test_versions_go_back_as_they_came(genesys: GenesysSimulator, function: Function, version: int | str) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), version=version))
    assert function.ask_one(ask())["status"] == "raised"


@pytest.mark.parametrize("settings", [None, {}, {"timeout": None}])
def test_settings_are_made_where_there_are_none(
    genesys: GenesysSimulator, function: Function, settings: dict[str, None] | None
) -> None:
    genesys.put_flow("f", flow({"type": "data-action", "name": "Slow", "settings": settings}))
    assert function.ask_one(ask())["previous_timeout_seconds"] is None
    assert genesys.flow("f").document()["steps"][0]["settings"] == {"timeout": 10}


@pytest.mark.parametrize("settings", [[], "fast", {"timeout": "10"}, {"timeout": True}, {"timeout": {"expr": "x"}}])
def test_a_step_that_cannot_be_edited_changes_nothing(
    genesys: GenesysSimulator, function: Function, settings: Any
) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), {"type": "data-action", "name": "Slow", "settings": settings}))
    outcome = function.ask_one(ask())
    assert codes([outcome]) == ["data_action_not_editable"]
    assert "steps[1].settings" in outcome["error"]["message"]
    assert genesys.flow("f").version == "7"


def test_a_deep_flow(genesys: GenesysSimulator, function: Function) -> None:
    inner = json.dumps(step("Slow", 3))
    text = '{"version": 7, "steps": [' + '{"steps":[' * DEEP + inner + "]}" * DEEP + "]}"
    genesys.put_flow("f", text)
    genesys.fault(operation="publish", status=200, body='{"version": 8}')  # the simulator's own parser stops earlier
    outcome = function.ask_one(ask())
    assert (outcome["status"], outcome["flow_version"]) == ("raised", "8")
    assert outcome["steps"][0]["path"].count("steps") == DEEP + 1


def test_a_large_flow(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_flow("f", flow(*[step(f"Step {number}", 3) for number in range(20_000)], step("Slow", 3)))
    outcomes = function.ask(ask(), ask(action_name="Step"), {"flow_id": "f", "operation": "inspect"})
    assert codes(outcomes) == ["raised", "data_action_not_found", "inspected"]
    assert function.seconds < 5


def test_what_is_no_flow_is_refused(genesys: GenesysSimulator, function: Function) -> None:
    bodies = [
        "[]",
        "null",
        "17",
        '{"version": 1}',
        '{"steps": [], "n": NaN}',
        '{"steps": [], "n": 1e999}',
        "[" * 100_000,
    ]
    for number, body in enumerate(bodies):
        genesys.put_flow(f"f{number}", body)
    outcomes = function.ask(*[ask(f"f{number}") for number in range(len(bodies))])
    assert codes(outcomes) == ["invalid_flow_definition"] * len(bodies)


def test_what_is_no_json_may_be_better_next_time(genesys: GenesysSimulator, function: Function) -> None:
    bodies = [b"", b"\xff\xfe", b'{"steps": [', b"hello"]
    for number, body in enumerate(bodies):
        genesys.put_flow(f"f{number}", body)
    outcomes = function.ask(*[ask(f"f{number}") for number in range(len(bodies))], seconds=2.8)
    assert codes(outcomes) == ["genesys_unavailable"] * len(bodies)
