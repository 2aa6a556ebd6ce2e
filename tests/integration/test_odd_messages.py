"""Messages that are large, empty, or hold characters that not every place takes: none is lost, none harms another."""

import json

import pytest

from genesys_simulator import GenesysSimulator
from integration.harness import Aws, DeadLetter, Function, ask, codes, flow, step, timeouts

NEIGHBOUR = ask(action_name="Other", timeout_seconds=4)
ODD_TEXTS = ["\x00\x01\x1f", "\ud83d", "\udc0e\ud83d", "\ufffe\uffff", "\u2028\u2029\r\n", "\x7f\x85", "🐎" * 200]


@pytest.fixture(autouse=True)
def a_flow(genesys: GenesysSimulator) -> None:
    genesys.put_flow("f", flow(step("Slow", 3), step("Other", 3)))


def assert_rejected_alone(
    bodies: list[str], genesys: GenesysSimulator, aws: Aws, function: Function
) -> list[DeadLetter]:
    assert function.take(*bodies, NEIGHBOUR) == []
    letters = aws.dead_letters()
    assert sorted(letter.body for letter in letters) == sorted(bodies)
    assert timeouts(genesys)["Other"] == 4
    assert function.problems() == []
    return letters


@pytest.mark.parametrize("field", ["flow_id", "action_name", "step_id", "requested_by", "request_id", "organization"])
def test_odd_characters_in_a_field(genesys: GenesysSimulator, aws: Aws, function: Function, field: str) -> None:
    bodies = [json.dumps({**ask(flow_id="no-such-flow"), field: text}) for text in ODD_TEXTS]
    letters = assert_rejected_alone(bodies, genesys, aws, function)
    assert all(value for letter in letters for value in letter.attributes.values())
    json.dumps(aws.bus_events()).encode()
    json.dumps(function.outcomes()).encode()


def test_odd_characters_in_an_unknown_field(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    bodies = [json.dumps({text: 1, **ask()}) for text in ODD_TEXTS]
    letters = assert_rejected_alone(bodies, genesys, aws, function)
    assert {letter.reason for letter in letters} == {"invalid_request"}


def test_odd_characters_in_what_genesys_cloud_says(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.fault(operation="publish", status=400, message="step \x00\x0b\ufffe\x85 is wrong: " + "ž" * 2000)
    assert function.take(ask()) == []
    [letter] = aws.dead_letters()
    assert letter.reason == "publish_rejected"
    assert "is wrong" in letter.attributes["error_message"]
    message = function.outcome()["error"]["message"]
    assert 400 < len(message) < 700


NO_REQUESTS = [
    *["null", "true", "17", '""', "[]", "{}", " ", "{", '{"flow_id": "f"', "\ufeff{}", "[" * 3000, '{"a":' * 3000],
    *['{"requests": []}', '{"requests": {}}', '{"requests": null}', '{"requests": [{}], "flow_id": "f"}'],
    json.dumps(ask()).replace("10", "1" * 5000),
    json.dumps(ask()).replace("10", "1e400"),
    json.dumps(ask()).replace("10", "NaN"),
    json.dumps(ask(flow_id="f\n")),
]


def test_what_is_no_request(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    letters = assert_rejected_alone(NO_REQUESTS, genesys, aws, function)
    assert {letter.reason for letter in letters} == {"invalid_request"}


def test_a_body_of_almost_a_mebibyte(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    body = json.dumps({**ask(), "reason": "x" * (1_048_576 - 1_000)})
    [letter] = assert_rejected_alone([body], genesys, aws, function)
    assert len(letter.attributes["error_message"]) < 200


def test_a_request_amid_a_lot_of_white_space(genesys: GenesysSimulator, function: Function) -> None:
    assert function.take(" " * 1_000_000 + json.dumps(ask())) == []
    assert timeouts(genesys)["Slow"] == 10


def test_many_large_messages_that_are_rejected(aws: Aws, function: Function) -> None:
    bodies = [json.dumps({**ask(), "reason": "ž" * 60_000, "request_id": f"r{i}"}) for i in range(10)]
    assert function.take(*bodies) == []
    assert sorted(letter.body for letter in aws.dead_letters()) == sorted(bodies)


@pytest.mark.parametrize("without", ["missing", "null"])
def test_a_record_without_a_body(genesys: GenesysSimulator, aws: Aws, function: Function, without: str) -> None:
    event = aws.deliver("lost", NEIGHBOUR)
    if without == "missing":
        del event["Records"][0]["body"]
    else:
        event["Records"][0]["body"] = None
    assert aws.end(event, function.invoke(event)) == []
    assert [letter.reason for letter in aws.dead_letters()] == ["invalid_request"]
    assert codes(function.outcomes()) == ["invalid_request", "raised"]
    assert timeouts(genesys)["Other"] == 4
