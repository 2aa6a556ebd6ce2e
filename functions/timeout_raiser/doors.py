"""The doors: from any event to requests and alarms, and to outcomes for what is neither.

| door                | recognised by                                               |
|---------------------|-------------------------------------------------------------|
| SQS queue           | `Records[*].eventSource == "aws:sqs"`                       |
| SNS topic           | `Records[*].EventSource == "aws:sns"`                       |
| EventBridge         | `detail-type` of an alarm's event                           |
| alarm action        | `source == "aws.cloudwatch"` and `alarmData`                |
| direct invoke       | a request, or `{"requests": [...]}`                         |

A message of the queue, or one that SNS brings, may be any of the last three, an alarm as SNS tells it, bare or in its
envelope, or what this function itself has put on its queue.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from alarms import AlarmSignal, is_other_alarm_event, read_alarm
from errands import Errand
from follow_ups import KEY, FollowUp, InvalidFollowUp, read_follow_up
from genesys_cloud import json_text
from outcomes import Outcome, no_alarm, unreadable
from routing import RouteReader
from timeout_request import InvalidRequest, RequestReader, TimeoutRequest, looks_like_a_request

SEVERAL = "requests"
MOST_REQUESTS = 1000
"""In one message: it ends as a whole, so it has to be done in one invocation."""
_IN_A_MESSAGE = 'a request such as {"flow_id": ...}, {"requests": [request, ...]}, or an alarm'
_SHAPES = (
    "an SQS event, an SNS event, an EventBridge event of a CloudWatch alarm, a CloudWatch alarm action,"
    ' a request such as {"flow_id": ...}, or {"requests": [request, ...]}'
)


class Door(StrEnum):
    """Where an event came in."""

    SQS = "sqs"
    SNS = "sns"
    EVENTBRIDGE = "eventbridge"
    ALARM = "alarm"
    DIRECT = "direct"


class UnknownEvent(ValueError):
    """An event of none of the shapes this function takes."""


@dataclass(frozen=True)
class Letter:
    """What came in at once: an SQS record, an SNS record, or the event of any other door.

    Attributes:
        id: the record's message id, or the invocation's request id.
        text: the message as it came; an event as JSON.
        receipt_handle: what changes an SQS record's visibility; None at other doors.
        receive_count: how often SQS has delivered it, this time included.
        sent_at: when it was sent, in milliseconds since 1970.
    """

    id: str
    text: str = ""
    receipt_handle: str | None = None
    receive_count: int = 1
    sent_at: int = 0


@dataclass
class Ask:
    """One thing asked for by a letter: a request, something of an alarm, or what is wrong with it as an outcome.

    Attributes:
        text: what was asked as it came, as JSON: what goes to the dead-letter queue if it is rejected.
        signal: an alarm that has changed; it is given its request or outcome by the alarm desk.
        follow_up: a message to ourselves; likewise.
        errand: what is left to do for an alarm once its outcome is known.
    """

    letter: Letter
    text: str
    request: TimeoutRequest | None = None
    outcome: Outcome | None = None
    signal: AlarmSignal | None = None
    follow_up: FollowUp | None = None
    errand: Errand | None = None

    @property
    def transition(self) -> str:
        """Names what an alarm asks for; empty for anything else."""
        return self.follow_up.transition if self.follow_up else self.signal.transition_id if self.signal else ""

    def request_id(self, door: Door) -> str:
        """What an alarm's request is known by: the message's id on the queue, elsewhere the transition's."""
        return self.letter.id if door is Door.SQS or not self.signal else self.signal.transition_id


@dataclass(frozen=True)
class Mail:
    """All that one event brought."""

    door: Door
    asks: list[Ask]


