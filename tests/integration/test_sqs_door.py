"""Messages of the request queue: deleted, visible again after the wait that is due, or in the dead-letter queue."""

import json

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import HIDDEN_WHILE_PROCESSED_SECONDS, Aws, Function, Start, ask, codes, flow, step, timeouts


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), step("Other", 3)))


def test_a_message_that_was_carried_out_is_deleted(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    assert function.take(ask()) == []
    assert timeouts(genesys) == {"Slow": 10, "Other": 3}
    assert (aws.waits(), aws.dead_letters(), function.problems()) == ([], [], [])


@pytest.mark.parametrize(("told", "due"), [(120, 120), (899, 899), (4000, 900)])
def test_a_throttled_message_hides_as_long_as_told(
    genesys: GenesysSimulator, aws: Aws, function: Function, told: int, due: int
) -> None:
    genesys.fault(operation="get_flow", retry_after=told)
    assert function.take(ask()) == [0]
    assert aws.waits() == [pytest.approx(due, abs=1.5)]
    assert aws.dead_letters() == []


def test_without_a_told_wait_it_hides_at_random_for_up_to_half_a_minute(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.fault(operation="get_flow", status=501, times=100)
    assert function.take(*[ask()] * 10) == list(range(10))
    waits = aws.waits()
    assert len(set(map(round, waits))) > 1
    assert all(wait <= 30 for wait in waits)


def test_the_wait_grows_with_each_receive_up_to_five_minutes(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.fault(operation="get_flow", status=501, times=100)
    event = aws.deliver(*[ask()] * 10)
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = "40"
    assert len(aws.end(event, function.invoke(event))) == 10
    assert 30 < max(aws.waits()) <= 300


def test_a_message_that_time_did_not_suffice_for_is_visible_again_at_once(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    assert function.take(ask(), seconds=2.3) == [0]
    assert function.outcome()["error"]["code"] == "deadline_exceeded"
    assert aws.receive_counts() == ["2"]
    assert genesys.calls == []


def test_a_rejected_message_lies_in_the_dead_letter_queue_with_its_reason(aws: Aws, function: Function) -> None:
    body = json.dumps(ask(action_name="Slwo", request_id="case-17"), indent=4)
    assert function.take(body) == []
    [letter] = aws.dead_letters()
    assert letter.body == body
    assert letter.attributes.keys() == {"error_code", "error_message", "request_id"}
    assert (letter.reason, letter.attributes["request_id"]) == ("data_action_not_found", "case-17")
    assert "'Slow'" in letter.attributes["error_message"]
    assert aws.waits() == []


def test_without_a_request_id_the_message_id_stands_for_it(aws: Aws, function: Function) -> None:
    event = aws.deliver(ask(flow_id="nope"))
    function.invoke(event)
    [letter] = aws.dead_letters()
    assert letter.attributes["request_id"] == event["Records"][0]["messageId"] == function.outcome()["request_id"]


def test_a_dead_letter_queue_that_is_down_loses_nothing(aws: Aws, start: Start) -> None:
    function = start(DEAD_LETTER_QUEUE_URL=f"{aws.dead_letter_queue}-gone")
    assert function.take("not JSON", ask()) == [0]
    assert aws.waits() == [pytest.approx(HIDDEN_WHILE_PROCESSED_SECONDS, abs=3)]
    assert function.problems() == ["message not settled"]
    assert codes(function.outcomes()) == ["invalid_request", "raised"]


def test_the_requests_of_one_message_that_are_wrong_become_messages_of_their_own(aws: Aws, function: Function) -> None:
    wrong = [{"flow_id": "f"}, ask(action_name="Nope", request_id="r2"), 17]
    assert function.take({"requests": [wrong[0], ask(), *wrong[1:]]}) == []
    letters = aws.dead_letters()
    assert [json.loads(letter.body) for letter in letters] == wrong
    assert [letter.reason for letter in letters] == ["invalid_request", "data_action_not_found", "invalid_request"]


def test_a_message_with_something_left_to_try_comes_again_whole(
    genesys: GenesysSimulator, aws: Aws, start: Start
) -> None:
    function = start(FLOW_CONCURRENCY="1")  # one call after the other: the throttling comes after the first publish
    genesys.put_flow("g", flow(step("Slow", 3)))
    genesys.fault(operation="publish", flow_id="g", retry_after=77)
    several = {"requests": [ask(), ask(flow_id="g"), ask(action_name="Nope")]}
    assert function.take(several) == [0]
    assert codes(function.outcomes()) == ["raised", "rate_limited", "data_action_not_found"]
    assert aws.waits() == [pytest.approx(77, abs=1.5)]
    assert aws.dead_letters() == []
    assert timeouts(genesys) == {"Slow": 10, "Other": 3}


def test_later_messages_count_after_earlier_ones_whatever_their_order(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    event = aws.deliver(*[ask(timeout_seconds=seconds, operation="set") for seconds in (5, 6, 7)])
    for record, sent_at in zip(event["Records"], ("1795430000002", "1795430000003", "1795430000001"), strict=True):
        record["attributes"]["SentTimestamp"] = sent_at
    assert aws.end(event, function.invoke(event)) == []
    assert timeouts(genesys)["Slow"] == 6
    assert genesys.count("PUT", "/publish") == 1


def test_a_receipt_that_is_no_longer_valid_keeps_the_message(
    genesys: GenesysSimulator, aws: Aws, function: Function
) -> None:
    genesys.fault(operation="get_flow", status=501, times=2)
    event = aws.deliver(ask(), ask())
    event["Records"][0]["receiptHandle"] = "stale"
    del event["Records"][1]["receiptHandle"]
    assert aws.end({"Records": []}, {"batchItemFailures": []}) == []
    answer = function.invoke(event)
    assert len(answer["batchItemFailures"]) == 2
    assert function.problems() == ["message not settled"]
