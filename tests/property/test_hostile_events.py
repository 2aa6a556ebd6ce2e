"""Real events with parts exchanged, at the doors and the alarm desk: read or refused, no bug, no neighbour harmed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_desk import AlarmDesk
from alarm_fakes import NOW, FakeWatch, now_in
from doors import Ask, Door, Doors, Mail, UnknownEvent
from fakes import READER, FakeLedger, FakeTime, sqs_event
from follow_ups import KEY
from genesys_cloud.deadline import Deadline
from hostile_values import MEBIBYTE, VALUES, alarms, as_bodies, mutated, nested, project_events, some_of
from outcomes import Outcome, Status, begin
from policy import Policy
from routing import Router, RouteReader

ROUTES = RouteReader()
DOORS = Doors(READER, ROUTES)
GOOD = {"flow_id": "f", "action_name": "A", "timeout_seconds": 10}
FOLLOW_UP = {
    "purpose": "recheck",
    "alarm_name": "slow",
    "contributor_id": "c",
    "changed_at": "2026-11-20T10:05:00+00:00",
    "transition": "a/r/slow@2026/ALARM",
    "due_at": 1,
    "latency_seconds": "6.1",
    "target": {"flow_id": "f", "action_name": "A"},
    "policy": {"raise_by_seconds": 5, "recheck_after_seconds": 60, "restore_on_ok": True},
}
MESSAGES = [GOOD, {"requests": [GOOD, GOOD]}, {KEY: FOLLOW_UP}, {KEY: {**FOLLOW_UP, "purpose": "restore"}}]
MESSAGES += [event["Sns"] for event in ({"Sns": alarm} for alarm in alarms())]
EVENTS = [*project_events(), *MESSAGES]

LONGEST_LINE = 40_000
"""Of a log: much less than the megabyte that a message may have."""


class Desk:
    """The alarm desk on one batch: everything behind it is there, and every alarm burns since the year 1."""

    def __init__(self) -> None:
        self.bugs: list[str] = []
        self._watch = FakeWatch()

    def see_to(self, mail: Mail) -> None:
        names = [ask.signal.name for ask in mail.asks if ask.signal]
        names += [ask.follow_up.alarm.name for ask in mail.asks if ask.follow_up]
        self._watch.alarms |= {name: now_in("OK", "0001-01-01T00:00:00+00:00") for name in names}
        AlarmDesk(
            Router(ROUTES, Policy(raise_by_seconds=None), lambda: '{"routes": []}'),
            self._watch,
            FakeLedger(FakeTime()),
            Deadline(60),
            concurrency=1,
            on_bug=self.bugs.append,
            now=lambda: NOW,
        ).see_to(mail.asks, mail.door)


def told(ask: Ask, door: Door) -> Outcome:
    """What is said of it: how it ended, or what an outcome begins with."""
    if ask.outcome:
        return ask.outcome
    assert ask.request
    return begin(ask.request, door)


def opened(event: object) -> Mail:
    """The event's mail, seen to; everything in it is bounded and fit for every place that it goes to."""
    desk = Desk()
    mail = DOORS.open(event, "invocation")
    desk.see_to(mail)
    assert desk.bugs == []
    for ask in mail.asks:
        assert (ask.request is None) is not (ask.outcome is None)
        line = json.dumps(told(ask, mail.door).in_brief(), ensure_ascii=False)
        assert len(line.encode()) < LONGEST_LINE
        if ask.outcome and ask.outcome.status is Status.REJECTED:
            assert ask.outcome.error is not None
            assert ask.outcome.error.code in {"invalid_request", "alarm_not_routed"}
            assert len(ask.outcome.error.message) > 20
        if ask.errand and ask.errand.next:
            assert len(ask.errand.next.as_message()) < 10_000
            again = DOORS.open(sqs_event(ask.errand.next.as_message()), "invocation")
            assert [each.follow_up for each in again.asks] == [ask.errand.next]
    return mail


@given(some_of(EVENTS).flatmap(mutated))
def test_any_event_is_seen_to_or_has_none_of_the_shapes(event: object) -> None:
    try:
        mail = opened(event)
    except UnknownEvent:
        return
    assert mail.asks
    assert {type(ask.letter.id) for ask in mail.asks} == {str}


DEEP = nested(20_000)


@pytest.mark.parametrize(
    "event",
    [
        {"Records": [{"eventSource": "aws:sqs", "messageId": DEEP, "receiptHandle": DEEP, "body": DEEP}]},
        {"Records": [{"eventSource": "aws:sqs", "messageId": {}, "attributes": {"SentTimestamp": DEEP}}]},
        {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": DEEP, "TopicArn": DEEP, "Message": DEEP}}]},
        {"flow_id": DEEP},
        {"requests": [DEEP, nested(20_000, of=list)]},
        {"source": "aws.cloudwatch", "alarmData": DEEP},
        {"detail-type": "CloudWatch Alarm State Change", "detail": DEEP, "resources": DEEP},
        {"detail-type": "CloudWatch Alarm Configuration Change", "detail": DEEP},
    ],
    ids=lambda event: next(iter(event)),
)
def test_an_event_nested_beyond_reason_is_seen_to(event: object) -> None:
    mail = opened(event)
    assert mail.asks
    assert len({ask.letter for ask in mail.asks}) == 1


@given(st.lists(as_bodies(some_of(MESSAGES).flatmap(mutated) | VALUES), min_size=1, max_size=4), st.data())
def test_a_message_never_changes_what_becomes_of_its_neighbours(bodies: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(bodies)))
    mail = opened(sqs_event(*bodies[:place], json.dumps(GOOD), *bodies[place:]))
    [good] = [ask for ask in mail.asks if ask.letter.id == f"m{place}"]
    assert good.request == READER.read(GOOD, default_request_id=f"m{place}")
    assert {ask.letter.id for ask in mail.asks} == {f"m{number}" for number in range(len(bodies) + 1)}
    assert all(len(ask.letter.text) <= max(map(len, [*bodies, json.dumps(GOOD)])) for ask in mail.asks)


@given(st.sampled_from(sorted(GOOD)), VALUES)
def test_what_is_refused_is_told_by_its_field_and_in_few_words(field: str, value: Any) -> None:
    mail = opened(sqs_event(json.dumps({**GOOD, field: value})))
    [ask] = mail.asks
    if ask.outcome and ask.outcome.error:
        message = ask.outcome.error.message
        assert field in message or "not JSON" in message
        assert len(message) < 300


def test_a_message_of_a_mebibyte_in_any_of_its_texts_is_told_in_few_words() -> None:
    long = "x" * (MEBIBYTE - 2000)
    for alarm in alarms():
        for name in ("AlarmName", "NewStateReason", "AlarmDescription", "detail-type", "Subject", "source"):
            if name in alarm:
                opened(sqs_event(json.dumps({**alarm, name: alarm[name] + long})))
        inner = json.loads(json.dumps(alarm).replace("data-action-crm-lookup-slow", long))
        opened(sqs_event(json.dumps(inner)))