class Doors:
    """Opens events. Nothing in one record can harm another."""

    def __init__(self, requests: RequestReader, routes: RouteReader) -> None:
        self._requests = requests
        self._routes = routes

    def open(self, event: object, invocation_id: str) -> Mail:
        """Tells the door by the event's shape and reads what it brings.

        Raises:
            UnknownEvent: it has none of the shapes; the message names them.
        """
        if isinstance(event, dict):
            records = event.get("Records")
            if isinstance(records, list) and records:
                if all(_comes_from(record, "eventSource", "aws:sqs") for record in records):
                    return self._open_sqs(records)
                if all(_comes_from(record, "EventSource", "aws:sns") for record in records):
                    return self._open_sns(records, invocation_id)
            door = _door_of(event)
            if door:
                letter = Letter(invocation_id, _as_json(event))
                return Mail(door, self._read(event, letter.text, letter, door))
        raise UnknownEvent(f"this event is none of the shapes that are understood: {_SHAPES}")

    def _open_sqs(self, records: Sequence[dict[str, Any]]) -> Mail:
        asks: list[Ask] = []
        for record in records:
            attributes = record.get("attributes")
            attributes = attributes if isinstance(attributes, dict) else {}
            letter = Letter(
                id=_text(record, "messageId"),
                text=_as_text(record.get("body")),
                receipt_handle=_text(record, "receiptHandle") or None,
                receive_count=_whole(attributes, "ApproximateReceiveCount", otherwise=1),
                sent_at=_whole(attributes, "SentTimestamp", otherwise=0),
            )
            asks += self._read_text(letter, Door.SQS)
        # A standard queue gives no order: it is restored here, for it matters to `set`.
        asks.sort(key=lambda ask: ask.letter.sent_at)
        return Mail(Door.SQS, asks)

    def _open_sns(self, records: Sequence[dict[str, Any]], invocation_id: str) -> Mail:
        asks: list[Ask] = []
        for record in records:
            sns = record.get("Sns")
            sns = sns if isinstance(sns, dict) else {}
            letter = Letter(_text(sns, "MessageId") or invocation_id, _as_text(sns.get("Message")))
            asks += self._read_text(letter, Door.SNS, topic_arn=_text(sns, "TopicArn"))
        return Mail(Door.SNS, asks)

    def _read_text(self, letter: Letter, door: Door, *, topic_arn: str = "") -> list[Ask]:
        try:
            content = _parse(letter.text)
            notification = _notification_in(content)
            if notification:
                topic_arn, content = _text(notification, "TopicArn"), _parse(str(notification["Message"]))
            elif _is_failed_invocation(content):
                content = content["requestPayload"]
        except (ValueError, RecursionError):
            problem = f"the message is not JSON: it must be {_IN_A_MESSAGE}"
            return [_not_a_request(None, problem, letter.text, letter, door)]
        return self._read(content, letter.text, letter, door, topic_arn=topic_arn)

    def _read(self, content: object, text: str, letter: Letter, door: Door, *, topic_arn: str = "") -> list[Ask]:
        signal = read_alarm(content, topic_arn=topic_arn)
        if signal:
            return [Ask(letter, text, signal=signal)]
        if not isinstance(content, dict):
            return [self._ask(content, text, letter, door)]
        if is_other_alarm_event(content):
            return [Ask(letter, text, outcome=no_alarm(content, request_id=letter.id, door=door))]
        if KEY in content:
            return [self._follow_up(content, text, letter, door)]
        if SEVERAL in content:
            return self._several(content, text, letter, door)
        return [self._ask(content, text, letter, door)]

    def _several(self, content: dict[str, Any], text: str, letter: Letter, door: Door) -> list[Ask]:
        several = content[SEVERAL]
        beside = sorted(str(name) for name in content if name != SEVERAL)
        if beside:
            problem = f"unknown field {beside[0][:60]!a} beside {SEVERAL}: it belongs into each request"
        elif not isinstance(several, list) or not 1 <= len(several) <= MOST_REQUESTS:
            kind = f"a list of {len(several)}" if isinstance(several, list) else "something else"
            problem = f"{SEVERAL} must be a list of 1 to {MOST_REQUESTS} requests, not {kind}"
        else:
            return [self._ask(raw, _as_json(raw), letter, door) for raw in several]
        return [_not_a_request(None, problem, text, letter, door)]

    def _ask(self, raw: object, text: str, letter: Letter, door: Door) -> Ask:
        try:
            return Ask(letter, text, request=self._requests.read(raw, default_request_id=letter.id))
        except InvalidRequest as error:
            return _not_a_request(raw, str(error), text, letter, door)

    def _follow_up(self, content: dict[str, Any], text: str, letter: Letter, door: Door) -> Ask:
        try:
            return Ask(letter, text, follow_up=read_follow_up(content, self._routes))
        except InvalidFollowUp as error:
            return _not_a_request(None, str(error), text, letter, door)


def _door_of(event: dict[str, Any]) -> Door | None:
    """The door of an event without records; None where it has none of the shapes."""
    if is_other_alarm_event(event):
        return Door.EVENTBRIDGE
    if read_alarm(event) and "AlarmName" not in event:
        return Door.EVENTBRIDGE if "detail-type" in event else Door.ALARM
    return Door.DIRECT if SEVERAL in event or looks_like_a_request(event) else None


def _is_failed_invocation(content: Any) -> bool:
    """Whether this is what Lambda puts into an on-failure destination; redriven, it asks for what its event did."""
    return isinstance(content, dict) and "requestPayload" in content and "requestContext" in content


def _notification_in(content: Any) -> dict[str, Any] | None:
    """What SNS puts around a message: on a queue, and in the one-record event that failed and is redriven."""
    if _is_failed_invocation(content):
        event = content["requestPayload"]
        records = event.get("Records") if isinstance(event, dict) else None
        record = records[0] if isinstance(records, list) and len(records) == 1 else {}
        content = record.get("Sns") if _comes_from(record, "EventSource", "aws:sns") else None
    if isinstance(content, dict) and "Message" in content and ("TopicArn" in content or content.get("Type")):
        return content if content.get("Type", "Notification") == "Notification" else None
    return None


def _parse(text: str) -> Any:
    """Its JSON; what only Python takes for JSON (NaN) is none."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _not_a_request(raw: object, problem: str, text: str, letter: Letter, door: Door) -> Ask:
    return Ask(letter, text, outcome=unreadable(raw, problem, request_id=letter.id, door=door))


def _comes_from(record: object, key: str, source: str) -> bool:
    return isinstance(record, dict) and record.get(key) == source


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _whole(fields: dict[str, Any], name: str, *, otherwise: int) -> int:
    text = _text(fields, name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else otherwise  # noqa: PLR2004


def _as_text(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: object) -> str:
    return json_text.dump(value).decode()
