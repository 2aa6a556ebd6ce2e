"""Which door an event came through, and what it brings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doors import Ask, Door, Doors, Mail, UnknownEvent
from fakes import READER, sqs_event, sqs_record
from routing import RouteReader

GOOD = {"flow_id": "f", "action_name": "A", "timeout_seconds": 10}


def opened(event: object) -> Mail:
    return Doors(READER, RouteReader()).open(event, "the-invocation")


def problem(ask: Ask) -> str:
    assert ask.request is None
    assert ask.outcome is not None
    assert ask.outcome.error is not None
    assert ask.outcome.error.code == "invalid_request"
    return ask.outcome.error.message


def test_a_request_by_itself_is_a_direct_invoke() -> None:
    mail = opened(GOOD)
    [ask] = mail.asks
    assert mail.door is Door.DIRECT
    assert ask.request == READER.read(GOOD, default_request_id="the-invocation")
    assert json.loads(ask.text) == GOOD


def test_several_requests_are_taken_each_for_itself_in_order() -> None:
    mail = opened({"requests": [GOOD, {"flow_id": "f"}, {**GOOD, "flow_id": "g"}]})
    assert [ask.request and ask.request.flow_id for ask in mail.asks] == ["f", None, "g"]
    assert problem(mail.asks[1]).startswith("action_name (or step_id) is missing")
    assert [json.loads(ask.text) for ask in mail.asks] == [GOOD, {"flow_id": "f"}, {**GOOD, "flow_id": "g"}]


def test_a_wrong_request_by_itself_is_still_a_direct_invoke_and_answered_as_one() -> None:
    [ask] = opened({"flow_id": 5}).asks
    assert problem(ask).startswith("flow_id must be")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"hello": "world"},
        [],
        [GOOD],
        None,
        "flow_id",
        5,
        {"Records": []},
        {"Records": None},
        {"Records": "aws:sqs"},
        {"Records": [{"eventSource": "aws:s3"}]},
        {"Records": [{"EventSource": "aws:sqs"}]},
        {"Records": [sqs_record("m", "{}"), {"eventSource": "aws:s3"}]},
        {"Records": [sqs_record("m", "{}"), "aws:sqs"]},
        {"source": "aws.health", "detail-type": "AWS Health Event"},
    ],
)
def test_an_event_of_no_known_shape_is_an_error_that_names_the_shapes(event: object) -> None:
    with pytest.raises(UnknownEvent) as unknown:
        opened(event)
    for shape in (
        "SQS event",
        "SNS event",
        "EventBridge event of a CloudWatch alarm",
        "CloudWatch alarm action",
        '{"flow_id": ...}',
        '{"requests": [request, ...]}',
    ):
        assert shape in str(unknown.value)


def test_an_sqs_record_brings_its_message_with_id_receipt_count_and_time() -> None:
    mail = opened(sqs_event(json.dumps(GOOD), ApproximateReceiveCount="4", SentTimestamp="1795430000123"))
    [ask] = mail.asks
    letter = ask.letter
    assert mail.door is Door.SQS
    assert (letter.id, letter.receipt_handle, letter.receive_count, letter.sent_at) == ("m0", "r0", 4, 1795430000123)
    assert ask.request is not None
    assert (ask.request.request_id, ask.text) == ("m0", json.dumps(GOOD))


def test_a_request_id_of_its_own_counts_before_the_messages() -> None:
    [ask] = opened(sqs_event(json.dumps({**GOOD, "request_id": "mine"}))).asks
    assert ask.request is not None
    assert ask.request.request_id == "mine"


def test_requests_count_in_the_order_they_were_sent_and_within_a_moment_as_they_stand() -> None:
    def record(name: str, sent: str) -> dict[str, Any]:
        body = json.dumps({"requests": [{**GOOD, "flow_id": name}, {**GOOD, "flow_id": f"{name}-2"}]})
        return sqs_record(name, body, SentTimestamp=sent)

    mail = opened(
        {"Records": [record("late", "1795430000010"), record("early", "999"), record("late-too", "1795430000010")]}
    )
    assert [ask.request and ask.request.flow_id for ask in mail.asks] == [
        "early",
        "early-2",
        "late",
        "late-2",
        "late-too",
        "late-too-2",
    ]


@pytest.mark.parametrize("wrong", ["", "soon", "-1", "1.5", "٣", "9" * 30, None, True, [], {}])
def test_a_time_or_count_that_makes_no_sense_counts_as_none(wrong: Any) -> None:
    [ask] = opened(sqs_event("{}", ApproximateReceiveCount=wrong, SentTimestamp=wrong)).asks
    assert (ask.letter.receive_count, ask.letter.sent_at) == (1, 0)


@pytest.mark.parametrize("missing", ["attributes", "receiptHandle", "body", "messageId"])
def test_a_record_that_lacks_something_is_taken_as_far_as_it_goes(missing: str) -> None:
    record = sqs_record("m", json.dumps(GOOD))
    del record[missing]
    assert len(opened({"Records": [record]}).asks) == 1


@pytest.mark.parametrize(
    "body",
    ["", "raise it, please", "{", '{"flow_id": "f"} {}', "\ufeff{}", "[" * 100_000, "\x00", "NaN", '{"flow_id": NaN}'],
)
def test_a_message_that_is_not_json_is_said_to_be_none_and_kept_as_it_came(body: str) -> None:
    [ask] = opened(sqs_event(body)).asks
    assert problem(ask).startswith("the message is not JSON: it must be a request such as")
    assert ask.text == body


@pytest.mark.parametrize("body", ["null", "5", "[]", '"f"', "true"])
def test_a_message_that_is_no_object_is_refused_as_what_it_is(body: str) -> None:
    [ask] = opened(sqs_event(body)).asks
    assert "is not a request" in problem(ask)


def test_a_body_that_is_no_text_is_refused_and_kept_as_json() -> None:
    [ask] = opened({"Records": [sqs_record("m", None)]}).asks
    assert "null is not a request" in problem(ask)
    assert ask.text == "null"


@pytest.mark.parametrize("several", [[], None, {}, GOOD, "x", 5])
def test_several_must_be_a_list_with_something_in_it(several: object) -> None:
    content = {"requests": several}
    for event in (content, sqs_event(json.dumps(content))):
        [ask] = opened(event).asks
        assert problem(ask).startswith("requests must be a list of 1 to 1000 requests, not ")


def test_a_message_may_hold_a_thousand_requests_and_no_more() -> None:
    assert len(opened(sqs_event(json.dumps({"requests": [GOOD] * 1000}))).asks) == 1000
    [ask] = opened(sqs_event(json.dumps({"requests": [GOOD] * 1001}))).asks
    assert problem(ask).endswith("not a list of 1001")


def test_fields_beside_several_are_refused_by_name() -> None:
    for event in ({"requests": [GOOD], "dry_run": True}, sqs_event(json.dumps({"requests": [GOOD], "dry_run": True}))):
        [ask] = opened(event).asks
        assert problem(ask).startswith("unknown field 'dry_run' beside requests")


def test_what_is_wrong_in_one_record_harms_no_other() -> None:
    mail = opened(sqs_event("{", json.dumps(GOOD), "[]", json.dumps({"requests": [5, GOOD]})))
    assert [bool(ask.request) for ask in mail.asks] == [False, True, False, False, True]
    assert [ask.letter.id for ask in mail.asks] == ["m0", "m1", "m2", "m3", "m3"]


def test_half_a_surrogate_pair_in_a_request_of_several_can_still_be_sent_on() -> None:
    [ask] = opened(sqs_event('{"requests": ["\\ud800"]}')).asks
    assert "is not a request" in problem(ask)
    assert ask.text.encode() == b'"\\ud800"'
