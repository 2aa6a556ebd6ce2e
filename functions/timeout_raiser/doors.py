"""The doors: from any event to requests, and to outcomes for what is no request.

| door          | recognised by                         |
|---------------|---------------------------------------|
| SQS queue     | `Records[*].eventSource == "aws:sqs"` |
| direct invoke | a request, or `{"requests": [...]}`   |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from genesys_cloud import json_text
from outcomes import Outcome, unreadable
from timeout_request import InvalidRequest, RequestReader, TimeoutRequest, looks_like_a_request

SEVERAL = "requests"
MOST_REQUESTS = 1000
"""In one message: it ends as a whole, so it has to be done in one invocation."""
_IN_A_MESSAGE = 'a request such as {"flow_id": ...}, or {"requests": [request, ...]}'
_SHAPES = f"an SQS event, {_IN_A_MESSAGE}"


class Door(StrEnum):
    """Where an event came in."""

    SQS = "sqs"
    DIRECT = "direct"


class UnknownEvent(ValueError):
    """An event of none of the shapes this function takes."""


@dataclass(frozen=True)
class Letter:
    """What came in at once: an SQS record, or the event of a direct invoke.

    Attributes:
        id: the record's message id, or the invocation's request id.
        receipt_handle: what changes the record's visibility; None at other doors.
        receive_count: how often SQS has delivered it, this time included.
        sent_at: when it was sent, in milliseconds since 1970.
    """

    id: str
    receipt_handle: str | None = None
    receive_count: int = 1
    sent_at: int = 0


@dataclass
class Ask:
    """One thing asked for by a letter: a request, or what is wrong with it as an outcome.

    Attributes:
        text: the request as it came, as JSON: what goes to the dead-letter queue if it is rejected.
    """

    letter: Letter
    text: str
    request: TimeoutRequest | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Mail:
    """All that one event brought."""

    door: Door
    asks: list[Ask]


class Doors:
    """Opens events. Nothing in one record can harm another."""

    def __init__(self, reader: RequestReader) -> None:
        self._reader = reader

    def open(self, event: object, invocation_id: str) -> Mail:
        """Tells the door by the event's shape and reads what it brings.

        Raises:
            UnknownEvent: it has none of the shapes; the message names them.
        """
        if isinstance(event, dict):
            records = event.get("Records")
            if isinstance(records, list) and records and all(map(_is_sqs_record, records)):
                return self._open_sqs(records)
            if SEVERAL in event or looks_like_a_request(event):
                letter = Letter(invocation_id)
                return Mail(Door.DIRECT, self._read(event, json.dumps(event), letter, Door.DIRECT))
        raise UnknownEvent(f"this event is none of the shapes that are understood: {_SHAPES}")

    def _open_sqs(self, records: Sequence[dict[str, Any]]) -> Mail:
        asks: list[Ask] = []
        for record in records:
            attributes = record.get("attributes")
            attributes = attributes if isinstance(attributes, dict) else {}
            letter = Letter(
                id=str(record.get("messageId", "")),
                receipt_handle=record.get("receiptHandle"),
                receive_count=_whole(attributes.get("ApproximateReceiveCount"), otherwise=1),
                sent_at=_whole(attributes.get("SentTimestamp"), otherwise=0),
            )
            body = record.get("body")
            body = body if isinstance(body, str) else json.dumps(body)
            try:
                content = json.loads(body)
            except (ValueError, RecursionError):
                problem = f"the message is not JSON: it must be {_IN_A_MESSAGE}"
                asks.append(_not_a_request(None, problem, body, letter, Door.SQS))
            else:
                asks += self._read(content, body, letter, Door.SQS)
        # A standard queue gives no order: it is restored here, for it matters to `set`.
        asks.sort(key=lambda ask: ask.letter.sent_at)
        return Mail(Door.SQS, asks)

    def _read(self, content: object, text: str, letter: Letter, door: Door) -> list[Ask]:
        if not (isinstance(content, dict) and SEVERAL in content):
            return [self._ask(content, text, letter, door)]
        several = content[SEVERAL]
        beside = sorted(str(name) for name in content if name != SEVERAL)
        if beside:
            problem = f"unknown field {beside[0][:60]!a} beside {SEVERAL}: it belongs into each request"
        elif not isinstance(several, list) or not 1 <= len(several) <= MOST_REQUESTS:
            kind = f"a list of {len(several)}" if isinstance(several, list) else "something else"
            problem = f"{SEVERAL} must be a list of 1 to {MOST_REQUESTS} requests, not {kind}"
        else:
            return [self._ask(raw, json_text.dump(raw).decode(), letter, door) for raw in several]
        return [_not_a_request(None, problem, text, letter, door)]

    def _ask(self, raw: object, text: str, letter: Letter, door: Door) -> Ask:
        try:
            return Ask(letter, text, request=self._reader.read(raw, default_request_id=letter.id))
        except InvalidRequest as error:
            return _not_a_request(raw, str(error), text, letter, door)


def _not_a_request(raw: object, problem: str, text: str, letter: Letter, door: Door) -> Ask:
    return Ask(letter, text, outcome=unreadable(raw, problem, request_id=letter.id, door=door))


def _is_sqs_record(record: object) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:sqs"


def _whole(value: object, *, otherwise: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else otherwise  # noqa: PLR2004
