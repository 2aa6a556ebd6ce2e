"""A standard queue of SQS in virtual time: hidden messages, receive counts, redrive, and now and then one too many."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from random import Random

    from types_boto3_sqs import SQSClient

    from simulation.virtual_time import VirtualTime

Json = dict[str, Any]

REQUESTS, DEAD_LETTERS = "https://sqs/requests", "https://sqs/dead-letters"

NOT_HIDDEN_SHARE = 0.001
"""So many receives leave their message visible: delivery is at least once, not exactly."""


@dataclass
class Message:
    """A message, and what has become of it.

    Attributes:
        visible_at: when it can be received again.
        receipt: the newest one; older ones count no more.
    """

    id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0
    receipt: str = ""
    deleted_at: float | None = None


class SqsQueue:
    """The request queue with its dead-letter queue.

    Args:
        visibility_timeout: how long a received message stays hidden, in seconds.
        max_receive_count: a message that was received so often is moved instead of received once more.
        chance: decides which message is delivered too often.

    Attributes:
        dead: messages that were received too often.
        buried: bodies that the function itself has put into the dead-letter queue.
    """

    def __init__(self, time: VirtualTime, *, visibility_timeout: float, max_receive_count: int, chance: Random) -> None:
        self._time = time
        self._visibility_timeout = visibility_timeout
        self._max_receive_count = max_receive_count
        self._chance = chance
        self._by_receipt: dict[str, Message] = {}
        self._shown: list[tuple[float, int, Message]] = []
        self._order = count()
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self.buried: list[str] = []
        self.left = 0

    def send(self, body: str, delay: float = 0) -> None:
        """Takes a message, to be visible after a delay."""
        now = self._time.now
        message = Message(f"m{len(self.messages)}", body, now, now + delay)
        self.messages.append(message)
        self.left += 1
        self._show(message)

    def receive(self, most: int) -> list[Json]:
        """So many visible messages at most, those first that have been visible longest, as records of an event."""
        records: list[Json] = []
        while self._shown and len(records) < most and self._shown[0][0] <= self._time.now:
            visible_at, _, message = heapq.heappop(self._shown)
            if message.deleted_at is not None or message.visible_at != visible_at:
                continue  # deleted, or hidden for longer meanwhile
            if message.receives >= self._max_receive_count:
                message.deleted_at = self._time.now
                self.dead.append(message)
                self.left -= 1
                continue
            records.append(self._record(message))
        return records

    def delete(self, records: Sequence[Json]) -> None:
        """Deletes messages by their receipts."""
        for record in records:
            message = self._by_receipt[record["receiptHandle"]]
            if message.deleted_at is None:
                message.deleted_at = self._time.now
                self.left -= 1

    def _record(self, message: Message) -> Json:
        message.receives += 1
        message.receipt = f"{message.id}-{message.receives}"
        self._by_receipt[message.receipt] = message
        is_hidden = self._chance.random() >= NOT_HIDDEN_SHARE
        message.visible_at = self._time.now + (self._visibility_timeout if is_hidden else 0)
        self._show(message)
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.receives),
                "SentTimestamp": str(int(message.sent_at * 1000)),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": "eu-west-1",
        }

    def _show(self, message: Message) -> None:
        heapq.heappush(self._shown, (message.visible_at, next(self._order), message))

    # -- as boto3's client ---------------------------------------------------------------------------------------------

    @property
    def client(self) -> Callable[[], SQSClient]:
        """What the function's queues call."""
        return lambda: cast("SQSClient", self)

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Json]) -> Json:  # noqa: N803
        for entry in Entries:
            if QueueUrl == DEAD_LETTERS:
                self.buried.append(entry["MessageBody"])
            else:
                self.send(entry["MessageBody"], entry["DelaySeconds"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[Json]) -> Json:  # noqa: N803
        assert QueueUrl == REQUESTS
        for entry in Entries:
            message = self._by_receipt[entry["ReceiptHandle"]]
            assert 0 <= entry["VisibilityTimeout"] <= 43_200, "SQS refuses it"
            if message.receipt == entry["ReceiptHandle"] and message.deleted_at is None:
                message.visible_at = self._time.now + entry["VisibilityTimeout"]
                self._show(message)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}
