"""A message to the deployed stack: through SQS, the event source mapping and the built function to Genesys Cloud."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from playground import Playground
from sam import BUILD

pytestmark = pytest.mark.e2e

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], within_seconds: float = 30) -> Found:
    give_up_at = time.monotonic() + within_seconds
    while (found := look()) is None:
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.1)
    return found


def timeouts(playground: Playground, flow_id: str) -> dict[str, Any]:
    flows = playground.genesys.ask("GET", "/flows")["flows"]
    return {a["path"]: a["timeout"] for flow in flows if flow["id"] == flow_id for a in flow["data_actions"]}


def test_a_message_on_the_queue_raises_the_timeout_in_genesys_cloud(playground: Playground) -> None:
    request = {"flow_id": "callback", "action_name": "Schedule Callback", "timeout_seconds": 13}
    playground.client("sqs").send_message(
        QueueUrl=playground.outputs["RequestQueueUrl"], MessageBody=json.dumps(request)
    )
    eventually(lambda: timeouts(playground, "callback") == {"steps[0]": 13} or None)


def test_a_refused_message_lies_in_the_dead_letter_queue_with_its_reason(playground: Playground) -> None:
    sqs = playground.client("sqs")
    sqs.send_message(QueueUrl=playground.outputs["RequestQueueUrl"], MessageBody="raise it, please")
    [message] = eventually(
        lambda: sqs.receive_message(
            QueueUrl=playground.outputs["DeadLetterQueueUrl"], MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages")
    )
    assert message["Body"] == "raise it, please"
    assert message["MessageAttributes"]["error_code"]["StringValue"] == "invalid_request"
    assert "not JSON" in message["MessageAttributes"]["error_message"]["StringValue"]


def test_a_request_that_has_to_wait_comes_again_and_is_done(playground: Playground) -> None:
    # A redirect is neither followed nor tried again at once: the message hides for up to half a minute.
    playground.genesys.ask(
        "POST", "/faults", {"operation": "get_flow", "flow_id": "survey", "redirect": "http://127.0.0.1:9/elsewhere"}
    )
    request = {"flow_id": "survey", "action_name": "Store Survey", "timeout_seconds": 21}
    playground.client("sqs").send_message(
        QueueUrl=playground.outputs["RequestQueueUrl"], MessageBody=json.dumps(request)
    )
    eventually(lambda: timeouts(playground, "survey") == {"steps[0].body.steps[0]": 21} or None, within_seconds=60)
    calls = playground.genesys.ask("GET", "/calls")["calls"]
    assert [call["status"] for call in calls if call["flow_id"] == "survey"] == [307, 200, 200]


def test_a_direct_invoke_answers_with_its_outcomes(playground: Playground) -> None:
    answer = playground.client("lambda").invoke(
        FunctionName=playground.outputs["FunctionName"],
        Payload=json.dumps({"flow_id": "inbound-main", "operation": "inspect"}),
    )
    [outcome] = json.load(answer["Payload"])["outcomes"]
    assert outcome["status"] == "inspected"
    assert [step["name"] for step in outcome["steps"]].count("Get Customer") == 3


def test_function_and_layers_need_nothing_but_themselves(playground: Playground) -> None:
    # The emulator's own packages leak into functions: only an interpreter without any shows what is missing.
    layers = [BUILD / "build" / layer / "python" for layer in ("DependenciesLayer", "GenesysCloudLayer")]
    variables = {
        "PYTHONPATH": os.pathsep.join(map(str, [BUILD / "build" / "TimeoutRaiserFunction", *layers])),
        "GENESYS_SECRET_ID": "s",
        "REQUEST_QUEUE_URL": "q",
        "DEAD_LETTER_QUEUE_URL": "d",
        **playground.aws.environment,
    }
    code = "import app; from aws import clients; clients.sqs(), clients.events(), clients.secrets(); print('good')"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=variables, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("good", "")
