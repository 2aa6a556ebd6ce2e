"""The request queue and its dead-letter queue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from aws.packing import Entry, call_for_each, in_packs
from genesys_cloud.deadline import Deadline

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchResultTypeDef,
        SendMessageBatchRequestEntryTypeDef,
        SendMessageBatchResultTypeDef,
    )

    _BatchAnswer = SendMessageBatchResultTypeDef | ChangeMessageVisibilityBatchResultTypeDef

MOST_ENTRIES = 10
MOST_BYTES = 1_048_576
"""Of one call and of one message, attributes included (SQS quotas)."""
LONGEST_ATTRIBUTE = 1024
LONGEST_GROUP = 128

_NOT_GROUP = re.compile("[^A-Za-z0-9._-]")

# SQS takes what XML 1.0 takes as characters; one of these refuses the message.
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"  # compiled when needed: two milliseconds


@dataclass(frozen=True)
class DeadLetter:
    """A copy of what was rejected, with the reason."""

    body: str
    error_code: str
    error_message: str
    request_id: str

    def attributes(self) -> dict[str, str]:
        """Message attributes, in characters and lengths that SQS takes."""
        values = {"error_code": self.error_code, "error_message": self.error_message, "request_id": self.request_id}
        return {name: re.sub(_NOT_XML, "?", value)[:LONGEST_ATTRIBUTE] or "?" for name, value in values.items()}

    def size(self) -> int:
        """Bytes as SQS counts them."""
        return len(self.body.encode(errors="replace")) + sum(
            len(n) + len("String") + len(v.encode()) for n, v in self.attributes().items()
        )


class DeadLetterQueue:
    """Takes what is rejected for good."""

    def __init__(self, url: str, client: Callable[[], SQSClient]) -> None:
        self._url = url
        self._client = client

    def send(self, letters: Sequence[DeadLetter], deadline: Deadline) -> dict[int, str]:
        """Sends what it can before the deadline.

        Returns:
            For each that is not safely there: its index, and why.
        """
        packs = in_packs(
            list(enumerate(letters)), lambda item: item[1].size(), most_entries=MOST_ENTRIES, most_bytes=MOST_BYTES
        )
        return _failures(
            call_for_each(
                packs,
                lambda pack: self._client().send_message_batch(
                    QueueUrl=self._url, Entries=[_entry(index, letter) for index, letter in pack]
                ),
                deadline,
            )
        )


class PutOff(NamedTuple):
    """A message that is to be seen later.

    Attributes:
        seconds: until then; 900 at most.
        about: what it is about, such as a Flow's id: SQS keeps one Flow's many messages from holding up those of others
            (fair queues).
    """

    text: str
    seconds: int
    about: str


class RequestQueue:
    """The queue that requests come from, and that what has to wait goes to."""

    def __init__(self, url: str, client: Callable[[], SQSClient]) -> None:
        self._url = url
        self._client = client

    def put_off(self, messages: Sequence[PutOff], deadline: Deadline) -> dict[int, str]:
        """Sends messages to be seen after their waits, as many as it can before the deadline.

        Returns:
            For each that is not safely there: its index, and why.
        """
        packs = in_packs(
            list(enumerate(messages)),
            lambda item: len(item[1].text.encode(errors="replace")),
            most_entries=MOST_ENTRIES,
            most_bytes=MOST_BYTES,
        )
        return _failures(
            call_for_each(
                packs,
                lambda pack: self._client().send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(index),
                            "MessageBody": message.text,
                            "DelaySeconds": message.seconds,
                            "MessageGroupId": _NOT_GROUP.sub("_", message.about)[:LONGEST_GROUP] or "_",
                        }
                        for index, message in pack
                    ],
                ),
                deadline,
            )
        )

    def show_again(self, waits: Sequence[tuple[str, int]], deadline: Deadline) -> dict[int, str]:
        """Makes messages visible again after their waits, as many as it can before the deadline.

        Args:
            waits: receipt handle and seconds of each.

        Returns:
            For each that stays hidden as long as the queue says: its index, and why.
        """
        packs = in_packs(list(enumerate(waits)), lambda _: 0, most_entries=MOST_ENTRIES, most_bytes=MOST_BYTES)
        return _failures(
            call_for_each(
                packs,
                lambda pack: self._client().change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
                        for index, (handle, seconds) in pack
                    ],
                ),
                deadline,
            )
        )


def _failures(called: Iterable[tuple[list[tuple[int, Entry]], _BatchAnswer | str]]) -> dict[int, str]:
    """Of all calls, for each entry that failed: its index, and why. What SQS does not name as done has failed."""
    failures: dict[int, str] = {}
    for pack, answer in called:
        indices = [index for index, _ in pack]
        if isinstance(answer, str):
            failures |= dict.fromkeys(indices, answer)
            continue
        done = {int(entry["Id"]) for entry in answer.get("Successful", [])}
        why = {int(entry["Id"]): entry.get("Message", entry["Code"]) for entry in answer.get("Failed", [])}
        failures |= {index: why.get(index, "no answer") for index in indices if index not in done}
    return failures


def _entry(index: int, letter: DeadLetter) -> SendMessageBatchRequestEntryTypeDef:
    return {
        "Id": str(index),
        "MessageBody": letter.body,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in letter.attributes().items()
        },
    }
