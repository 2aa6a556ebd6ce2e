"""Alarms of every kind through every door: what they lead to, and that a transition acts once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from alarm_payloads import KINDS, alarm_action, configuration_change, eventbridge, sns_envelope, sns_event, sns_message
from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Json, Start, ask, codes, flow, step, timeouts

TARGET = {"flow_id": "f", "action_name": "Slow"}
BY_TWO = {"raise_by_seconds": 2}


DOORS: dict[str, Callable[..., Json]] = {
    "alarm": alarm_action,
    "eventbridge": eventbridge,
    "sns": lambda **fields: sns_event(sns_message(**fields)),
}
BODIES: dict[str, Callable[..., Json]] = {
    "SNS envelope": lambda **fields: sns_envelope(sns_message(**fields)),
    "raw SNS": sns_message,
    "EventBridge event": eventbridge,
    "alarm action": alarm_action,
}


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 4), step("Other", 4)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_every_kind_of_alarm_raises_through_every_door(
    genesys: GenesysSimulator, function: Function, door: str, kind: str
) -> None:
    [outcome] = function.hear(DOORS[door](kind=kind, target=TARGET, policy=BY_TWO))
    assert (outcome["status"], outcome["door"], outcome["target"]) == ("raised", door, TARGET)
    assert (outcome["previous_timeout_seconds"], outcome["timeout_seconds"]) == (4, 6)
    assert outcome["requested_by"] == "alarm data-action-crm-lookup-slow"
    assert timeouts(genesys) == {"Slow": 6, "Other": 4}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", BODIES)
def test_every_kind_of_alarm_raises_through_the_queue(
    genesys: GenesysSimulator, aws: Aws, function: Function, body: str, kind: str
) -> None:
    assert function.take(BODIES[body](kind=kind, target=TARGET, policy=BY_TWO)) == []
    assert (function.outcome()["status"], function.outcome()["door"]) == ("raised", "sqs")
    assert timeouts(genesys) == {"Slow": 6, "Other": 4}
    assert aws.dead_letters() == []


def test_a_transition_acts_once_through_all_doors_and_in_another_execution_environment(
    genesys: GenesysSimulator, function: Function, start: Start
) -> None:
    alarm = {"target": TARGET, "policy": BY_TWO}
    statuses = [outcome["status"] for door in DOORS.values() for outcome in function.hear(door(**alarm))]
    assert statuses == ["raised", "ignored", "ignored"]
    other = start()
    assert other.take(*(body(**alarm) for body in BODIES.values())) == []
    assert {outcome["status"] for outcome in other.outcomes()} == {"ignored"}
    assert "acted upon already" in other.outcomes()[0]["note"]
    assert timeouts(genesys)["Slow"] == 6
    assert genesys.count("PUT", "/publish") == 1


def test_a_transition_that_comes_several_times_in_one_batch_acts_once(
    genesys: GenesysSimulator, function: Function
) -> None:
    assert function.take(*(body(target=TARGET, policy=BY_TWO) for body in BODIES.values())) == []
    assert sorted(codes(function.outcomes())) == ["ignored", "ignored", "ignored", "raised"]
    assert timeouts(genesys)["Slow"] == 6


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"state": "INSUFFICIENT_DATA"}, "only a change to ALARM or OK"),
        ({"state": "OK", "previous": "ALARM"}, "does not say restore_on_ok"),
        ({"muted_by": "arn:aws:cloudwatch:us-east-1:123456789012:alarm-mute-rule:night"}, "not to happen"),
        ({"kind": "composite", "suppressed_by": "WaitPeriod"}, "not to happen"),
    ],
)
def test_what_asks_for_nothing_is_ignored_and_says_why(
    genesys: GenesysSimulator, aws: Aws, function: Function, fields: Json, why: str
) -> None:
    [outcome] = function.hear(eventbridge(target=TARGET, policy={"raise_to_seconds": 12}, **fields))
    assert (outcome["status"], outcome["error"]) == ("ignored", None)
    assert why in outcome["note"]
    assert (timeouts(genesys)["Slow"], genesys.calls, aws.dead_letters()) == (4, [], [])


def test_another_event_of_an_alarm_is_ignored(genesys: GenesysSimulator, function: Function) -> None:
    [outcome] = function.hear(configuration_change(target=TARGET))
    assert (outcome["status"], outcome["door"]) == ("ignored", "eventbridge")
    assert genesys.calls == []


def test_the_sns_door_takes_requests_too(genesys: GenesysSimulator, function: Function) -> None:
    event = sns_event(json.dumps({"requests": [ask(timeout_seconds=9), ask(action_name="Other")]}))
    assert [(o["status"], o["door"]) for o in function.hear(event)] == [("raised", "sns"), ("raised", "sns")]
    assert timeouts(genesys) == {"Slow": 9, "Other": 10}


def test_an_alarm_from_a_metric_with_dimensions_gets_the_default_policy(
    genesys: GenesysSimulator, function: Function
) -> None:
    [outcome] = function.hear(
        alarm_action(dimensions={"FlowId": "f", "ActionName": "Slow"}, datapoints=(4200.0, 6100.0))
    )
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("raised", 10)  # 6.1 s and half as much again


def test_an_alarm_about_an_integration_action(genesys: GenesysSimulator, function: Function) -> None:
    genesys.put_action("custom_-_1", "Look up", timeout_seconds=5)
    [outcome] = function.hear(alarm_action(dimensions={"DataActionId": "custom_-_1"}, datapoints=(8000.0,)))
    assert (outcome["status"], outcome["target"]) == ("raised", {"data_action_id": "custom_-_1"})
    assert genesys.action("custom_-_1").timeout_seconds == 12


def test_routes_of_the_parameter(genesys: GenesysSimulator, aws: Aws, start: Start) -> None:
    name = aws.put_routes(
        {"alarm_name": "erp-*", "target": {"flow_id": "f", "action_name": "Other"}, "policy": {"raise_to_seconds": 9}},
        {"alarm_name": "data-action-crm-*", "target": TARGET, "policy": {"raise_to_seconds": 9}},
    )
    [outcome] = start(ALARM_ROUTES_PARAMETER=name).hear(alarm_action())
    assert (outcome["status"], timeouts(genesys)) == ("raised", {"Slow": 9, "Other": 4})


def test_a_parameter_that_cannot_be_read_makes_the_alarm_wait(aws: Aws, start: Start) -> None:
    function = start(ALARM_ROUTES_PARAMETER="/no/such/parameter")
    event = alarm_action()
    [outcome] = function.hear(event)
    assert (outcome["status"], outcome["error"]["code"]) == ("deferred", "internal_error")
    assert "/no/such/parameter" in outcome["error"]["message"]
    [waiting] = aws.put_off()
    assert waiting.content == event


# -- what is refused ---------------------------------------------------------------------------------------------------

WRONG_ROUTES: list[tuple[Any, str]] = [
    ("{}", "target is missing"),
    ('{"target": {}}', "exactly one of flow_id, data_action_id, data_action_name"),
    ('{"target": {"flow_id": "f"}}', "action_name (or step_id) is missing"),
    ('{"target": {"flow_id": "../x", "action_name": "Slow"}}', "timeout_raiser.target.flow_id must be"),
    ('{"target": {"flow_id": "f", "action_name": "Slow"}, "policy": {"raise_to": 3}}', "did you mean raise_to_seconds"),
    (
        '{"target": {"flow_id": "f", "action_name": "Slow"}, "policy": {"raise_to_seconds": "9"}}',
        "policy.raise_to_seconds",
    ),
    (
        '{"target": {"flow_id": "f", "action_name": "Slow"}, "policy": {"raise_to_seconds": 9, "raise_by_seconds": 1}}',
        "one of",
    ),
    ('{"target": {"flow_id": "f", "action_name": "Slow"}, "policy": {}}', "exactly one of raise_to_seconds"),
    ('{"target": {"flow_id": "f", "action_name": "Slow"}, "operation": "set"}', "unknown field 'operation'"),
    ("3", "a number (3)"),
    ("", "cannot be read"),
]


@pytest.mark.parametrize(("route", "problem"), WRONG_ROUTES)
def test_a_wrong_route_is_refused_by_its_field_and_lies_in_the_dead_letter_queue(
    genesys: GenesysSimulator, aws: Aws, function: Function, route: str, problem: str
) -> None:
    event = alarm_action(description=f'CRM. {{"timeout_raiser": {route}}}')
    [outcome] = function.hear(event)
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "invalid_request")
    assert problem in outcome["error"]["message"]
    [letter] = aws.dead_letters()
    assert json.loads(letter.body) == event
    assert letter.reason == "invalid_request"
    assert timeouts(genesys)["Slow"] == 4


@pytest.mark.parametrize("door", DOORS)
def test_an_alarm_without_a_route_is_refused_and_told_how(aws: Aws, function: Function, door: str) -> None:
    event = DOORS[door]()
    [outcome] = function.hear(event)
    assert (outcome["status"], outcome["error"]["code"]) == ("rejected", "alarm_not_routed")
    assert "timeout_raiser" in outcome["error"]["message"]
    [letter] = aws.dead_letters()
    assert json.loads(letter.body) == (sns_message() if door == "sns" else event)


def test_a_refused_alarm_can_be_redriven_as_lambda_put_it_aside(genesys: GenesysSimulator, function: Function) -> None:
    for event in (
        alarm_action(target=TARGET, policy=BY_TWO),
        sns_event(sns_message(target=TARGET, policy=BY_TWO, at="2026-11-20T11:05:00.123+0000")),
    ):
        record = {"version": "1.0", "requestContext": {"condition": "RetriesExhausted"}, "requestPayload": event}
        assert function.take(record) == []
    assert codes(function.outcomes()) == ["raised", "raised"]
    assert timeouts(genesys)["Slow"] == 8


def test_a_wrong_alarm_harms_no_other_message(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    bodies: list[Json | str] = [sns_message(), "{", sns_message(target=TARGET, policy=BY_TWO), ask(action_name="Other")]
    assert function.take(*bodies) == []
    assert timeouts(genesys) == {"Slow": 6, "Other": 10}
    assert sorted(letter.reason for letter in aws.dead_letters()) == ["alarm_not_routed", "invalid_request"]


# -- nothing is lost ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_a_deferred_alarm_waits_on_the_request_queue_and_still_acts_once(
    genesys: GenesysSimulator, aws: Aws, function: Function, door: str
) -> None:
    genesys.fault(operation="get_flow", retry_after=77)
    event = DOORS[door](target=TARGET, policy=BY_TWO)
    [outcome] = function.hear(event)
    assert (outcome["status"], outcome["error"]["code"]) == ("deferred", "rate_limited")
    [waiting] = aws.put_off()
    assert waiting.seconds == pytest.approx(77, abs=1)
    assert function.take(waiting.body) == []
    assert timeouts(genesys)["Slow"] == 6
    [outcome] = function.hear(event)
    assert (outcome["status"], timeouts(genesys)["Slow"]) == ("ignored", 6)


def test_an_event_that_no_queue_takes_fails_so_that_lambda_tries_again(
    genesys: GenesysSimulator, aws: Aws, start: Start
) -> None:
    function = start(DEAD_LETTER_QUEUE_URL=f"{aws.dead_letter_queue}-gone", REQUEST_QUEUE_URL=f"{aws.queue}-gone")
    assert "NotSettled" in function.error(alarm_action())
    genesys.fault(operation="get_flow", retry_after=77)
    assert "NotSettled" in function.error(alarm_action(target=TARGET, policy=BY_TWO))
    assert function.log().count('"message":"message not settled"') == 2
    assert timeouts(genesys)["Slow"] == 4


def test_a_dry_run_in_a_route_shows_what_would_be_done_and_does_nothing(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    event = alarm_action(target={**TARGET, "dry_run": True}, policy={**BY_TWO, "recheck_after_seconds": 60})
    for _ in range(2):
        [outcome] = function.hear(event)
        assert (outcome["status"], outcome["timeout_seconds"]) == ("planned", 6)
    assert (timeouts(genesys)["Slow"], aws.put_off(), aws.ledger_items()) == (4, [], [])
