"""The doors take anything: what is no request becomes an outcome, never an exception."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doors import Doors, Mail, UnknownEvent
from fakes import READER, sqs_event, sqs_record
from routing import RouteReader

DOORS = Doors(READER, RouteReader())
GOOD = {"flow_id": "f", "action_name": "A", "timeout_seconds": 10}
FIELDS = st.sampled_from([*GOOD, "requests", "operation", "Records", "request_id", "organization", "x"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800")
ANYTHING = st.recursive(
    SCALARS | st.just(GOOD),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(FIELDS | st.text(max_size=3), children, max_size=4)
    ),
    max_leaves=10,
)
BODIES = ANYTHING.map(json.dumps) | st.text(max_size=30)


def every_ask_is_one_thing(mail: Mail) -> None:
    for ask in mail.asks:
        assert (ask.request is None) != (ask.outcome is None)
        if ask.outcome:
            told = json.dumps(ask.outcome.as_dict(), ensure_ascii=False).encode()
            assert b"invalid_request" in told


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


@given(ANYTHING)
def test_any_event_is_opened_or_refused_in_one_way(event: object) -> None:
    try:
        mail = DOORS.open(event, "i")
    except UnknownEvent:
        return
    every_ask_is_one_thing(mail)
    assert len(mail.asks) >= 1
