"""The outcome as the outside sees it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from documents import data_action
from documents.flow import find_steps
from fakes import Json, a_request, action, flow, indexed, step
from genesys_cloud.errors import (
    ConflictRetriesExhausted,
    FlowLocked,
    GenesysCloudError,
    OutOfTime,
    PublishRejected,
    RateLimited,
    Refusal,
)
from outcomes import (
    OUTCOME_KEYS,
    Outcome,
    Status,
    answer,
    begin,
    failed,
    ignored,
    no_alarm,
    succeeded,
    unreadable,
)
from plan import StepChange
from planning import make_plan
from rejection import Rejection
from timeout_request import TimeoutRequest

KEYS = [
    "request_id",
    "door",
    "organization",
    "status",
    "target",
    "previous_timeout_seconds",
    "timeout_seconds",
    "steps",
    "flow_version",
    "publish_attempts",
    "requested_by",
    "reason",
    "error",
    "note",
]


def carried_out(body: Json, **fields: object) -> tuple[TimeoutRequest, list[StepChange]]:
    request = a_request(**fields)
    return request, make_plan("f", find_steps(body), indexed(request), default_seconds=3).changes[0]


def outcome_of(body: Json, **fields: object) -> Outcome:
    request, changes = carried_out(body, **fields)
    return succeeded(begin(request, "sqs"), request, changes, flow_version="2", publish_attempts=1)


@pytest.mark.parametrize(
    "outcome",
    [
        begin(a_request(), "sqs"),
        outcome_of(flow(step("A", 5), step("A", 7))),
        outcome_of(flow(step("A")), operation="inspect"),
        failed(begin(a_request(), "sqs"), Rejection("forbidden", "no")),
        unreadable(["x"], "not a request", request_id="m", door="sqs"),
        unreadable({"flow_id": 5}, "not a request", request_id="m", door="direct"),
        ignored(begin(a_request(), "sqs"), "nothing to do"),
        no_alarm({}, request_id="m", door="eventbridge"),
    ],
)
def test_every_key_is_always_there_in_the_same_order_and_it_is_json(outcome: Outcome) -> None:
    assert list(outcome.as_dict()) == list(outcome.in_brief()) == KEYS == list(OUTCOME_KEYS)
    assert json.loads(json.dumps(outcome.as_dict())) == outcome.as_dict()


def test_a_raise_is_told_with_each_step_its_path_and_both_timeouts() -> None:
    told = outcome_of(flow(step("B", 1), step("A", 5, id="s1")), requested_by="me", reason="slow").as_dict()
    assert told == {
        "request_id": "the-message",
        "door": "sqs",
        "organization": "default",
        "status": "raised",
        "target": {"flow_id": "f", "action_name": "A"},
        "previous_timeout_seconds": 5,
        "timeout_seconds": 10,
        "steps": [{"path": "steps[1]", "id": "s1", "name": "A", "previous_timeout_seconds": 5, "timeout_seconds": 10}],
        "flow_version": "2",
        "publish_attempts": 1,
        "requested_by": "me",
        "reason": "slow",
        "error": None,
        "note": None,
    }


@pytest.mark.parametrize(
    ("timeouts", "previous", "new"),
    [
        ((5, 7), 5, 10),
        ((7, 5), 5, 10),
        ((12, 5), 5, 10),
        ((12, 15), 12, 12),
        ((None, 2), 2, 10),  # none set counts as 3
        ((None, 4), None, 10),
        ((None, 20), None, 10),
        ((2.5, 20), 2.5, 10),
    ],
)
def test_of_several_steps_the_lowest_timeout_before_and_after_stands_for_all(
    timeouts: tuple[float | None, ...], previous: float | None, new: float
) -> None:
    told = outcome_of(flow(*(step("A", timeout) for timeout in timeouts))).as_dict()
    assert (told["previous_timeout_seconds"], told["timeout_seconds"]) == (previous, new)


@pytest.mark.parametrize(
    ("fields", "timeout", "status"),
    [
        ({}, 5, Status.RAISED),
        ({}, 10, Status.UNCHANGED),
        ({}, 12, Status.UNCHANGED),
        ({"operation": "set"}, 12, Status.SET),
        ({"operation": "set"}, 10, Status.UNCHANGED),
        ({"dry_run": True}, 5, Status.PLANNED),
        ({"dry_run": True}, 12, Status.PLANNED),
        ({"operation": "inspect"}, 5, Status.INSPECTED),
        ({"operation": "inspect", "dry_run": True}, 5, Status.INSPECTED),
    ],
)
def test_the_status_says_what_was_done(fields: dict[str, object], timeout: int, status: Status) -> None:
    assert outcome_of(flow(step("A", timeout)), **fields).status is status


@pytest.mark.parametrize(("timeout", "effective"), [(None, 3), (8, 8)])
def test_an_inspection_also_tells_what_counts_where_no_timeout_is_set(timeout: int | None, effective: int) -> None:
    [told] = outcome_of(flow(step("A", timeout)), operation="inspect", timeout_seconds=None).as_dict()["steps"]
    assert (told["previous_timeout_seconds"], told["timeout_seconds"]) == (timeout, timeout)
    assert told["effective_timeout_seconds"] == effective


def test_with_subflows_each_step_says_in_which_flow_it_is() -> None:
    assert outcome_of(flow(step("A", 5)), include_subflows=True).as_dict()["steps"][0]["flow_id"] == "f"


def test_the_target_names_what_was_given_and_nothing_else() -> None:
    assert begin(a_request(action_name=None, step_id="s"), "sqs").target == {"flow_id": "f", "step_id": "s"}


def test_an_integration_action_is_told_like_a_step() -> None:
    request = a_request(flow_id=None, action_name=None, data_action_id="x")
    changes = make_plan("x", data_action.find_steps(action("CRM", 5)), indexed(request), default_seconds=60).changes[0]
    told = succeeded(begin(request, "sqs"), request, changes).as_dict()
    assert (told["status"], told["target"]) == ("raised", {"data_action_id": "x"})
    assert (told["previous_timeout_seconds"], told["timeout_seconds"]) == (5, 10)
    assert [(s["path"], s["id"], s["name"]) for s in told["steps"]] == [
        ("config.timeoutSeconds", "custom_-_CRM", "CRM")
    ]


def test_what_asks_for_nothing_says_why_before_what_else_is_to_be_known() -> None:
    outcome = ignored(begin(a_request(), "sqs"), "the cooldown holds", note="and this", flow_version="2")
    assert (outcome.status, outcome.note, outcome.flow_version) == (Status.IGNORED, "the cooldown holds; and this", "2")


def test_an_event_of_an_alarm_that_tells_no_change_is_ignored_by_its_name() -> None:
    told = no_alarm({"detail-type": "CloudWatch Alarm Configuration Change\ud800"}, request_id="i", door="eventbridge")
    assert told.as_dict()["status"] == "ignored"
    assert (told.request_id, told.error) == ("i", None)
    assert told.note == "CloudWatch Alarm Configuration Change?: only a change of an alarm's state asks for anything"


def test_in_brief_a_hundred_steps_are_listed_and_a_note_says_how_many_more_there_are() -> None:
    outcome = outcome_of(flow(*(step("A", 5) for _ in range(107))))
    assert len(outcome.in_brief()["steps"]) == 100
    assert outcome.in_brief()["note"] == "7 more steps are not listed"
    assert replace(outcome, note="and this").in_brief()["note"] == "and this; 7 more steps are not listed"
    assert (len(outcome.as_dict()["steps"]), outcome.as_dict()["note"]) == (107, None)


def test_an_invoke_is_answered_in_full_as_long_as_lambda_takes_it_and_else_in_brief() -> None:
    small = outcome_of(flow(*(step("A", 5) for _ in range(107))))
    large = outcome_of(flow(*(step("A", 5, id="i" * 500) for _ in range(12_000))))
    assert answer([small, small]) == {"outcomes": [small.as_dict()] * 2}
    assert answer([small, large]) == {"outcomes": [small.in_brief(), large.in_brief()]}
    assert len(json.dumps(answer([large]))) < 6_000_000


def test_steps_that_are_not_listed_count_all_the_same() -> None:
    steps = [step("A", 9) for _ in range(100)]
    assert outcome_of(flow(*steps, step("A", 4))).in_brief()["previous_timeout_seconds"] == 4


def test_in_brief_long_names_and_paths_are_cut() -> None:
    body = {"steps": [{"k" * 5000: step("A", 5, id="i" * 5000)}]}
    [told] = outcome_of(body).in_brief()["steps"]
    assert [len(told["path"]), len(told["id"])] == [512, 512]
    [whole] = outcome_of(body).as_dict()["steps"]
    assert len(whole["path"]) > 5000


def test_half_a_surrogate_pair_in_a_flow_is_told_as_a_question_mark_for_no_one_could_pass_it_on() -> None:
    body = {"\ud800": step("A", 5, id="i\ud800"), "steps": [step("n\ud800", 5)]}
    outcome = outcome_of(body, action_name=None, operation="inspect")
    for told in (outcome.as_dict(), outcome.in_brief()):
        assert [(s["path"], s["id"], s["name"]) for s in told["steps"]] == [("?", "i?", "A"), ("steps[0]", None, "n?")]


def told_to_wait(seconds: float) -> RateLimited:
    error = RateLimited("slow down", http_status=429)
    error.retry_after_seconds = seconds
    return error


@pytest.mark.parametrize(
    ("error", "status", "wait"),
    [
        (Rejection("timeout_out_of_range", "too much"), Status.REJECTED, None),
        (FlowLocked("locked"), Status.REJECTED, None),
        (ConflictRetriesExhausted("again and again"), Status.DEFERRED, None),
        (OutOfTime("too late"), Status.DEFERRED, 0),
        (told_to_wait(47.5), Status.DEFERRED, 47.5),
        (GenesysCloudError("of no kind"), Status.DEFERRED, None),
    ],
)
def test_what_is_permanent_is_rejected_and_all_else_comes_again_when_it_is_due(
    error: GenesysCloudError, status: Status, wait: float | None
) -> None:
    outcome = failed(begin(a_request(), "sqs"), error)
    assert (outcome.status, outcome.retry_after_seconds) == (status, wait)
    assert outcome.as_dict()["error"]["code"] == error.code


def test_an_error_carries_what_genesys_answered() -> None:
    refusal = Refusal("no", http_status=423, genesys_code="flow.locked", correlation_id="c-7")
    outcome = failed(begin(a_request(), "sqs"), refusal.becomes(FlowLocked, "it is locked", hint="ask its editor"))
    assert outcome.as_dict()["error"] == {
        "code": "flow_locked",
        "message": "it is locked",
        "hint": "ask its editor",
        "http_status": 423,
        "genesys_code": "flow.locked",
        "correlation_id": "c-7",
    }


def test_of_what_is_no_request_as_much_is_kept_as_can_be_read() -> None:
    raw = {
        "flow_id": "x" * 1000,
        "action_name": 5,
        "request_id": "r" * 1000,
        "organization": "O" * 99,
        "reason": "\ud800",
    }
    told = unreadable(raw, "flow_id must be ...", request_id="m", door="sqs").as_dict()
    assert told["status"] == "rejected"
    assert told["error"]["code"] == "invalid_request"
    assert told["error"]["message"] == "flow_id must be ..."
    assert (told["target"], told["request_id"]) == ({"flow_id": "x" * 256}, "r" * 128)
    assert (told["organization"], told["reason"]) == ("O" * 32, "?")


@pytest.mark.parametrize("raw", [None, 5, [], {}, {"request_id": ""}, {"request_id": 5}])
def test_without_a_request_id_of_its_own_the_messages_stands_for_it(raw: object) -> None:
    assert unreadable(raw, "no", request_id="m", door="sqs").request_id == "m"


def test_whatever_genesys_cloud_says_takes_no_more_room_than_every_place_has() -> None:
    error = PublishRejected("m" * 10**6, hint="h" * 10**6, genesys_code="c" * 10**6, correlation_id="i" * 10**6)
    outcome = failed(begin(a_request(), "sqs"), error, flow_version="7" * 10**6, note="n" * 10**6)
    for described in (outcome.as_dict(), outcome.in_brief()):
        assert len(json.dumps(described)) < 25_000
