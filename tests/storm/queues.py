"""The queues of the storm: the request queue with its redrive to the dead-letter queue, as the template has them."""

from __future__ import annotations

import heapq
import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from integration.harness import sqs_record
from storm.documents import Json

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

MAX_RECEIVE_COUNT = 50
"""The template's."""
HIDDEN_SECONDS = 541
"""The template's visibility timeout."""
TIMES_SHORTER = 60
"""Every wait on the queue is so many times shorter than in reality: 5 minutes become 5 seconds."""
MOST_AT_ONCE = 10


class Queues:
    """Request queue and dead-letter queue of one storm.

    Args:
        url: of the emulated AWS, for what no client of AWS can see.
    """

    def __init__(self, sqs: SQSClient, url: str, requests: str, dead_letters: str) -> None:
        self._sqs = sqs
        self._url = url
        self.requests = requests
        self.dead_letters = dead_letters
        arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(MAX_RECEIVE_COUNT)})
        hidden = str(HIDDEN_SECONDS)
        sqs.set_queue_attributes(QueueUrl=requests, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": hidden})

    def send(self, bodies: Sequence[str]) -> list[str]:
        """Sends up to ten messages; their ids."""
        entries: Any = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        answer = self._sqs.send_message_batch(QueueUrl=self.requests, Entries=entries)
        ids = {int(entry["Id"]): entry["MessageId"] for entry in answer["Successful"]}
        return [ids[number] for number in range(len(bodies))]

    def receive(self, most: int) -> list[Json]:
        """Up to so many messages, as the records that Lambda hands to the function."""
        records: list[Json] = []
        while len(records) < most:
            answer = self._sqs.receive_message(
                QueueUrl=self.requests,
                MaxNumberOfMessages=min(MOST_AT_ONCE, most - len(records)),
                MessageSystemAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            records += [sqs_record(message) for message in messages]
            if len(messages) < MOST_AT_ONCE:
                break
        return records

    def show_now(self, handle: str) -> bool:
        """Makes a message visible at once; False where the handle is none any more."""
        try:
            self._sqs.change_message_visibility(QueueUrl=self.requests, ReceiptHandle=handle, VisibilityTimeout=0)
        except ClientError:
            return False
        return True

    def delete(self, handle: str) -> None:
        """Deletes a message, unless somebody else has received it since."""
        with suppress(ClientError):
            self._sqs.delete_message(QueueUrl=self.requests, ReceiptHandle=handle)

    def waiting(self) -> dict[str, float]:
        """By id of each message on the request queue, in how many seconds it can be received."""
        query = urllib.parse.urlencode({"QueueUrl": self.requests})
        address = f"{self._url}/_ministack/sqs/messages?{query}"
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310  # loopback
            [regions] = json.load(answer)["messages"].values()
        now = time.time()
        messages = regions["us-east-1"].get(self.requests, [])
        return {message["MessageId"]: max(0.0, message["VisibleAt"] - now) for message in messages}

    def dead(self) -> list[Any]:
        """Takes all that is in the dead-letter queue."""
        return drain(self._sqs, self.dead_letters)


def drain(sqs: SQSClient, url: str) -> list[Any]:
    """Takes all that is in a queue."""
    taken: list[Any] = []
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=MOST_AT_ONCE,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
        VisibilityTimeout=3600,
    ).get("Messages"):
        taken += messages
    return taken


class WaitingRoom(threading.Thread):
    """Where messages sit out their waits, which are so many times shorter here: it shows each again when it is due."""

    def __init__(self, queues: Queues) -> None:
        super().__init__(name="waiting room", daemon=True)
        self.queues = queues
        self._changed = threading.Condition()
        self._due: list[tuple[float, str]] = []
        self._over = False
        self.longest = 0.0

    def sit_out(self, handle: str, seconds: float) -> None:
        """Shows the message after a wait that would be so many seconds."""
        with self._changed:
            self.longest = max(self.longest, seconds)
            heapq.heappush(self._due, (time.monotonic() + seconds / TIMES_SHORTER, handle))
            self._changed.notify()

    def run(self) -> None:
        """Shows one message after the other."""
        while True:
            with self._changed:
                left = self._due[0][0] - time.monotonic() if self._due else 3600.0
                if self._over:
                    return
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, handle = heapq.heappop(self._due)
            self.queues.show_now(handle)

    def close(self) -> None:
        """Ends it; whoever waits goes on waiting."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self.join()
