"""How the end-to-end tests look at the deployed stack: from outside, and patiently."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from journal import Journal, Outcome
from playground import Playground
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


def stands_at(playground: Playground, place: Place, seconds: int | None) -> None:
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
