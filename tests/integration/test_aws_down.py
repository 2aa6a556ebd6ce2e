"""AWS services that do not answer: told in the outcome, within the deadline, and nothing is lost."""

import socket
from collections.abc import Iterator

import pytest

from emulated_aws import free_port
from genesys_simulator import GenesysSimulator
from integration.harness import Aws, Function, Start, ask, flow, step, timeouts


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


def run(function: Function, aws: Aws, *bodies: dict[str, object]) -> int:
    event = aws.deliver(*bodies)
    return len(function.invoke(event, seconds=6)["batchItemFailures"])


def test_all_of_aws_down(aws: Aws, genesys: GenesysSimulator, start: Start) -> None:
    function = start(AWS_ENDPOINT_URL=nowhere())
    assert run(function, aws, ask(), {"not": "a request"}) == 2
    assert [outcome["error"]["code"] for outcome in function.outcomes()] == [
        "credentials_unavailable",
        "invalid_request",
    ]
    assert genesys.calls == []
    assert function.seconds < 5
    assert set(function.problems()) == {"message not settled", "outcomes not put on the event bus"}


def test_secrets_manager_down(aws: Aws, start: Start) -> None:
    function = start(AWS_ENDPOINT_URL_SECRETS_MANAGER=nowhere())
    assert function.take(ask()) == [0]
    assert function.outcome()["error"]["code"] == "credentials_unavailable"
    assert aws.waits()[0] <= 30


def test_sqs_down(genesys: GenesysSimulator, aws: Aws, start: Start) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))
    function = start(AWS_ENDPOINT_URL_SQS=nowhere())
    assert run(function, aws, ask(), ask("nope"), ask("f", "Nope")) == 2
    assert timeouts(genesys) == {"Slow": 10}
    assert [event["detail"]["status"] for event in aws.bus_events()] == ["raised", "rejected", "rejected"]


def test_dynamodb_down(genesys: GenesysSimulator, start: Start) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))
    function = start(AWS_ENDPOINT_URL_DYNAMODB=nowhere())
    assert function.take(ask(), ask(operation="set", timeout_seconds=8)) == []
    assert timeouts(genesys) == {"Slow": 8}
    assert [outcome["status"] for outcome in function.outcomes()] == ["raised", "set"]
    assert all("not recorded in the ledger" in outcome["note"] for outcome in function.outcomes())
    assert (function.counts()["ChangesNotRecorded"], function.problems()) == (1, ["change not recorded in the ledger"])
    restore = {"flow_id": "f", "action_name": "Slow", "operation": "restore"}
    assert function.take(restore) == [0]
    assert function.outcomes()[-1]["error"]["code"] == "internal_error"
    assert timeouts(genesys) == {"Slow": 8}


def test_a_ledger_that_comes_back_is_asked_again(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))
    aws.drop_ledger()
    assert function.take(ask()) == []
    aws.create_ledger()
    assert function.take(ask(timeout_seconds=12)) == []
    entry = aws.remembered()["Slow"]
    assert (entry["before"]["seconds"], entry["written"]) == (10, 12)


@pytest.fixture
def silence() -> Iterator[str]:
    """A place that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_aws_that_never_answers_does_not_hold_it_past_the_deadline(aws: Aws, start: Start, silence: str) -> None:
    function = start(AWS_ENDPOINT_URL=silence)
    event = aws.deliver(ask(), {"not": "a request"})
    assert len(function.invoke(event, seconds=3)["batchItemFailures"]) == 2
    assert function.seconds < 3
    assert [outcome["status"] for outcome in function.outcomes()] == ["deferred", "rejected"]


def test_a_warm_function_recovers(genesys: GenesysSimulator, aws: Aws, function: Function) -> None:
    genesys.put_flow("f", flow(step("Slow", 3)))
    aws.put_secret("{")
    assert function.take(ask()) == [0]
    genesys.stop()
    assert function.take(ask(), seconds=2.8) == [0]
    genesys.start()
    assert function.take("not JSON") == []
