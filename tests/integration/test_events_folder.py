"""The examples in events/: each does what its name, and the local run, say."""

import json
from typing import Any

import pytest

import scenario
from genesys_simulator import GenesysSimulator
from genesys_simulator.flow_document import set_timeout
from integration.harness import ROOT, Aws, Function, codes

FLOWS = sorted((ROOT / "local" / "flows").glob("*.json"))


@pytest.fixture(autouse=True)
def example_flows(genesys: GenesysSimulator) -> None:
    for file in FLOWS:
        genesys.put_flow(file.stem, file.read_bytes())


def make_trouble(genesys: GenesysSimulator) -> None:
    for _, path, content in scenario.TROUBLES:
        if path == "/faults":
            genesys.fault(**content)
        else:
            edit(genesys, **content)


def edit(genesys: GenesysSimulator, flow_id: str, action_name: str, timeout_seconds: int, times: int) -> None:
    genesys.edit_after_get(flow_id, lambda flow: set_timeout(flow, action_name, timeout_seconds), times=times)


def invoke_file(name: str) -> Any:
    return json.loads((ROOT / "events" / "invoke" / name).read_text())


@pytest.mark.parametrize("file", scenario.ENDINGS)
def test_a_message_ends_as_the_local_run_says(
    genesys: GenesysSimulator, aws: Aws, function: Function, file: str
) -> None:
    make_trouble(genesys)
    text = scenario.queue_events()[file]
    assert function.take(text) == []
    ended = [(outcome["status"], outcome["error"] and outcome["error"]["code"]) for outcome in function.outcomes()]
    assert ended == [(ending.status, ending.error_code) for ending in scenario.ENDINGS[file]]
    own_id = scenario.own_request_id(text)
    assert own_id is None or {outcome["request_id"] for outcome in function.outcomes()} == {own_id}
    rejected = [ending.error_code for ending in scenario.ENDINGS[file] if ending.status == "rejected"]
    assert [letter.reason for letter in aws.dead_letters()] == rejected


def test_all_messages_in_one_batch_end_the_same(genesys: GenesysSimulator, function: Function) -> None:
    make_trouble(genesys)
    assert function.take(*scenario.queue_events().values()) == []
    wanted = [
        ending.error_code or ending.status for file in scenario.queue_events() for ending in scenario.ENDINGS[file]
    ]
    assert codes(function.outcomes()) == wanted


def test_invoke_request(genesys: GenesysSimulator, function: Function) -> None:
    outcome = function.ask_one(invoke_file("request.json"))
    assert (outcome["status"], len(outcome["steps"])) == ("planned", 3)
    assert genesys.count("PUT", "") == 0


def test_invoke_requests(function: Function) -> None:
    assert codes(function.invoke(invoke_file("requests.json"))["outcomes"]) == ["inspected", "inspected"]


def test_invoke_sqs_batch(function: Function) -> None:
    assert function.invoke(invoke_file("sqs-batch.json")) == {"batchItemFailures": []}
    assert codes(function.outcomes()) == ["planned"]


def test_invoke_wrong_shape(function: Function) -> None:
    assert "UnknownEvent" in function.error(invoke_file("wrong-shape.json"))


def test_every_file_of_events_invoke_is_tested() -> None:
    files = {file.name for file in (ROOT / "events" / "invoke").iterdir()}
    assert files == {"request.json", "requests.json", "sqs-batch.json", "wrong-shape.json"}
