"""A message to the deployed stack: through SQS, the event source mapping and the built function to Genesys Cloud."""

import json
import os
import subprocess
import sys

import pytest

from e2e.looking import dead_letter_where, eventually, invoke, send, stands_at, timeout
from playground import Playground
from sam import ALARM_ROUTES_PARAMETER, BUILD

pytestmark = pytest.mark.e2e

LAYERS = ("DependenciesLayer", "AwsSupportLayer", "GenesysCloudLayer")


def test_a_message_on_the_queue_raises_the_timeout_in_genesys_cloud(playground: Playground) -> None:
    send(playground, {"flow_id": "callback", "action_name": "Schedule Callback", "timeout_seconds": 13})
    stands_at(playground, ("callback", "steps[0]"), 13)


def test_a_message_on_the_queue_raises_the_timeout_of_an_integration_action(playground: Playground) -> None:
    send(playground, {"data_action_name": "Check Stock", "timeout_seconds": 44})
    stands_at(playground, ("custom-stock-check", "config.timeoutSeconds"), 44)


def test_what_was_raised_is_put_back_when_asked_for_and_what_was_absent_is_absent_again(playground: Playground) -> None:
    target = {"flow_id": "identity-check", "action_name": "Get Voiceprint"}
    [raised] = invoke(playground, {**target, "timeout_seconds": 9})
    assert (raised["status"], timeout(playground, ("identity-check", "steps[1]"))) == ("raised", 9)
    send(playground, {**target, "operation": "restore"})
    stands_at(playground, ("identity-check", "steps[1]"), None)


def test_a_refused_message_lies_in_the_dead_letter_queue_with_its_reason(playground: Playground) -> None:
    send(playground, "raise it, please")
    message = dead_letter_where(playground, lambda letter: letter["Body"] == "raise it, please")
    assert message["MessageAttributes"]["error_code"]["StringValue"] == "invalid_request"
    assert "not JSON" in message["MessageAttributes"]["error_message"]["StringValue"]


def test_a_request_that_has_to_wait_comes_again_and_is_done(playground: Playground) -> None:
    # A redirect is neither followed nor tried again at once: the message hides for up to half a minute.
    playground.genesys.ask(
        "POST", "/faults", {"operation": "get_flow", "flow_id": "survey", "redirect": "http://127.0.0.1:9/elsewhere"}
    )
    send(playground, {"flow_id": "survey", "action_name": "Store Survey", "timeout_seconds": 21})
    place = ("survey", "steps[0].body.steps[0]")
    eventually(lambda: timeout(playground, place) == 21 or None, within_seconds=60)
    calls = playground.genesys.ask("GET", "/calls")["calls"]
    assert [call["status"] for call in calls if call.get("flow_id") == "survey"] == [307, 200, 200]


def test_a_direct_invoke_answers_with_its_outcomes(playground: Playground) -> None:
    [outcome] = invoke(playground, {"flow_id": "inbound-main", "operation": "inspect"})
    assert outcome["status"] == "inspected"
    assert [step["name"] for step in outcome["steps"]].count("Get Customer") == 3


def test_an_event_that_the_function_cannot_take_is_given_up_into_the_dead_letter_queue(playground: Playground) -> None:
    event = {"neither": "a request", "nor": "an alarm"}
    playground.client("lambda").invoke(
        FunctionName=playground.outputs["FunctionName"], InvocationType="Event", Payload=json.dumps(event)
    )
    message = dead_letter_where(playground, lambda letter: "requestPayload" in json.loads(letter["Body"]))
    content = json.loads(message["Body"])
    assert content["requestPayload"] == event
    assert "none of the shapes" in content["responsePayload"]["errorMessage"]


ONE_CALL_EACH = """
import inspect, sys
from aws_support import clients

calls = {
    "cloudwatch": lambda client: client.describe_alarms(),
    "dynamodb": lambda client: client.list_tables(),
    "events": lambda client: client.list_event_buses(),
    "parameters": lambda texts: texts.get(sys.argv[1], max_age=0),
    "secrets": lambda texts: texts.get(sys.argv[2], max_age=0),
    "sqs": lambda client: client.list_queues(),
}
made = dict(inspect.getmembers(clients, lambda each: inspect.isfunction(each) and each.__module__ == clients.__name__))
assert {name for name in made if not name.startswith("_")} == calls.keys(), made.keys()
for name, call in calls.items():
    assert call(made[name]()), name
"""


@pytest.mark.parametrize(
    ("function", "entry"), [("TimeoutRaiserFunction", "app"), ("LatencyProbeFunction", "latency_probe.app")]
)
def test_functions_and_layers_need_nothing_but_themselves(playground: Playground, function: str, entry: str) -> None:
    # The emulator's own packages leak into functions: only an interpreter without any shows what is missing.
    layers = [BUILD / "build" / layer / "python" for layer in LAYERS]
    variables = {
        "PYTHONPATH": os.pathsep.join(map(str, [BUILD / "build" / function, *layers])),
        "GENESYS_SECRET_ID": "s",
        "REQUEST_QUEUE_URL": "q",
        "DEAD_LETTER_QUEUE_URL": "d",
        "LEDGER_TABLE_NAME": "l",
        "PROBE_ORGANIZATIONS": "default",
        **playground.aws.environment,
    }
    program = f"import {entry}\n{ONE_CALL_EACH}\nprint('good')"
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", program, ALARM_ROUTES_PARAMETER, playground.outputs["SecretName"]],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("good", "")
