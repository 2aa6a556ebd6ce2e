"""The doors take anything: what is no request becomes an outcome, never an exception."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doors import Doors, Mail, UnknownEvent
from fakes import READER, sqs_event, sqs_record
from follow_ups import KEY
from outcomes import Status
from routing import RouteReader

DOORS = Doors(READER, RouteReader())
GOOD = {"flow_id": "f", "action_name": "A", "timeout_seconds": 10}
OF_REQUESTS = [*GOOD, "data_action_id", "requests", "operation", "Records", "request_id", "organization", "x"]
OF_ALARMS = ["detail-type", "source", "alarmData", "AlarmName", "NewStateValue", "detail", "state", "value"]
OF_MESSAGES = ["Message", "TopicArn", "Type", "requestPayload", "requestContext", KEY, "Sns", "EventSource"]
FIELDS = st.sampled_from([*OF_REQUESTS, *OF_ALARMS, *OF_MESSAGES])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800")
WORDS = st.sampled_from(
    [
        "CloudWatch Alarm State Change",
        "CloudWatch Alarm Configuration Change",
        "aws.cloudwatch",
        "aws:sns",
        "Notification",
        "ALARM",
        "OK",
        "restore",
    ]
)
ANYTHING = st.recursive(
    SCALARS | WORDS | st.just(GOOD) | st.just(json.dumps(GOOD)),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(FIELDS | st.text(max_size=3), children, max_size=4)
    ),
    max_leaves=10,
)
BODIES = ANYTHING.map(json.dumps) | st.text(max_size=30)


def every_ask_is_one_thing(mail: Mail) -> None:
    for ask in mail.asks:
        assert sum(thing is not None for thing in (ask.request, ask.outcome, ask.signal, ask.follow_up)) == 1
        if ask.outcome:
            told = json.dumps(ask.outcome.as_dict(), ensure_ascii=False).encode()
            assert (b"invalid_request" in told) == (ask.outcome.status is Status.REJECTED)
            assert ask.outcome.status in {Status.REJECTED, Status.IGNORED}


@given(st.lists(BODIES, min_size=1, max_size=5), st.data())
def test_any_messages_are_read_or_refused_and_a_good_one_among_them_is_read(bodies: list[str], data: Any) -> None:
    place = data.draw(st.integers(0, len(bodies)))
    mail = DOORS.open(sqs_event(*bodies[:place], json.dumps(GOOD), *bodies[place:]), "i")
    every_ask_is_one_thing(mail)
    assert list(dict.fromkeys(ask.letter.id for ask in mail.asks)) == [f"m{n}" for n in range(len(bodies) + 1)]
    [good] = [ask for ask in mail.asks if ask.letter.id == f"m{place}"]
    assert good.request == READER.read(GOOD, default_request_id=f"m{place}")


@given(ANYTHING)
def test_a_body_of_any_kind_even_one_that_is_no_text_is_taken(body: object) -> None:
    every_ask_is_one_thing(DOORS.open({"Records": [sqs_record("m", body)]}, "i"))


@given(ANYTHING, ANYTHING)
def test_whatever_a_topic_brings_is_taken(message: object, subject: object) -> None:
    bare = {"EventSource": "aws:sns", "Sns": {"MessageId": "m", "Message": message, "TopicArn": subject}}
    text = {"EventSource": "aws:sns", "Sns": {"Message": json.dumps(message)}}
    every_ask_is_one_thing(DOORS.open({"Records": [bare, {"EventSource": "aws:sns", "Sns": subject}, text]}, "i"))


@given(ANYTHING)
def test_any_event_is_opened_or_refused_in_one_way(event: object) -> None:
    try:
        mail = DOORS.open(event, "i")
    except UnknownEvent:
        return
    every_ask_is_one_thing(mail)
    assert len(mail.asks) >= 1
