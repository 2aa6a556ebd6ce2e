"""What every part of the local run needs at hand: the deployed stack, seen from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import architect_look
from journal import Journal, Outcome
from playground import Playground
from report import Report

Place = tuple[str, str]
"""Where a timeout stands: id of the Flow (of either protocol) or integration action, and the path in it."""

INTEGRATION_ACTION = "integration action"
_ACTION_PATH = "config.timeoutSeconds"
_DELETES_WITHIN_SECONDS = 5


class Stage:
    """The deployed stack with whoever looks at it.

    Attributes:
        journal: the function's outcomes.
        queue, dead_letters, function: the stack's own, as calls name them.
    """

    def __init__(self, playground: Playground, report: Report) -> None:
        self.playground = playground
        self.report = report
        outputs = playground.outputs
        self.journal = Journal(playground.client("logs"), outputs["LogGroupName"])
        self.sqs = playground.client("sqs")
        self.queue, self.dead_letters = outputs["RequestQueueUrl"], outputs["DeadLetterQueueUrl"]
        self.function = outputs["FunctionName"]
        self._lambda = playground.client("lambda")

    def send(self, text: str) -> str:
        """Drops a message on the request queue; returns its id."""
        message_id: str = self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)["MessageId"]
        return message_id

    def invoke(self, event: str) -> list[Outcome]:
        """Invokes the function and waits for its outcomes."""
        answer = self._lambda.invoke(FunctionName=self.function, Payload=event)
        content = json.load(answer["Payload"])
        outcomes: list[Outcome] = content.get("outcomes", []) if isinstance(content, dict) else []
        return outcomes

    def invoke_and_forget(self, event: str) -> None:
        """Invokes the function and does not wait, as CloudWatch, EventBridge and SNS do."""
        self._lambda.invoke(FunctionName=self.function, InvocationType="Event", Payload=event)

    def look(self, path: str) -> Any:
        """Asks the simulator's own interface for a path."""
        return self.playground.genesys.ask("GET", path)

    def data_actions(self) -> dict[Place, dict[str, Any]]:
        """As `data_actions_of`."""
        return data_actions_of(self.look)

    def listener(self, name: str) -> tuple[str, str]:
        """A queue that keeps what others send there; returns its URL and ARN."""
        url: str = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return url, attributes["QueueArn"]

    def drain(self, url: str) -> list[dict[str, Any]]:
        """All messages of a queue; they are hidden afterwards."""
        messages: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
        ).get("Messages"):
            messages += batch
        return messages

    def left_on_queue(self) -> int:
        """How many messages the request queue holds, hidden and delayed ones too; waits for the last deletes."""
        names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
        give_up_at = time.monotonic() + _DELETES_WITHIN_SECONDS
        while True:
            counts = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
            left = sum(int(counts[name]) for name in names)
            if left == 0 or time.monotonic() > give_up_at:
                return left
            time.sleep(0.1)


def data_actions_of(look: Callable[[str], Any]) -> dict[Place, dict[str, Any]]:
    """Every Data Action in the simulated Genesys Cloud: `name`, `timeout`, `path`, and `where` it is.

    A step of an Architect Flow may have no seconds of its own: `architect_look.SUGGESTED`, or an expression.

    Args:
        look: asks the simulator's own interface for a path.
    """
    found = {
        (flow["id"], action["path"]): {**action, "where": flow["id"]}
        for flow in look("/flows")["flows"]
        for action in flow["data_actions"]
    }
    for step in architect_look.steps_with_a_timeout(look):
        found[step["flow_id"], step["path"]] = {**step, "where": step["flow_id"]}
    for action in look("/actions")["actions"]:
        found[action["id"], _ACTION_PATH] = {**action, "path": action["id"], "where": INTEGRATION_ACTION}
    return found


def places_in(outcome: Outcome) -> dict[Place, Mapping[str, Any]]:
    """The steps of an outcome by where they stand."""
    target = outcome["target"]
    return {
        (step.get("flow_id") or target.get("flow_id") or step["id"], step["path"]): step for step in outcome["steps"]
    }
