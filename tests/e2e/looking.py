"""How the end-to-end tests look at the deployed stack: from outside, and patiently."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from journal import Journal, Outcome
from playground import PLATFORM, Playground
from probe_look import ActionMinute, checkpoint_key, measure, measured_minutes
from stage import Place, data_actions_of

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], within_seconds: float = 30) -> Found:
    give_up_at = time.monotonic() + within_seconds
    while (found := look()) is None:
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.1)
    return found


def timeout(playground: Playground, place: Place) -> Any:
    """What stands there now, in seconds; None where none is set."""
    return data_actions_of(lambda path: playground.genesys.ask("GET", path))[place]["timeout"]


def stands_at(playground: Playground, place: Place, seconds: int | str | None) -> None:
    """Waits until it does."""
    eventually(lambda: timeout(playground, place) == seconds or None)


def send(playground: Playground, message: object) -> str:
    """Drops a message on the request queue; returns its id."""
    body = message if isinstance(message, str) else json.dumps(message)
    sent = playground.client("sqs").send_message(QueueUrl=playground.outputs["RequestQueueUrl"], MessageBody=body)
    message_id: str = sent["MessageId"]
    return message_id


def invoke(playground: Playground, event: object) -> list[Outcome]:
    """Invokes the function; returns its outcomes."""
    answer = playground.client("lambda").invoke(
        FunctionName=playground.outputs["FunctionName"], Payload=json.dumps(event)
    )
    outcomes: list[Outcome] = json.load(answer["Payload"])["outcomes"]
    return outcomes


def outcomes_where(playground: Playground, fits: Callable[[Outcome], bool], *, count: int = 1) -> list[Outcome]:
    """Waits until the log has so many outcomes that fit; all of them."""
    journal = Journal(playground.client("logs"), playground.outputs["LogGroupName"])

    def look() -> list[Outcome] | None:
        journal.catch_up()
        found = [outcome for outcome in journal.outcomes if fits(outcome)]
        return found if len(found) >= count else None

    return eventually(look)


def dead_letter_where(playground: Playground, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Waits for a message in the dead-letter queue, and takes it out. Others stay."""
    sqs, url = playground.client("sqs"), playground.outputs["DeadLetterQueueUrl"]

    def look() -> dict[str, Any] | None:
        received = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        found: dict[str, Any] | None = next(filter(fits, received.get("Messages", [])), None)
        return found

    message = eventually(look)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return message


def without_schedule(playground: Playground) -> None:
    """From now on the latency probe measures only when it is told to."""
    events = playground.client("events")
    for rule in events.list_rules()["Rules"]:
        if rule.get("ScheduleExpression"):
            events.disable_rule(Name=rule["Name"])


def measure_minutes_ago(
    playground: Playground, executions: Mapping[int, Mapping[str, Sequence[float]]], *, anew: bool = True
) -> list[dict[str, Any]]:
    """Has the probe measure what was executed so many minutes ago, in milliseconds by action; what it tells.

    Args:
        anew: whether it forgets up to where it has measured: what is there by then is forgotten, too.
    """
    if anew:
        table = playground.outputs["LedgerTableName"]
        playground.client("dynamodb").delete_item(TableName=table, Key=checkpoint_key(PLATFORM))
    now = datetime.now(UTC).replace(second=30, microsecond=0)
    for ago, durations in executions.items():
        for action_id, milliseconds in durations.items():
            content = {"action_id": action_id, "milliseconds": milliseconds}
            at = (now - timedelta(minutes=ago)).isoformat()
            playground.genesys.ask("POST", "/executions", {**content, "at": at})
    return measure(playground.client("lambda"), playground.outputs["LatencyProbeFunctionName"])


def measured_of(playground: Playground, action_id: str) -> list[ActionMinute]:
    """What it has measured of an action so far."""
    minutes = measured_minutes(playground.client("logs"), playground.outputs["LatencyProbeLogGroupName"])
    return [minute for minute in minutes if minute.action_id == action_id]
